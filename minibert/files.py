"""Output that appears whole or not at all, input of bounded size, checksums."""

import errno
import fcntl
import glob
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

from minibert.errors import InputError

# Of a file whose checksum is wanted: the largest weights are a tenth of it.
_MAX_CHECKED_BYTES = 2**33


def read_bytes(path: str | Path, limit: int) -> bytes:
    """Reads a file of at most `limit` bytes, whatever it says its size is.

    Raises:
      OSError: it cannot be read.
      InputError: it is larger, or a pipe or a device, which may not have an end.
    """
    check_regular(path)
    with open(path, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise InputError(f"{path}: over {limit >> 20} MiB, more than such a file can have")
    return content


def check_regular(path: str | Path) -> None:
    """Checks that a path is not that of a pipe, a device or a directory; it may not exist.

    Raises:
      InputError: it is.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(f"{path}: not a regular file; give one that is")


def check_output_file(path: str | Path) -> None:
    """Checks that a file can be written at a path, before the work is done.

    Raises:
      InputError: its directory is not there, or it is itself a directory.
    """
    parent = Path(path).parent
    if not parent.is_dir():
        raise InputError(f"{path}: cannot write: no directory {parent}; make it first")
    if Path(path).is_dir():
        raise InputError(f"{path}: cannot write: a directory; name a file")


def is_utf8(path: str) -> bool:
    """Whether a path is of UTF-8; Python stands surrogates for other bytes."""
    return path.encode("utf-8", "replace").decode() == path


def matching_paths(flag: str, pattern: str) -> list[Path]:
    """The paths that a glob pattern of a flag means, sorted; or the one of that very name.

    Raises:
      InputError: there is none.
    """
    paths = sorted(glob.glob(pattern)) or ([pattern] if Path(pattern).exists() else [])
    if not paths:
        raise InputError(f"--{flag}={pattern}: no such file")
    for path in paths:
        if not is_utf8(path):
            raise InputError(f"--{flag}: {path!a} is not UTF-8; rename the file or directory")
    return [Path(path) for path in paths]


def is_free(directory: Path, file_name: str) -> bool:
    """Whether a directory does not exist, or holds nothing.

    Hidden files that a process has left which was killed while it wrote `file_name` do not count.
    """
    if not directory.exists():
        return True
    return directory.is_dir() and all(
        path.name.startswith(".") and path.name.lstrip(".").startswith(f"{file_name}.")
        for path in directory.iterdir()
    )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Keeps other processes that write the directory `path` through this out of the block.

    The lock is a hidden file beside `path`. A process that is killed lets go of it.

    Raises:
      InputError: another process is in the block, or nothing can be written there.
    """
    path = Path(os.path.realpath(path))  # The lock is the same by whatever name.
    lock_file = path.parent / f".{path.name}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Nothing is written to it, wherever a link of its name leads.
        opened = open(lock_file, "ab")  # noqa: SIM115 - the block below closes it
    except FileExistsError as error:
        raise InputError(f"{path.parent}: not a directory; name another") from error
    except OSError as error:
        raise _cannot_write(path, error) from error
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The one before may have removed the file between its opening and its locking here.
            is_held = os.path.samestat(os.fstat(file.fileno()), lock_file.stat())
        except (BlockingIOError, FileNotFoundError):
            is_held = False
        except OSError as error:
            lock_file.unlink(missing_ok=True)
            raise _cannot_write(path, error) from error
        if not is_held:
            raise InputError(
                f"{path}: another process is writing it; wait for its end or name another directory"
            )
        try:
            yield
        finally:
            lock_file.unlink(missing_ok=True)


@contextmanager
def atomic_directory(
    path: Path, *, remedy: str = "remove it or name another directory"
) -> Iterator[Path]:
    """Yields an empty directory that takes the name `path` when the block ends well.

    The work is done in a hidden directory beside `path`, which is removed on an error. A process
    that is killed leaves the hidden directory, which the next one with the same `path` removes.

    Args:
      path: the directory.
      remedy: what is advised if it exists.

    Raises:
      InputError: `path` exists and is not an empty directory, or as `writing`.
    """
    path = Path(os.path.realpath(path))  # A link stays a link, to the new directory.
    partial = path.parent / f".{path.name}.partial"
    with writing(path):
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(f"{path}: exists already; {remedy}")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir()
        except OSError as error:
            raise _cannot_write(path, error) from error
        try:
            yield partial
            try:
                for written in (*partial.rglob("*"), partial):
                    sync(written)
                if path.exists():
                    path.rmdir()
                partial.rename(path)
                _sync_name(path)
            except OSError as error:
                raise _cannot_write(path, error) from error
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


def optional_directory(path: str | None) -> AbstractContextManager[Path | None]:
    """As `atomic_directory`, or nothing if no directory is wanted."""
    return nullcontext() if path is None else atomic_directory(Path(path))


@contextmanager
def atomic_file(path: str | Path, mode: str = "wb", **options: Any) -> Iterator[IO[Any]]:
    """Yields an open file that takes the name `path` when the block ends well.

    What is there but is no regular file, a pipe or a device, is written to as it is.

    Raises:
      InputError: it cannot be written: a directory that is not there, a full disk.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        try:
            with open(path, mode, **options) as file:
                yield file
        except OSError as error:
            if _is_of_writing(error, str(path)):
                raise _cannot_write(path, error) from error
            raise
        return
    # A link stays a link, to the new file.
    path = Path(os.path.realpath(path))
    try:
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        with os.fdopen(handle, mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(partial, 0o666 & ~umask)
        os.replace(partial, path)
        _sync_name(path)
    except BaseException as error:
        Path(partial).unlink(missing_ok=True)
        if isinstance(error, OSError) and _is_of_writing(error, partial):
            raise _cannot_write(path, error) from error
        raise


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yields a hidden path beside `path`; the file there takes its name when the block ends well.

    For what wants a path and no open file. A process that is killed leaves the hidden file, which
    the next one with the same `path` overwrites.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.unlink(missing_ok=True)  # Where it is a link, what it leads to is not written.
        yield partial
        with open(partial, "rb") as file:
            os.fsync(file.fileno())
        partial.rename(path)
        _sync_name(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Has a file or directory written to the disk, so that a power failure does not cut it."""
    if path.is_symlink():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_name(path: Path) -> None:
    """Has the name of a file or directory written to the disk, where its directory allows that.

    What was written has its name by then, whatever becomes of it in a power failure. A directory
    may be one that cannot be read, or of a file system that does not sync any.
    """
    try:
        sync(path.parent)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise


def _is_of_writing(error: OSError, path: str) -> bool:
    """Whether an error is one of writing to an open file, or of a path."""
    is_of_file = error.filename is None and error.errno is not None
    return (is_of_file and not isinstance(error, BrokenPipeError)) or error.filename == path


def _cannot_write(path: Path, error: OSError) -> InputError:
    return InputError(f"{path}: cannot write: {error.strerror}; make room or name another place")


def sha256(path: str | Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()


def check_sha256(path: Path, expected: str | None, *, otherwise: str, remedy: str) -> None:
    """Checks that a file is the one that a checksum was written of.

    Args:
      path: the file.
      expected: the checksum; None if there is none of it.
      otherwise: what a file of another checksum is, for the message.
      remedy: what is advised.

    Raises:
      InputError: it is not, is no regular file, or cannot be read.
    """
    check_regular(path)
    try:
        if path.stat().st_size > _MAX_CHECKED_BYTES:
            raise InputError(f"{path}: over {_MAX_CHECKED_BYTES >> 30} GiB; {remedy}")
        checksum = sha256(path)
    except OSError as error:
        raise InputError(f"{path}: cannot read: {error.strerror}; {remedy}") from error
    if checksum != expected:
        raise InputError(f"{path}: {otherwise}; {remedy}")
