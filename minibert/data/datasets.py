"""Data sets of labeled sentences that are used together, which may have labels of other tasks."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from minibert.data.dataset_info import DatasetInfo, Part, count_labels, load_dataset_info
from minibert.data.prepared import data_sha256
from minibert.errors import InputError


class StoredPart(NamedTuple):
    """A part, and the data set that it is of."""

    info: DatasetInfo
    part: Part

    def shard_paths(self) -> list[str]:
        """The paths of its shards, in order."""
        return self.info.shard_paths(self.part)


@dataclass(frozen=True)
class Datasets:
    """Some data sets.

    Attributes:
      infos: the data sets, at least one.
    """

    infos: Sequence[DatasetInfo]

    @classmethod
    def load(cls, directories: Iterable[str | Path]) -> "Datasets":
        """Loads data sets.

        Raises:
          InputError: as `DatasetInfo.load`.
        """
        return cls([load_dataset_info(directory) for directory in directories])

    @property
    def name(self) -> str:
        """Where they are, for messages."""
        return ", ".join(str(info.directory) for info in self.infos)

    @cached_property
    def sha256(self) -> str:
        """A checksum of what they hold, wherever they are."""
        first, *others = map(data_sha256, self.infos)
        return hashlib.sha256(",".join([first, *others]).encode()).hexdigest() if others else first

    def select(self, splits: Sequence[str], treebanks: Sequence[str] = ()) -> list[StoredPart]:
        """The parts of some splits, of all treebanks or of some, ordered by treebank and split.

        Raises:
          InputError: a split or treebank that none of the data sets has.
        """
        parts = [StoredPart(info, part) for info in self.infos for part in info.parts]
        for kind, wanted, known in (
            ("split", splits, {stored.part.split for stored in parts}),
            ("treebank", treebanks, {stored.part.treebank for stored in parts}),
        ):
            if unknown := sorted(set(wanted) - known):
                raise InputError(
                    f"{self.name}: no {kind} {unknown[0]!r} in this data set; "
                    f"it has {' '.join(sorted(known))}"
                )
        found = [
            stored
            for stored in parts
            if stored.part.split in splits and (not treebanks or stored.part.treebank in treebanks)
        ]
        return sorted(found, key=lambda stored: (stored.part.treebank, stored.part.split))

    def check_tasks(self, tasks: Iterable[str]) -> None:
        """Checks that the records have labels for some tasks.

        Raises:
          InputError: they have not.
        """
        known = list(dict.fromkeys(task for info in self.infos for task in info.tasks))
        for task in tasks:
            if task not in known:
                raise InputError(
                    f"{self.name}: the records have no {task!r} labels, only {' '.join(known)}; "
                    "change --tasks or prepare other data"
                )

    def check_labels(self, parts: Sequence[StoredPart], tasks: Iterable[str], remedy: str) -> None:
        """Checks that some parts, taken together, have labels of each of some tasks.

        Raises:
          InputError: no word has a label of one; ends with `remedy`.
        """
        for task in tasks:
            if not label_counts(parts, task):
                splits = " and ".join(sorted({stored.part.split for stored in parts}))
                raise InputError(f"{self.name}: no word of {splits} has a {task!r} label; {remedy}")


def label_counts(parts: Iterable[StoredPart], task: str) -> Counter[str]:
    """The labels of a task over some parts, with their numbers of words."""
    return count_labels((stored.part for stored in parts), task)
