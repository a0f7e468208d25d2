"""Records to batches of features, all in `tf.data`, in an order that the seed determines.

An epoch mixes the treebanks at random, sentence by sentence. A treebank with more sentences than
`sentences_per_treebank` gives that many to an epoch, and the next ones to the next epoch, so that
large treebanks do not drown small ones and yet nothing in them is never seen.

Windows are batched with others of about their length. How many windows of which length an epoch
has is known before it starts, and so is the number of its batches.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import tensorflow as tf

from minibert.chunks import SENTENCES_PER_CALL
from minibert.data.corpus import Corpus
from minibert.data.label_vocab import UNANNOTATED, UNKNOWN, LabelVocab
from minibert.data.lookup_tables import label_table, string_table
from minibert.data.mixing import mix
from minibert.data.records import ParsedSentences, parse
from minibert.data.tasks import is_of_sentence
from minibert.text.feature_spec import WORD_POSITIONS
from minibert.text.featurizer import Featurized, Featurizer

_SHORTEST_BUCKET = 16
_BUCKET_GROWTH = 1.25

# A batch: the features of the encoder [windows, size], and int32 tensors `word_positions`
# [windows, words], `group` [windows], the treebank or language, and for each task its labels
# [windows, words], or of a task of sentences [windows, 1]; of evaluation also which word of which
# sentence each word is, [windows, words].
Batch = Mapping[str, tf.Tensor]
SENTENCE_INDEX, WORD_INDEX = "sentence_index", "word_index"


def rows_of_labels(batch: Batch, task: str) -> tuple[tf.Tensor, tf.Tensor]:
    """What there is a label of, in row-major order, as a tagger gives logits: words, or windows.

    Returns:
      The label and the group of each, int32 `[rows]`.
    """
    labels, group = batch[task], batch["group"]
    if is_of_sentence(task):
        return labels[:, 0], group
    is_word = batch[WORD_POSITIONS] >= 0
    return tf.boolean_mask(labels, is_word), tf.gather(group, tf.where(is_word)[:, 0])


def words_of(batch: Batch, name: str) -> tf.Tensor:
    """What a batch has of each word by that name, int32 `[words]`, in row-major order."""
    return tf.boolean_mask(batch[name], batch[WORD_POSITIONS] >= 0)


@dataclass(frozen=True)
class Batching:
    """How windows become batches.

    Attributes:
      max_seq_length: wordpieces in the longest window, `[CLS]` and `[SEP]` included.
      wordpieces: the most wordpieces in a batch, padding included; 0 if `windows` counts.
      windows: windows in a batch, whatever their length; 0 if `wordpieces` counts.
      static_shapes: pad to the longest length of the bucket instead of the longest in the batch,
        so that there are few shapes to compile for.
    """

    max_seq_length: int
    wordpieces: int = 0
    windows: int = 0
    static_shapes: bool = False

    @property
    def bucket_lengths(self) -> list[int]:
        """The greatest length in each bucket; multiples of 8, and `max_seq_length` the last."""
        lengths = []
        length = float(_SHORTEST_BUCKET)
        while length < self.max_seq_length:
            lengths.append(-(-int(length) // 8) * 8)
            length = max(length * _BUCKET_GROWTH, length + 8)
        return [length for length in lengths if length < self.max_seq_length] + [
            self.max_seq_length
        ]

    @property
    def bucket_sizes(self) -> list[int]:
        """The number of windows in a full batch of each bucket."""
        if self.windows:
            return [self.windows] * len(self.bucket_lengths)
        return [max(1, self.wordpieces // length) for length in self.bucket_lengths]

    def num_batches(self, windows: Mapping[int, int]) -> int:
        """The number of batches that windows make, in whatever order.

        Args:
          windows: length in wordpieces to the number of windows.
        """
        in_bucket = [0] * len(self.bucket_lengths)
        for length, count in windows.items():
            in_bucket[bisect_left(self.bucket_lengths, length)] += count
        return sum(
            -(-count // size) for count, size in zip(in_bucket, self.bucket_sizes, strict=True)
        )

    def apply(self, windows: tf.data.Dataset, featurizer: Featurizer) -> tf.data.Dataset:
        """Groups a data set of single windows of a featurizer into batches of dense tensors."""
        padding = featurizer.spec.padding
        lengths = self.bucket_lengths
        return windows.bucket_by_sequence_length(
            featurizer.length,
            # Bucket i takes lengths below boundary i, and padding to a boundary leaves one out.
            bucket_boundaries=[length + 1 for length in lengths],
            bucket_batch_sizes=[*self.bucket_sizes, 1],
            padding_values={
                name: tf.constant(padding.get(name, UNKNOWN), spec.dtype)
                for name, spec in windows.element_spec.items()
            },
            pad_to_bucket_boundary=self.static_shapes,
        )


class EvaluationBatches(Protocol):
    """What gives batches to measure on, such as an `InputPipeline`."""

    @property
    def groups(self) -> Sequence[str]:
        """The treebanks or languages, in the order of their ids in a batch."""

    def num_steps(self, epoch: int) -> int:
        """The number of batches; of an epoch, if it is of training."""

    def evaluation_batches(self) -> tf.data.Dataset:
        """All of them once, in order, with the labels that are right."""


class InputPipeline:
    """Makes the batches of a corpus.

    Attributes:
      corpus: where the sentences come from.
      batching: how they are batched.
    """

    def __init__(
        self,
        corpus: Corpus,
        featurizer: Featurizer,
        label_vocabs: Sequence[LabelVocab],
        batching: Batching,
        *,
        seed: int = 0,
        sentences_per_treebank: int = 0,
    ):
        """Takes what all epochs share.

        Args:
          corpus: the sentences, scanned with the same featurizer.
          featurizer: makes the windows.
          label_vocabs: one for each task whose labels are wanted.
          batching: how windows become batches.
          seed: determines the order of the sentences in each epoch.
          sentences_per_treebank: the most sentences of a treebank in an epoch; 0 for all.
        """
        self.corpus = corpus
        self.batching = batching
        self._featurizer = featurizer
        self._label_tables = {vocab.task: label_table(vocab.labels) for vocab in label_vocabs}
        self._treebank_table = string_table(corpus.treebanks)
        self._seed = seed
        self._limit = sentences_per_treebank
        counts = corpus.sentences_per_treebank
        self._first_sentence = np.cumsum(counts) - counts

    @property
    def groups(self) -> Sequence[str]:
        """The treebanks, in the order of their ids in a batch."""
        return self.corpus.treebanks

    def num_steps(self, epoch: int) -> int:
        """The number of batches in an epoch."""
        lengths, counts = np.unique(self._window_lengths(epoch), return_counts=True)
        return self.batching.num_batches(dict(zip(lengths.tolist(), counts.tolist(), strict=True)))

    def num_wordpieces(self, epoch: int) -> int:
        """The number of wordpieces in an epoch, `[CLS]` and `[SEP]` included."""
        return int(self._window_lengths(epoch).sum())

    def training_batches(self, epoch: int, skip: int = 0) -> tf.data.Dataset:
        """The batches of an epoch of training, but for the first `skip`.

        The order of the batches, and what is in each, depends on nothing but the corpus, the
        seed and the epoch.
        """
        shares = self._shares(epoch)
        datasets = [
            self.corpus.read(treebank).repeat().skip(start).take(count)
            for treebank, (start, count, _) in zip(self.corpus.treebanks, shares, strict=True)
        ]
        mixed = mix(datasets, [count for _, count, _ in shares], [self._seed, epoch])
        batches = self.batching.apply(self._windows(mixed), self._featurizer)
        return batches.skip(skip).prefetch(tf.data.AUTOTUNE)

    def evaluation_batches(self) -> tf.data.Dataset:
        """The batches of every sentence of the corpus, once, in the order of the records."""
        windows = self._windows(self.corpus.read(), with_indices=True)
        return self.batching.apply(windows, self._featurizer).prefetch(tf.data.AUTOTUNE)

    def _shares(self, epoch: int) -> list[tuple[int, int, int]]:
        """For each treebank: its first sentence of an epoch, how many, and how many it has."""
        shares = []
        for available in map(int, self.corpus.sentences_per_treebank):
            count = min(available, self._limit or available)
            shares.append((epoch * count % available, count, available))
        return shares

    def _window_lengths(self, epoch: int) -> np.ndarray:
        """The wordpieces of each window of an epoch, in the order of the corpus."""
        if not self._limit:
            return self.corpus.window_lengths
        chosen = np.zeros(len(self.corpus.windows_per_sentence), bool)
        for first, (start, count, available) in zip(
            self._first_sentence, self._shares(epoch), strict=True
        ):
            chosen[first + (start + np.arange(count)) % available] = True
        return self.corpus.window_lengths[np.repeat(chosen, self.corpus.windows_per_sentence)]

    def _windows(self, records: tf.data.Dataset, *, with_indices: bool = False) -> tf.data.Dataset:
        """Featurizes serialized records; an element of the result is one window."""
        encode: Callable[..., dict[str, tf.RaggedTensor | tf.Tensor]] = self._encode
        if with_indices:
            records, encode = records.enumerate(), self._encode_with_indices
        return (
            records.batch(SENTENCES_PER_CALL)
            .map(encode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
            .unbatch()
            # A row of a ragged tensor is a tensor, but its declared type is ragged still.
            .map(lambda window: dict(window))
        )

    def _encode(self, serialized: tf.Tensor) -> dict[str, tf.RaggedTensor | tf.Tensor]:
        return self._encode_parsed(parse(serialized, tuple(self._label_tables)))[0]

    def _encode_with_indices(
        self, sentence: tf.Tensor, serialized: tf.Tensor
    ) -> dict[str, tf.RaggedTensor | tf.Tensor]:
        parsed = parse(serialized, tuple(self._label_tables))
        window, encoded = self._encode_parsed(parsed)
        words = parsed.words
        indices = {
            SENTENCE_INDEX: tf.gather(sentence, words.value_rowids()),
            WORD_INDEX: tf.ragged.range(words.row_lengths()).flat_values,
        }
        return window | {
            name: encoded.select(words.with_flat_values(tf.cast(values, tf.int32)))
            for name, values in indices.items()
        }

    def _encode_parsed(
        self, parsed: ParsedSentences
    ) -> tuple[dict[str, tf.RaggedTensor | tf.Tensor], Featurized]:
        encoded = self._featurizer.featurize(parsed.words)
        treebank = self._treebank_table.lookup(parsed.treebank)
        ids = {
            task: tf.ragged.map_flat_values(table.lookup, parsed.labels[task])
            for task, table in self._label_tables.items()
        }
        labels = {
            task: _of_windows(of_task, encoded.windows.sentence)
            if is_of_sentence(task)
            else encoded.select(of_task)
            for task, of_task in ids.items()
        }
        group = tf.gather(treebank, encoded.windows.sentence)
        return {**encoded.inputs(), "group": group, **labels}, encoded


def _of_windows(labels: tf.RaggedTensor, sentence: tf.Tensor) -> tf.Tensor:
    """The labels of windows, int32 `[windows, 1]`, of those of sentences, `[sentences, (1)]`.

    A sentence counts once, in its first window, as a word does in that which it belongs to.
    """
    is_first = tf.concat([[True], sentence[1:] != sentence[:-1]], axis=0)[: tf.size(sentence)]
    ids = tf.where(is_first, tf.gather(labels.flat_values, sentence), UNANNOTATED)
    return ids[:, tf.newaxis]
