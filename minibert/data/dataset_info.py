"""`dataset.json`: what a directory of records holds, and whether it is whole."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from minibert.data.shards import Shard, check_shards, verify_shards
from minibert.errors import InputError
from minibert.json_files import Count, Positive, read_json, write_json

FILE_NAME = "dataset.json"
# Of an older data set no sentence was known to be withheld, and every word has all labels.
FORMAT_VERSION, _OLDEST_VERSION = 2, 1
TRAIN, DEV = "train", "dev"


@dataclass(frozen=True)
class Part:
    """The records of one split of one treebank, which come from one source file.

    Attributes:
      treebank, split: `en_ewt`, `train`.
      source: path of the source file below the input directory.
      source_sha256: SHA-256 of the source file.
      sentences, words: what the shards hold.
      skipped: sentences of the source that have no words.
      labels: task to label to its number of words.
      statistics: what `preflight` counted, by its own names.
      shards: the record files, in order.
      withheld: sentences of the source whose text is left out of it.
      unlabeled: task to its number of words without a label.
    """

    treebank: str
    split: str
    source: str
    source_sha256: str
    sentences: Positive
    words: Positive
    skipped: Count
    labels: Mapping[str, Mapping[str, Count]]
    statistics: Mapping[str, Count]
    shards: Annotated[Sequence[Shard], Meta(min_length=1)]
    withheld: Count = 0
    unlabeled: Mapping[str, Count] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for task, counts in self.labels.items():
            if sum(counts.values()) + self.unlabeled.get(task, 0) != self.words:
                raise ValueError(f"{self.words} words have not as many {task} labels")


@dataclass(frozen=True)
class _DatasetFile:
    """What `dataset.json` holds of a `DatasetInfo`."""

    tool: str
    config: Mapping[str, Any]
    gzip: bool
    tasks: Annotated[Sequence[str], Meta(min_length=1)]
    parts: Annotated[Sequence[Part], Meta(min_length=1)]
    withheld_files: Mapping[str, Positive] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(part.labels.keys() != set(self.tasks) for part in self.parts):
            raise ValueError(f"a part has labels of other tasks than {' '.join(self.tasks)}")


@dataclass(frozen=True)
class DatasetInfo:
    """A prepared data set.

    Attributes:
      directory: where the shards are.
      tool: name and version of what wrote it.
      config: the options it was prepared with.
      gzip: whether the shards are compressed.
      tasks: the tasks that every record has labels for.
      parts: its parts, ordered by treebank and split.
      withheld_files: path of a source file that was skipped, as its text is withheld, to the
        number of its sentences.
    """

    directory: Path
    tool: str
    config: Mapping[str, Any]
    gzip: bool
    tasks: Sequence[str]
    parts: Sequence[Part]
    withheld_files: Mapping[str, int] = field(default_factory=dict)

    def select(self, splits: Sequence[str], treebanks: Sequence[str] = ()) -> list[Part]:
        """The parts of some splits, of all treebanks or of some.

        Raises:
          InputError: a split or treebank that the data set does not have.
        """
        for kind, wanted, known in (
            ("split", splits, {part.split for part in self.parts}),
            ("treebank", treebanks, {part.treebank for part in self.parts}),
        ):
            if unknown := sorted(set(wanted) - known):
                raise InputError(
                    f"{self.directory}: no {kind} {unknown[0]!r} in this data set; "
                    f"it has {' '.join(sorted(known))}"
                )
        return [
            part
            for part in self.parts
            if part.split in splits and (not treebanks or part.treebank in treebanks)
        ]

    def check_tasks(self, tasks: Iterable[str]) -> None:
        """Checks that the records have labels for some tasks.

        Raises:
          InputError: they have not.
        """
        for task in tasks:
            if task not in self.tasks:
                raise InputError(
                    f"{self.directory}: the records have no {task!r} labels, only "
                    f"{' '.join(self.tasks)}; change --tasks or prepare other data"
                )

    def check_labels(self, parts: Sequence[Part], tasks: Iterable[str], remedy: str) -> None:
        """Checks that some parts, taken together, have labels of each of some tasks.

        Raises:
          InputError: no word has a label of one; ends with `remedy`.
        """
        for task in tasks:
            if not count_labels(parts, task):
                splits = " and ".join(sorted({part.split for part in parts}))
                raise InputError(
                    f"{self.directory}: no word of {splits} has a {task!r} label; {remedy}"
                )

    def shard_paths(self, part: Part) -> list[str]:
        """The paths of a part's shards, in order."""
        return [str(self.directory / shard.path) for shard in part.shards]

    def verify(self, parts: Iterable[Part]) -> None:
        """Reads the shards of some parts and compares their checksums.

        Raises:
          InputError: a shard is not what was written.
        """
        for part in parts:
            verify_shards(self.directory, part.shards, "prepare the data again")

    def save(self, directory: Path) -> None:
        """Writes `dataset.json` into `directory`; the last step of preparing data."""
        content = {
            "format_version": FORMAT_VERSION,
            "tool": self.tool,
            "config": self.config,
            "gzip": self.gzip,
            "tasks": list(self.tasks),
            "label_inventory": {
                task: dict(count_labels(self.parts, task).most_common()) for task in self.tasks
            },
            "parts": [dataclasses.asdict(part) for part in self.parts],
            "withheld_files": dict(self.withheld_files),
        }
        write_json(directory / FILE_NAME, content)


def count_labels(parts: Iterable[Part], task: str) -> Counter[str]:
    """The labels of a task over some parts, with their numbers of words."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part.labels[task])
    return total


def load_dataset_info(directory: str | Path) -> DatasetInfo:
    """Reads `dataset.json` and checks that every shard is there in its full size.

    Raises:
      InputError: the directory holds no data set, or not a whole one.
    """
    directory = Path(directory)
    path = directory / FILE_NAME
    remedy = "give a directory that prepare_ud.py wrote, or prepare the data again"
    if not path.exists():
        raise InputError(f"{directory}: no {FILE_NAME} there, so no prepared data; {remedy}")
    content = read_json(path, _DatasetFile, remedy, version=FORMAT_VERSION, oldest=_OLDEST_VERSION)
    for part in content.parts:
        check_shards(directory, part.shards, remedy)
    return DatasetInfo(
        directory,
        content.tool,
        content.config,
        content.gzip,
        content.tasks,
        content.parts,
        content.withheld_files,
    )
