"""Records of text by language, and the windows that are in them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import tensorflow as tf

from minibert.chunks import SENTENCES_PER_CALL
from minibert.data.output_records import Field
from minibert.data.shards import read_shards, verify_shards
from minibert.data.text_corpus import TextShard
from minibert.errors import InputError
from minibert.progress import progress
from minibert.text.featurizer import Featurizer


class WindowMaker(Protocol):
    """Makes windows of records."""

    @property
    def featurizer(self) -> Featurizer:
        """Whose features they have."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """What they have of a teacher."""

    def __call__(
        self, serialized: tf.Tensor
    ) -> tuple[dict[str, tf.RaggedTensor | tf.Tensor], tf.Tensor]:
        """The windows of records, in order.

        Args:
          serialized: string `[records]`.

        Returns:
          What a window has: the features and `word_positions`, `[windows, (size)]`, and `OUTPUTS`,
          the rows of the fields as of `parse_outputs`, `[windows, (positions), bytes]`; and the
          record that each is of, int `[windows]`. Running it fails with `InvalidArgumentError` for
          a record of something else.
        """


@dataclass(frozen=True)
class LanguageRecords:
    """The records of one split.

    Attributes:
      directory: where they are.
      shards: ordered by language.
      compressed: whether the shards are.
      remedy: the end of an error.
    """

    directory: Path
    shards: Sequence[TextShard]
    compressed: bool
    remedy: str

    def path(self, shard: TextShard) -> str:
        """The file of a shard."""
        return str(self.directory / shard.shard.path)

    def count_windows(self, windows: WindowMaker) -> Mapping[str, Mapping[int, int]]:
        """Reads all: language to length of a window to how many there are.

        Raises:
          InputError: as `verify`.
        """

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def measure(serialized: tf.Tensor) -> tf.Tensor:
            return windows.featurizer.lengths(windows(serialized)[0])

        found: defaultdict[str, Counter[int]] = defaultdict(Counter)
        total = sum(shard.sentences for shard in self.shards)
        with progress(total=total, unit=" sentences", desc="scan", leave=False) as bar:
            for shard in self.shards:
                try:
                    for lengths in self._batches(shard).map(measure, tf.data.AUTOTUNE):
                        found[shard.language].update(lengths.numpy().tolist())
                except (tf.errors.DataLossError, tf.errors.InvalidArgumentError):
                    self.verify(windows)
                    raise
                bar.update(shard.sentences)
        return found

    def verify(self, windows: WindowMaker) -> None:
        """Reads all, to find what could not be read.

        Raises:
          InputError: a shard is damaged, or a record is of something else.
        """
        total = sum(shard.shard.bytes for shard in self.shards)
        with progress(total=total, unit="B", unit_scale=True, desc="check", leave=False) as bar:
            for shard in self.shards:
                verify_shards(self.directory, [shard.shard], self.remedy)
                try:
                    for _ in self._batches(shard).map(windows):
                        pass
                except tf.errors.InvalidArgumentError as error:
                    raise InputError(
                        f"{self.path(shard)}: a record is not as it must be; {self.remedy}"
                    ) from error
                bar.update(shard.shard.bytes)

    def _batches(self, shard: TextShard) -> tf.data.Dataset:
        records = read_shards([self.path(shard)], compressed=self.compressed)
        return records.batch(SENTENCES_PER_CALL)
