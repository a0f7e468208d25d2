"""Files of jobs on Apache Beam, on any file system that it knows: local, `gs://`, `s3://`."""

import gzip
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, cast

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems


def join(directory: str, *names: str) -> str:
    """A path below a directory."""
    return FileSystems.join(directory, *names)


def exists(path: str) -> bool:
    """Whether there is such a file."""
    return bool(FileSystems.exists(path))


def read_file(path: str) -> bytes:
    """All of a file."""
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        return file.read()


@contextmanager
def open_gzip(path: str) -> Iterator[IO[str]]:
    """A compressed file of text, for reading line by line."""
    with (
        FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file,
        gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines,
    ):
        yield cast(IO[str], lines)


def write_json_file(path: str, value: Any) -> None:
    """Writes JSON; the file appears when it is whole."""
    with new_file(path) as local:
        local.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


@contextmanager
def new_file(path: str) -> Iterator[Path]:
    """A file for a body to write on the local disk, which then appears at `path`, whole."""
    with TemporaryDirectory() as directory:
        local = Path(directory) / "file"
        yield local
        make_directory(path.rpartition("/")[0])
        partial = f"{path}.{uuid.uuid4().hex}.partial"
        with (
            local.open("rb") as source,
            FileSystems.create(
                partial, compression_type=CompressionTypes.UNCOMPRESSED
            ) as destination,
        ):
            shutil.copyfileobj(source, destination, 2**20)
        FileSystems.rename([partial], [path])


def make_directory(path: str) -> None:
    """Makes a directory, if it is not there and the file system has such."""
    if "://" not in path:
        os.makedirs(path, exist_ok=True)


def remove_file(path: str) -> None:
    """Removes a file, if it is there."""
    if exists(path):
        FileSystems.delete([path])


def remove_tree(path: str) -> None:
    """Removes a directory and all in it, if it is there."""
    if "://" in path:
        # A name with a slash at its end is all that begins with it.
        FileSystems.delete([f"{path}/"])
    elif os.path.isdir(path):
        shutil.rmtree(path)
