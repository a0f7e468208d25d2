"""JSON files: written whole, and read as what they must be."""

import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from minibert.errors import InputError
from minibert.files import atomic_file, read_bytes

# A dataset.json of all treebanks has 3 MB.
_MAX_BYTES = 128 * 2**20

T = TypeVar("T")

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
# Up to a thousand years.
Seconds = Annotated[float, msgspec.Meta(ge=0, le=4e10)]


@dataclass(frozen=True)
class _Versioned:
    format_version: int | None = None


def write_json(path: str | Path, value: Any) -> None:
    """Writes JSON, atomically, with a line end, keys in the order given.

    Raises:
      ValueError: a number in it is not finite.
    """
    # Paths that are no text are not in any file that is read for them.
    with atomic_file(path, "w", encoding="utf-8", errors="replace") as file:
        json.dump(value, file, ensure_ascii=False, indent=1, allow_nan=False)
        file.write("\n")


def create_json(path: Path, value: Any) -> bool:
    """Writes JSON as `write_json` does, unless the file is there; gives whether it was not.

    Of several processes that do so at once, one writes.
    """
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    write_json(partial, value)
    try:
        os.link(partial, path)
    except FileExistsError:
        return False
    finally:
        partial.unlink()
    return True


def read_json(
    path: str | Path,
    kind: type[T],
    remedy: str,
    *,
    version: int | None = None,
    oldest: int | None = None,
) -> T:
    """Reads a JSON file.

    Args:
      path: the file.
      kind: what it must hold: a dataclass, whose fields must be there with values of their types
        and whose `__post_init__` may raise ValueError; or `dict[str, Any]` and the like.
      remedy: the end of error messages.
      version: the `format_version` that it must have.
      oldest: the first that `kind` can be read from as well; else no other.

    Raises:
      InputError: the file cannot be read, is not JSON, or holds something else.
    """
    try:
        content = read_bytes(path, _MAX_BYTES)
        if version is not None:
            found = msgspec.json.decode(content, type=_Versioned).format_version
            if found is None or not (oldest or version) <= found <= version:
                known = version if oldest is None else f"{oldest} to {version}"
                raise InputError(
                    f"{path}: format version {found!r}, this release reads {known}; {remedy}"
                )
        return msgspec.json.decode(content, type=kind)
    except OSError as error:
        raise InputError(f"{path}: cannot read: {error.strerror}; {remedy}") from error
    except (ValueError, RecursionError) as error:  # Those of msgspec are ValueErrors.
        raise InputError(f"{path}: not as it must be ({error}); {remedy}") from error
