"""Batches of unlabeled text, for a teacher that is asked while the student is trained."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from minibert.data.input_pipeline import Batch, Batching
from minibert.data.mixing import mix
from minibert.data.records import parse_text
from minibert.data.shards import read_shards
from minibert.data.text_corpus import TextShard, read_text_shard
from minibert.data.text_info import TextInfo
from minibert.progress import progress
from minibert.text.encoding import encode_sentences, split_text
from minibert.text.wordpiece import WordpieceTokenizer

# Few enough that the longest sentences do not fill the memory.
_SENTENCES_PER_CALL = 64


class TextPipeline:
    """Makes the batches of one split.

    A batch has `input_ids` int32 [windows, pieces], `word_positions` int32 [windows, wordpieces],
    those of all but `[CLS]` and `[SEP]`, and `group` int32 [windows], the language; for evaluation
    also what `likeliest` gives.
    """

    def __init__(
        self,
        text: TextInfo,
        shards: Sequence[TextShard],
        tokenizer: WordpieceTokenizer,
        batching: Batching,
        *,
        seed: int,
        likeliest: Callable[[Batch], Batch],
    ):
        """Tokenizes all of the text once, for the lengths of the windows.

        Args:
          text: the text.
          shards: those of the split.
          tokenizer: the tokenizer.
          batching: how windows become batches.
          seed: determines the order in each epoch.
          likeliest: gives the teacher's likeliest labels of a batch, for each task int32 [windows,
            wordpieces].

        Raises:
          InputError: the text is damaged.
        """
        self._text = text
        self._tokenizer = tokenizer
        self._batching = batching
        self._seed = seed
        self._likeliest = likeliest
        self._paths: defaultdict[str, list[str]] = defaultdict(list)
        self._counts: defaultdict[str, int] = defaultdict(int)
        for shard in shards:
            self._paths[shard.language].append(str(text.directory / shard.shard.path))
            self._counts[shard.language] += shard.sentences
        self._lengths = self._scan(shards)

    def _scan(self, shards: Sequence[TextShard]) -> np.ndarray:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def measure(sentences: tf.Tensor) -> tf.Tensor:
            return self._encode(sentences)[0].row_lengths()

        lengths = []
        total = sum(shard.sentences for shard in shards)
        with progress(total=total, unit=" sentences", desc="scan", leave=False) as bar:
            for shard in shards:
                for sentences in read_text_shard(self._text, shard, sentences=_SENTENCES_PER_CALL):
                    lengths.append(measure(sentences).numpy())
                    bar.update(len(sentences))
        return np.concatenate(lengths)

    @property
    def groups(self) -> Sequence[str]:
        """The languages, in the order of their ids in a batch."""
        return list(self._paths)

    def num_steps(self, epoch: int) -> int:
        """The number of batches; the same in every epoch."""
        return self._batching.num_batches(self._lengths)

    def num_wordpieces(self, epoch: int) -> int:
        """The number of wordpieces in an epoch, `[CLS]` and `[SEP]` included."""
        return int(self._lengths.sum())

    def training_batches(self, epoch: int, skip: int = 0) -> tf.data.Dataset:
        """The batches of an epoch of training, but for the first `skip`."""
        mixed = mix(self._records(), list(self._counts.values()), [self._seed, epoch])
        return self._batches(mixed).skip(skip).prefetch(tf.data.AUTOTUNE)

    def evaluation_batches(self) -> tf.data.Dataset:
        """The batches of every window once, in order, with the teacher's likeliest labels."""
        first, *others = self._records()
        for records in others:
            first = first.concatenate(records)
        return self._batches(first).map(lambda batch: {**batch, **self._likeliest(batch)})

    def _records(self) -> list[tf.data.Dataset]:
        """The records of each language, numbered by it."""
        return [
            read_shards(paths, compressed=self._text.gzip).map(
                lambda record, group=group: (record, tf.constant(group, tf.int32))
            )
            for group, paths in enumerate(self._paths.values())
        ]

    def _batches(self, records: tf.data.Dataset) -> tf.data.Dataset:
        def windows(serialized: tf.Tensor, groups: tf.Tensor) -> dict[str, tf.Tensor]:
            input_ids, sentences = self._encode(parse_text(serialized)[0])
            return {
                "input_ids": input_ids,
                "word_positions": tf.ragged.range(1, input_ids.row_lengths() - 1),
                "group": tf.gather(groups, sentences),
            }

        unbatched = (
            records.batch(_SENTENCES_PER_CALL)
            .map(windows, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
            .unbatch()
            .map(
                lambda window: {
                    **window,
                    "word_positions": tf.cast(window["word_positions"], tf.int32),
                }
            )
        )
        return self._batching.apply(unbatched, self._tokenizer.pad_id)

    def _encode(self, sentences: tf.Tensor) -> tuple[tf.RaggedTensor, tf.Tensor]:
        encoded = encode_sentences(
            self._tokenizer, split_text(sentences), self._batching.max_seq_length
        )
        return encoded.input_ids, encoded.windows.sentence
