"""Files of jobs on Apache Beam, on any file system that it knows: local, `gs://`, `s3://`.

What is local is read with ordinary file calls, which say more of what is wrong.
"""

import json
import os
import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, NamedTuple, cast

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from minibert.errors import InputError
from minibert.files import check_regular, matching_paths, sync

# What files are called that are not whole.
PARTIAL = ".partial"


class InputFile(NamedTuple):
    """A file that is given.

    Attributes:
      size: its bytes.
      modified: when it was changed last, in seconds since 1970.
    """

    size: int
    modified: float


def is_remote(path: str) -> bool:
    """Whether a path is of a file system that is not mounted here, as `gs://`."""
    return "://" in path


def matching(flag: str, pattern: str) -> list[str]:
    """The paths that a glob pattern of a flag means, sorted.

    Raises:
      InputError: there is none, or the file system cannot be read.
    """
    if not is_remote(pattern):
        return list(map(str, matching_paths(flag, pattern)))
    with _named_errors(pattern):
        (found,) = FileSystems.match([pattern])
    if not found.metadata_list:
        raise InputError(f"--{flag}={pattern}: no such file")
    return sorted(file.path for file in found.metadata_list)


def input_file(path: str) -> InputFile:
    """What there is to say of a file.

    Raises:
      InputError: it cannot be read, or is no regular file.
    """
    if not is_remote(path):
        check_regular(path)
        try:
            status = os.stat(path)
        except OSError as error:
            raise InputError(f"{path}: cannot open: {error.strerror}") from error
        return InputFile(status.st_size, status.st_mtime)
    with _named_errors(path):
        (found,) = FileSystems.match([path])
    if not found.metadata_list:
        raise InputError(f"{path}: no such file")
    (file,) = found.metadata_list
    return InputFile(file.size_in_bytes, file.last_updated_in_seconds or 0.0)


def open_input(path: str) -> BinaryIO:
    """Opens a file for reading bytes at any place, as it is on disk.

    Raises:
      OSError: it cannot be opened.
    """
    if not is_remote(path):
        return open(path, "rb")
    return cast(BinaryIO, FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED))


@contextmanager
def _named_errors(path: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own
        raise InputError(f"{path}: {' '.join(str(error).split())[:300]}") from error


def join(directory: str, *names: str) -> str:
    """A path below a directory."""
    return FileSystems.join(directory, *names)


def check_file_system(path: str) -> None:
    """Checks that there is a file system for a path, and that it can be asked.

    Raises:
      InputError: there is not: a package is missing, for instance; or nothing may be read there.
    """
    if not is_remote(path) and os.path.lexists(path) and not os.path.isdir(path):
        raise InputError(f"{path}: not a directory; name another")
    with _named_errors(path):
        FileSystems.exists(path)


def exists(path: str) -> bool:
    """Whether there is such a file."""
    return bool(FileSystems.exists(path))


def read_file(path: str) -> bytes:
    """All of a file."""
    with open_input(path) as file:
        return file.read()


def read_json_file(path: str, remedy: str) -> Any:
    """Reads JSON.

    Raises:
      InputError: it is damaged; ends with `remedy`.
    """
    try:
        return json.loads(read_file(path))
    except ValueError as error:
        raise InputError(f"{path}: damaged; {remedy}") from error


def write_json_file(path: str, value: Any) -> None:
    """Writes JSON; the file appears when it is whole."""
    with new_file(path) as local:
        local.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


@contextmanager
def new_file(path: str) -> Iterator[Path]:
    """A file for a body to write on the local disk, which then appears at `path`, whole.

    Raises:
      InputError: it cannot be written.
    """
    # Of its own: what another worker does at the same time, perhaps of a job that was killed, is
    # as good.
    partial = f"{path}.{uuid.uuid4().hex}{PARTIAL}"
    if not is_remote(path):
        try:
            make_directory(path.rpartition("/")[0])
            yield Path(partial)
            sync(Path(partial))
            os.replace(partial, path)
        except OSError as error:
            raise InputError(
                f"{path}: cannot write: {error.strerror or error}; make room or name another place"
            ) from error
        finally:
            Path(partial).unlink(missing_ok=True)
        return
    with TemporaryDirectory() as directory:
        local = Path(directory) / "file"
        yield local
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
    if not is_remote(path):
        os.makedirs(path, exist_ok=True)


def files_in(directory: str, ending: str = "") -> list[str]:
    """The files of a directory, by the ending of their names; none if it is not there."""
    if not is_remote(directory):
        names = os.listdir(directory) if os.path.isdir(directory) else []
        return [f"{directory}/{name}" for name in names if name.endswith(ending)]
    (found,) = FileSystems.match([f"{directory}/*{ending}"])
    return [file.path for file in found.metadata_list]


def remove_files(paths: Collection[str]) -> None:
    """Removes files, which are there."""
    # Not all at once: of the local file system Beam takes a name for a pattern.
    for path in paths:
        if is_remote(path):
            FileSystems.delete([path])
        else:
            os.unlink(path)


def is_directory(path: str) -> bool:
    """Whether there is such a directory, with something in it if the file system has none."""
    if not is_remote(path):
        return os.path.isdir(path)
    return bool(FileSystems.match([f"{path}/**"], [1])[0].metadata_list)


def remove_tree(path: str) -> None:
    """Removes a directory and all in it, if it is there."""
    if not is_directory(path):
        return
    if is_remote(path):
        # A name with a slash at its end is all that begins with it.
        FileSystems.delete([f"{path}/"])
    else:
        shutil.rmtree(path)
