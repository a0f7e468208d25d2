"""`dataset.json`: what a directory of records holds, and whether it is whole; of any records."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from minibert import __version__
from minibert.data.shards import Shard, check_shards, count_records, verify_shards
from minibert.errors import InputError
from minibert.json_files import read_json, write_json

FILE_NAME = "dataset.json"
TRAIN, DEV = "train", "dev"
# What writes data here.
TOOL = f"minibert {__version__}"


class Part:
    """The records of one split of one group, a treebank or a language.

    Attributes:
      kind: the field that names the group.
      split: `train`.
      sentences: what the shards hold.
      shards: the record files, in order.
    """

    kind: ClassVar[str]
    split: str
    sentences: int
    shards: Sequence[Shard]

    @property
    def group(self) -> str:
        """The treebank or language."""
        return str(getattr(self, self.kind))


P = TypeVar("P", bound=Part)
Info = TypeVar("Info", bound="Prepared[Any]")


class _OfParts(Generic[P]):
    """Something that has parts, ordered by group and split."""

    parts: Sequence[P]


@dataclass(frozen=True)
class Prepared(_OfParts[P]):
    """Prepared data; a subclass has more fields, all those of its `dataset.json`.

    Attributes:
      tool: name and version of what wrote it.
      config: the options it was prepared with.
      gzip: whether the shards are compressed.
      directory: where the shards are; not in the file.
    """

    # Of the format, the oldest that is read and the one that is written; the most that a record may
    # have; for messages, what to do if something is not as it must be, and what it is.
    versions: ClassVar[tuple[int, int]]
    max_record_bytes: ClassVar[int]
    remedy: ClassVar[str]
    noun: ClassVar[str]

    tool: str
    config: Mapping[str, Any]
    gzip: bool
    directory: Path = field(default=Path(), kw_only=True)

    @classmethod
    def load(cls: type[Info], directory: str | Path) -> Info:
        """Reads `dataset.json` and checks that every shard is there in its full size.

        Raises:
          InputError: the directory holds no such data, or not whole.
        """
        directory = Path(directory)
        path = directory / FILE_NAME
        if not path.exists():
            raise InputError(
                f"{directory}: no {FILE_NAME} there, so no prepared {cls.noun}; {cls.remedy}"
            )
        oldest, newest = cls.versions
        info = read_json(path, cls, cls.remedy, version=newest, oldest=oldest)
        for part in info.parts:
            check_shards(directory, part.shards, cls.remedy)
        return replace(info, directory=directory)

    def to_json(self) -> dict[str, Any]:
        """What `dataset.json` holds; it is written last when data is prepared."""
        content = {"format_version": self.versions[1], **asdict(self)}
        del content["directory"]
        return content

    def save(self) -> None:
        """Writes `dataset.json`."""
        write_json(self.directory / FILE_NAME, self.to_json())

    def select(self, splits: Sequence[str], groups: Sequence[str] = ()) -> list[P]:
        """The parts of some splits, of all groups or of some.

        Raises:
          InputError: a split or group that the data does not have.
        """
        for kind, wanted, known in (
            ("split", splits, {part.split for part in self.parts}),
            (self.parts[0].kind, groups, {part.group for part in self.parts}),
        ):
            if unknown := sorted(set(wanted) - known):
                raise InputError(
                    f"{self.directory}: no {kind} {unknown[0]!r} in this data set; "
                    f"it has {' '.join(sorted(known))}"
                )
        return [
            part
            for part in self.parts
            if part.split in splits and (not groups or part.group in groups)
        ]

    def shard_paths(self, part: P) -> list[str]:
        """The paths of a part's shards, in order."""
        return [str(self.directory / shard.path) for shard in part.shards]

    def count_records(self, part: P) -> list[int]:
        """How many records each shard of a part holds.

        Raises:
          InputError: a shard is damaged, or they hold not as many as `dataset.json` says.
        """
        counts: list[int] = []
        for path in self.shard_paths(part):
            counts.append(
                count_records(
                    path,
                    compressed=self.gzip,
                    most=part.sentences - sum(counts),
                    max_bytes=self.max_record_bytes,
                    remedy=self.remedy,
                )
            )
        if sum(counts) != part.sentences:
            self.refuse([part])
        return counts

    def verify(self, parts: Iterable[P]) -> None:
        """Reads the shards of some parts and compares their checksums.

        Raises:
          InputError: a shard is not what was written.
        """
        for part in parts:
            verify_shards(self.directory, part.shards, self.remedy)

    def refuse(self, parts: Iterable[P]) -> None:
        """Refuses parts whose records are others than `dataset.json` counts.

        Raises:
          InputError: always; as `verify`, if a shard is damaged.
        """
        self.verify(parts)
        raise InputError(
            f"{self.directory}: the records are not those that {FILE_NAME} counts; {self.remedy}"
        )


def data_sha256(info: Prepared[Any]) -> str:
    """A checksum of what the records of prepared data hold, wherever it is."""
    content = [
        [part.group, part.split, *(shard.sha256 for shard in part.shards)] for part in info.parts
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
