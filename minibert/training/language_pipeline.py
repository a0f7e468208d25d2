"""Batches of text in many languages, with what is kept of a teacher or without."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from minibert.chunks import SENTENCES_PER_CALL
from minibert.data.input_pipeline import Batch, Batching
from minibert.data.mixing import SHUFFLE_BUFFER, mix, smoothed
from minibert.data.output_records import OUTPUTS, unpack_outputs
from minibert.data.shards import read_shards
from minibert.training.language_records import LanguageRecords, WindowMaker

# What waits in memory to be shuffled, of all languages together: where much is kept of the teacher,
# the order changes less from epoch to epoch. Shards are in the order of the text, which is random.
_SHUFFLE_BYTES = 2**29


class LanguagePipeline:
    """Makes the batches of one split, of records that are kept by language.

    A batch has the features of the encoder [windows, size], `word_positions` int32 [windows,
    words], and `group` int32 [windows], the language. For training it also has what is kept of a
    teacher, [windows, words, width]; for evaluation the teacher's likeliest labels, for each task
    int32 [windows, words].

    Attributes:
      records: of what.
      windows: makes windows of them.
    """

    def __init__(
        self,
        records: LanguageRecords,
        windows: WindowMaker,
        batching: Batching,
        *,
        likeliest: Callable[[Batch], Batch],
        lengths: Mapping[str, Mapping[int, int]],
        seed: int,
        sampling_exponent: float = 1.0,
    ):
        """Takes what all epochs share.

        Args:
          records: of what; those of a language are shuffled within what fits into memory.
          windows: makes windows of them.
          batching: how windows become batches.
          likeliest: gives the teacher's likeliest labels of a batch, for each task int32 [windows,
            words].
          lengths: as of `LanguageRecords.count_windows`.
          seed: determines the order in each epoch.
          sampling_exponent: of the shares of languages in training, as of `smoothed`. If it is not
            1, an epoch has as many batches, but small languages more than once and of large ones
            a part, in each epoch another.
        """
        self.records = records
        self.windows = windows
        self._batching = batching
        self._likeliest = likeliest
        self._seed = seed
        self._paths: defaultdict[str, list[str]] = defaultdict(list)
        self._counts: defaultdict[str, int] = defaultdict(int)
        for shard in records.shards:
            self._paths[shard.language].append(records.path(shard))
            self._counts[shard.language] += shard.sentences
        # Traced once, and not for each epoch.
        self._make_windows = tf.function(
            self._windows_of_group,
            input_signature=[tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.int32)],
        )
        self._windows_of = lengths
        self._window_counts = sum(map(Counter, self._windows_of.values()), Counter[int]())
        self._shares: list[int] | None = None
        if sampling_exponent != 1:
            self._shares = self._smoothed_shares(sampling_exponent)
        size = sum(shard.shard.bytes for shard in records.shards) * len(self._counts)
        fitting = _SHUFFLE_BYTES * sum(self._counts.values()) // max(1, size)
        self._shuffle_buffer = max(1, min(SHUFFLE_BUFFER, fitting))

    @property
    def groups(self) -> Sequence[str]:
        """The languages, in the order of their ids in a batch."""
        return list(self._paths)

    def num_steps(self, epoch: int) -> int:
        """The number of batches; the same in every epoch."""
        return self._batching.num_batches(self._window_counts)

    def num_wordpieces(self, epoch: int) -> int:
        """The number of wordpieces in an epoch, special ones included; about, of shares."""
        shares = self._shares or list(self._counts.values())
        wordpieces = 0.0
        for (language, count), share in zip(self._counts.items(), shares, strict=True):
            lengths = self._windows_of[language]
            wordpieces += sum(n * number for n, number in lengths.items()) * share / count
        return round(wordpieces)

    def training_batches(self, epoch: int, skip: int = 0) -> tf.data.Dataset:
        """The batches of an epoch of training, but for the first `skip`."""
        records, counts, seed = self._records(), list(self._counts.values()), [self._seed, epoch]
        if self._shares is None:
            batches = self._batches(mix(records, counts, seed, self._shuffle_buffer))
        else:
            endless = [
                of_language.repeat().skip(epoch * share % count)
                for of_language, share, count in zip(records, self._shares, counts, strict=True)
            ]
            mixed = mix(endless, self._shares, seed, self._shuffle_buffer, forever=True)
            batches = self._batches(mixed).take(self.num_steps(epoch))
        return batches.skip(skip).prefetch(tf.data.AUTOTUNE)

    def evaluation_batches(self) -> tf.data.Dataset:
        """The batches of every window once, in order, with the teacher's likeliest labels.

        They are the same in every epoch, take 16 bytes a wordpiece, and stay in memory.
        """
        in_order, *others = self._records()
        for records in others:
            in_order = in_order.concatenate(records)
        inputs = (*self.windows.featurizer.spec.padding, "group")

        def labeled(batch: Batch) -> Batch:
            return {**{name: batch[name] for name in inputs}, **self._likeliest(batch)}

        return self._batches(in_order).map(labeled).cache().prefetch(tf.data.AUTOTUNE)

    def _smoothed_shares(self, exponent: float) -> list[int]:
        """The records of each language that have about as many windows together as all have."""
        shares = smoothed(list(self._counts.values()), exponent)
        windows = sum(
            share * sum(self._windows_of[language].values()) / count
            for share, (language, count) in zip(shares, self._counts.items(), strict=True)
        )
        scale = sum(self._window_counts.values()) / windows
        return [max(1, round(share * scale)) for share in shares]

    def _windows_of_group(self, serialized: tf.Tensor, groups: tf.Tensor) -> Batch:
        found, record = self.windows(serialized)
        return {**found, "group": tf.gather(groups, record)}

    def _batches(self, records: tf.data.Dataset) -> tf.data.Dataset:
        single = (
            records.batch(SENTENCES_PER_CALL)
            .map(self._make_windows, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
            .unbatch()
            # A row of a ragged tensor is a tensor, but its declared type is ragged still.
            .map(lambda window: dict(window))
        )
        batches = self._batching.apply(single, self.windows.featurizer)
        if not self.windows.fields:
            return batches
        return batches.map(self._unpack, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    def _unpack(self, batch: Batch) -> Batch:
        inputs = {name: values for name, values in batch.items() if name != OUTPUTS}
        return {**inputs, **unpack_outputs(batch[OUTPUTS], self.windows.fields)}

    def _records(self) -> list[tf.data.Dataset]:
        """The records of each language, with its id."""
        return [
            tf.data.Dataset.zip(
                (
                    read_shards(paths, compressed=self.records.compressed),
                    tf.data.Dataset.from_tensors(tf.constant(group, tf.int32)).repeat(),
                )
            )
            for group, paths in enumerate(self._paths.values())
        ]
