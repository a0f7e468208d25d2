"""Batches of text in many languages, with the wordpieces of each window that a student learns."""

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import tensorflow as tf

from minibert.data.input_pipeline import Batching
from minibert.data.mixing import SHUFFLE_BUFFER, mix, smoothed
from minibert.data.shards import read_shards
from minibert.text.featurizer import Featurizer

Window = dict[str, tf.Tensor]


class LanguagePipeline(ABC):
    """Makes the batches of one split, of records that are kept by language."""

    def __init__(
        self,
        shards: Iterable[tuple[str, str, int]],
        windows: Mapping[str, Mapping[int, int]],
        batching: Batching,
        *,
        featurizer: Featurizer,
        compressed: bool,
        seed: int,
        sampling_exponent: float = 1.0,
        shuffle_buffer: int = SHUFFLE_BUFFER,
    ):
        """Takes what all epochs share.

        Args:
          shards: language, path and number of records of each, ordered by language.
          windows: language to length in wordpieces to the number of windows.
          batching: how windows become batches.
          featurizer: made the windows, or makes them.
          compressed: whether the shards are.
          seed: determines the order in each epoch.
          sampling_exponent: of the shares of languages in training, as of `smoothed`. If it is not
            1, an epoch has as many batches, but small languages more than once and of large ones
            a part, in each epoch another.
          shuffle_buffer: as of `mix`.
        """
        self._paths: defaultdict[str, list[str]] = defaultdict(list)
        self._counts: defaultdict[str, int] = defaultdict(int)
        for language, path, count in shards:
            self._paths[language].append(path)
            self._counts[language] += count
        self._windows_of = windows
        self._window_counts = sum(map(Counter, windows.values()), Counter[int]())
        self._shares: list[int] | None = None
        if sampling_exponent != 1:
            self._shares = self._smoothed_shares(sampling_exponent)
        self._batching = batching
        self._compressed = compressed
        self._featurizer = featurizer
        self._seed = seed
        self._shuffle_buffer = shuffle_buffer

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
        """The batches of every window once, in order, with the teacher's likeliest labels."""
        in_order, *others = self._records()
        for records in others:
            in_order = in_order.concatenate(records)
        return self._evaluation_batches(in_order).prefetch(tf.data.AUTOTUNE)

    def _smoothed_shares(self, exponent: float) -> list[int]:
        """The records of each language that have about as many windows together as all have."""
        shares = smoothed(list(self._counts.values()), exponent)
        windows = sum(
            share * sum(self._windows_of[language].values()) / count
            for share, (language, count) in zip(shares, self._counts.items(), strict=True)
        )
        scale = sum(self._window_counts.values()) / windows
        return [max(1, round(share * scale)) for share in shares]

    def _batches(self, records: tf.data.Dataset) -> tf.data.Dataset:
        return self._batching.apply(self._training_windows(records), self._featurizer)

    def _records(self) -> list[tf.data.Dataset]:
        """The records of each language, with its id."""
        return [
            read_shards(paths, compressed=self._compressed).map(
                lambda record, group=group: (record, tf.constant(group, tf.int32))
            )
            for group, paths in enumerate(self._paths.values())
        ]

    @abstractmethod
    def _training_windows(self, records: tf.data.Dataset) -> tf.data.Dataset:
        """The windows of records, in order."""

    @abstractmethod
    def _evaluation_batches(self, records: tf.data.Dataset) -> tf.data.Dataset:
        """The batches of records, in order, with the teacher's likeliest labels."""
