"""Batches of unlabeled text, for a teacher that is asked while the student is trained."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from minibert.chunks import SENTENCES_PER_CALL
from minibert.data.input_pipeline import Batch, Batching
from minibert.data.records import parse_text
from minibert.data.text_corpus import TextShard, read_text_shard
from minibert.data.text_info import TextInfo
from minibert.progress import progress
from minibert.text.encoding import encode_text
from minibert.text.wordpiece import WordpieceTokenizer
from minibert.training.language_pipeline import LanguagePipeline


class TextPipeline(LanguagePipeline):
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
        sampling_exponent: float,
        likeliest: Callable[[Batch], Batch],
    ):
        """Tokenizes all of the text once, for the lengths of the windows.

        Args:
          text: the text.
          shards: those of the split.
          tokenizer: the tokenizer.
          batching: how windows become batches.
          seed: determines the order in each epoch.
          sampling_exponent: as of `LanguagePipeline`.
          likeliest: gives the teacher's likeliest labels of a batch, for each task int32 [windows,
            wordpieces].

        Raises:
          InputError: the text is damaged.
        """
        self._text = text
        self._tokenizer = tokenizer
        self._max_seq_length = batching.max_seq_length
        self._likeliest = likeliest
        super().__init__(
            ((s.language, str(text.directory / s.shard.path), s.sentences) for s in shards),
            self._scan(shards),
            batching,
            compressed=text.gzip,
            pad_id=tokenizer.pad_id,
            seed=seed,
            sampling_exponent=sampling_exponent,
        )

    def _scan(self, shards: Sequence[TextShard]) -> Mapping[str, Counter[int]]:
        """How many windows of which length there are of each language."""

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def measure(sentences: tf.Tensor) -> tf.Tensor:
            return self._encode(sentences)[0].row_lengths()

        windows: defaultdict[str, Counter[int]] = defaultdict(Counter)
        total = sum(shard.sentences for shard in shards)
        with progress(total=total, unit=" sentences", desc="scan", leave=False) as bar:
            for shard in shards:
                for sentences in read_text_shard(self._text, shard, sentences=SENTENCES_PER_CALL):
                    windows[shard.language].update(measure(sentences).numpy().tolist())
                    bar.update(len(sentences))
        return windows

    def _evaluation_batches(self, records: tf.data.Dataset) -> tf.data.Dataset:
        batches = self._batching.apply(self._training_windows(records), self._pad_id)
        # What a teacher says of the part that was held out is the same in every epoch, and takes 16
        # bytes a wordpiece.
        return batches.map(lambda batch: {**batch, **self._likeliest(batch)}).cache()

    def _training_windows(self, records: tf.data.Dataset) -> tf.data.Dataset:
        def windows(serialized: tf.Tensor, groups: tf.Tensor) -> dict[str, tf.Tensor]:
            input_ids, sentences = self._encode(parse_text(serialized)[0])
            return {
                "input_ids": input_ids,
                "word_positions": tf.ragged.range(1, input_ids.row_lengths() - 1),
                "group": tf.gather(groups, sentences),
            }

        return (
            records.batch(SENTENCES_PER_CALL)
            .map(windows, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
            .unbatch()
            .map(
                lambda window: {
                    **window,
                    "word_positions": tf.cast(window["word_positions"], tf.int32),
                }
            )
        )

    def _encode(self, sentences: tf.Tensor) -> tuple[tf.RaggedTensor, tf.Tensor]:
        encoded = encode_text(self._tokenizer, sentences, self._max_seq_length)
        return encoded.input_ids, encoded.windows.sentence
