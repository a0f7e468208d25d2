"""Shards, the files of records: written, described, checked before TensorFlow reads them."""

import gzip
import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import tensorflow as tf

from minibert.errors import InputError
from minibert.files import check_regular, sha256
from minibert.json_files import Count

GZIP = "GZIP"
# Of a record of a sentence. Those that are read from files have a tenth of it at most.
MAX_SENTENCE_BYTES = 16 * 2**20
# A record is its length in 8 bytes, a checksum of that in 4, the record, and a checksum in 4.
_HEADER_BYTES, _FOOTER_BYTES = 12, 4


@dataclass(frozen=True)
class Shard:
    """A record file: its path below the data set's directory, size in bytes, and SHA-256."""

    path: str
    bytes: Count
    sha256: str

    def __post_init__(self) -> None:
        path = PurePosixPath(self.path)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"the path {self.path!r} leads out of the data set")


def describe_shards(directory: Path, paths: Iterable[Path]) -> list[Shard]:
    """Describes files below a directory, as they are."""
    return [
        Shard(str(path.relative_to(directory)), path.stat().st_size, sha256(path)) for path in paths
    ]


def check_shards(directory: Path, shards: Iterable[Shard], remedy: str) -> None:
    """Checks that shards are there in their full size.

    Raises:
      InputError: one is not; ends with `remedy`.
    """
    for shard in shards:
        path = directory / shard.path
        check_regular(path)
        size = path.stat().st_size if path.exists() else None
        if size != shard.bytes:
            state = "missing" if size is None else f"{size} bytes, not {shard.bytes}"
            raise InputError(f"{path}: {state}; {remedy}")


def verify_shards(directory: Path, shards: Iterable[Shard], remedy: str) -> None:
    """Reads shards and compares their checksums.

    Raises:
      InputError: one is not what was written; ends with `remedy`.
    """
    for shard in shards:
        path = directory / shard.path
        if sha256(path) != shard.sha256:
            raise InputError(
                f"{path}: damaged, its checksum is another than when it was written; {remedy}"
            )


def read_shards(paths: Sequence[str], *, compressed: bool) -> tf.data.Dataset:
    """The serialized records of shards, in order."""
    return tf.data.TFRecordDataset(paths, compression_type=GZIP if compressed else "")


def count_records(
    path: str | Path,
    *,
    compressed: bool,
    most: int,
    max_bytes: int = MAX_SENTENCE_BYTES,
    remedy: str = "prepare the data again",
) -> int:
    """Counts the records of a shard by their lengths, without their contents.

    TensorFlow allocates what a record says its length is, and ends the process if there is no
    such memory, so this comes before TensorFlow reads a file that may be of anybody.

    Args:
      path: the shard.
      compressed: whether it is compressed.
      most: where to stop; there are more if the result is greater.
      max_bytes: the most that a record may have.
      remedy: the end of an error.

    Raises:
      InputError: the file is cut short, not compressed as it should be, or holds a record that is
        too long.
    """
    count = 0
    try:
        with cast(BinaryIO, gzip.open(path) if compressed else open(path, "rb")) as file:
            while count <= most and (header := file.read(_HEADER_BYTES)):
                length = int.from_bytes(header[:8], "little")
                is_whole = len(header) == _HEADER_BYTES and length <= max_bytes
                if is_whole:
                    # The last byte is read: seeking goes on behind the end of a file.
                    file.seek(length + _FOOTER_BYTES - 1, os.SEEK_CUR)
                    is_whole = bool(file.read(1))
                if not is_whole:
                    raise InputError(
                        f"{path}: no whole record of at most {max_bytes:,} bytes behind record "
                        f"{count}; {remedy}"
                    )
                count += 1
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot read on: {error}; {remedy}") from error
    return count


def shard_name(prefix: str, shard: int, num_shards: int, *, gzip: bool) -> str:
    """The name of a shard, `PREFIX-00000-of-0000N.tfrecord[.gz]`."""
    return f"{prefix}-{shard:05d}-of-{num_shards:05d}.tfrecord{'.gz' if gzip else ''}"


def record_options(*, gzip: bool) -> tf.io.TFRecordOptions:
    """Of a writer of shards."""
    return tf.io.TFRecordOptions(compression_type=GZIP if gzip else "")


class ShardWriter:
    """Writes records in turn to the shards `PREFIX-00000-of-0000N.tfrecord[.gz]`.

    Attributes:
      records: how many were written.
    """

    def __init__(self, prefix: Path, *, num_shards: int, gzip: bool):
        """Opens the shards; their directory is made if it is missing, but not what it is in."""
        prefix.parent.mkdir(exist_ok=True)
        self._paths = [
            prefix.with_name(shard_name(prefix.name, shard, num_shards, gzip=gzip))
            for shard in range(num_shards)
        ]
        options = record_options(gzip=gzip)
        self._writers = [tf.io.TFRecordWriter(str(path), options) for path in self._paths]
        self.records = 0

    def write(self, record: bytes) -> None:
        """Writes one record to the shard whose turn it is."""
        self._writers[self.records % len(self._writers)].write(record)
        self.records += 1

    def describe(self, directory: Path) -> list[Shard]:
        """What was written, if the shards are closed, by paths below a directory."""
        return describe_shards(directory, self._paths)

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, *exception: object) -> None:
        for writer in self._writers:
            writer.close()
