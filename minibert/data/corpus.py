"""The sentences of a data set that a run uses, scanned once: their lengths, words and labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import groupby

import numpy as np
import tensorflow as tf

from minibert.chunks import SENTENCES_PER_CALL
from minibert.data.datasets import StoredPart
from minibert.data.lookup_tables import string_table
from minibert.data.records import parse
from minibert.data.shards import read_shards
from minibert.errors import InputError
from minibert.progress import progress
from minibert.text.featurizer import Featurizer
from minibert.text.graph_normalization import normalize
from minibert.text.normalization import NONE, Normalization

_HASH_BUCKETS = 2**63 - 1


@dataclass(frozen=True)
class Corpus:
    """Some parts of a data set.

    Attributes:
      parts: the parts, ordered by treebank.
      window_lengths: int32 `[windows]`, wordpieces of each window with `[CLS]` and `[SEP]`, in
        the order of the records.
      windows_per_sentence: int64 `[sentences]`.
      word_hashes: int64, sorted: the distinct words, as `hash_words` gives them; also those of
        sentences that a limit on sentences an epoch leaves unused.
    """

    parts: Sequence[StoredPart]
    window_lengths: np.ndarray
    windows_per_sentence: np.ndarray
    word_hashes: np.ndarray

    @cached_property
    def treebanks(self) -> list[str]:
        """The treebanks, in order."""
        return sorted({stored.part.treebank for stored in self.parts})

    @cached_property
    def sentences_per_treebank(self) -> np.ndarray:
        """int64 `[treebanks]`."""
        return np.array([sum(s.part.sentences for s in self._of(name)) for name in self.treebanks])

    def shard_paths(self, treebank: str | None = None) -> list[str]:
        """The record files, of one treebank or of all, in the order that was scanned."""
        return [path for stored in self._of(treebank) for path in stored.shard_paths()]

    def read(self, treebank: str | None = None) -> tf.data.Dataset:
        """The serialized records, of one treebank or of all, in the order that was scanned."""
        first, *others = [
            read_shards([path for stored in of for path in stored.shard_paths()], compressed=gzip)
            for gzip, of in groupby(self._of(treebank), key=lambda stored: stored.info.gzip)
        ]
        return reduce(tf.data.Dataset.concatenate, others, first)

    def _of(self, treebank: str | None) -> list[StoredPart]:
        return [stored for stored in self.parts if treebank in (None, stored.part.treebank)]

    def pieces(self, featurizer: Featurizer) -> np.ndarray:
        """Which pieces of the vocabulary its windows have, bool `[pieces]`."""
        spec = featurizer.spec

        def distinct(serialized: tf.Tensor) -> tf.Tensor:
            features = featurizer.featurize(parse(serialized, ()).words).features
            return tf.unique(features[spec.size_feature].flat_values).y

        found = np.zeros(spec.num_pieces, bool)
        batches = self.read().batch(SENTENCES_PER_CALL).map(distinct, tf.data.AUTOTUNE).prefetch(2)
        with progress(
            total=len(self.windows_per_sentence), unit=" sentences", desc="pieces", leave=False
        ) as bar:
            for ids in batches.as_numpy_iterator():
                found[ids] = True
                bar.update(SENTENCES_PER_CALL)
        return found


def hash_words(words: tf.Tensor, normalization: Normalization) -> tf.Tensor:
    """63-bit hashes of words, int64; two of a million words share one with probability 1e-7.

    Args:
      words: string, UTF-8.
      normalization: of the model: words that it reads alike have one hash.
    """
    if normalization != NONE:
        words = tf.strings.unicode_transcode(words, "UTF-8", "UTF-8", errors="replace")
    return tf.strings.to_hash_bucket_fast(normalize(words, normalization), _HASH_BUCKETS)


def scan_corpus(
    parts: Sequence[StoredPart], tasks: Sequence[str], featurizer: Featurizer
) -> Corpus:
    """Parses and featurizes every sentence once, so that what is wrong is found at the start.

    Args:
      parts: the parts to use, as `Datasets.select` gives them.
      tasks: the tasks whose labels are wanted.
      featurizer: makes the windows.

    Returns:
      The corpus.

    Raises:
      InputError: a shard is damaged, or holds other records than `dataset.json` says.
    """
    corpus = Corpus(parts, *(np.zeros(0, np.int64) for _ in range(3)))
    for info, part in parts:
        info.count_records(part)
    treebank_table = string_table(corpus.treebanks)

    def measure(serialized: tf.Tensor) -> tuple[tf.Tensor, ...]:
        parsed = parse(serialized, tasks)
        words = parsed.words
        encoded = featurizer.featurize(words)
        per_sentence = tf.math.bincount(
            tf.cast(encoded.windows.sentence, tf.int32), minlength=tf.size(serialized)
        )
        hashes = tf.unique(hash_words(words.flat_values, featurizer.spec.normalization)).y
        treebanks = treebank_table.lookup(parsed.treebank)
        lengths = tf.cast(featurizer.lengths(encoded.features), tf.int32)
        return lengths, tf.cast(per_sentence, tf.int64), hashes, treebanks

    batches = []
    dataset = corpus.read().batch(SENTENCES_PER_CALL).map(measure, tf.data.AUTOTUNE).prefetch(2)
    total = sum(stored.part.sentences for stored in parts)
    try:
        with progress(total=total, unit=" sentences", desc="scan", leave=False) as bar:
            for batch in dataset.as_numpy_iterator():
                batches.append(batch)
                bar.update(len(batch[1]))
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError):
        # If it was not a shard, it is a defect of ours and goes on up.
        for info, part in parts:
            info.verify([part])
        _raise_for_bad_record(corpus, tasks)
        raise
    lengths, per_sentence, hashes, treebanks = map(np.concatenate, zip(*batches, strict=True))
    start = 0
    for info, part in parts:
        end = start + part.sentences
        if (treebanks[start:end] != corpus.treebanks.index(part.treebank)).any():
            info.refuse([part])
        start = end
    return Corpus(parts, lengths, per_sentence, np.unique(hashes))


def _raise_for_bad_record(corpus: Corpus, tasks: Sequence[str]) -> None:
    """Raises `InputError` for the first record that cannot be parsed, if there is one."""
    for stored in corpus.parts:
        for path in stored.shard_paths():
            _check_records(path, tasks, compressed=stored.info.gzip)


def _check_records(path: str, tasks: Sequence[str], *, compressed: bool) -> None:
    for number, record in enumerate(read_shards([path], compressed=compressed), start=1):
        try:
            parse(record[tf.newaxis], tasks)
        except tf.errors.InvalidArgumentError as error:
            raise InputError(
                f"{path}: record {number} has not the words, labels and treebank of a "
                "sentence; prepare the data again"
            ) from error
