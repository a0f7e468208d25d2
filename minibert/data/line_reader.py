"""Reads text files, plain or compressed, in blocks between blank lines, within bounded memory."""

import bz2
import gzip
import lzma
import reprlib
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from minibert.errors import InputError

STDIN = "-"
_UTF8_BOM = b"\xef\xbb\xbf"
MAX_LINE_BYTES = 2**20
MAX_BLOCK_BYTES = 2**20
_repr = reprlib.Repr()
_repr.maxstring = 80


@dataclass(frozen=True)
class Block:
    """The lines between two blank lines.

    Attributes:
      path: the file, for messages.
      first_line: the number of the first of `lines` in its file, counted from 1.
      lines: the decoded lines, without their line ends (`\\n` or `\\r\\n`).
      line_ends: the line end of each line; the last line of a file may have none.
      before, after: the blank lines before the block, if it is the first of its file, and behind
        it, as they were read.
    """

    path: str
    first_line: int
    lines: list[str]
    line_ends: list[str]
    before: str
    after: str

    def error(self, index: int, message: str) -> InputError:
        """An error that names the file and the line `lines[index]`."""
        return InputError(f"{self.path}:{self.first_line + index}: {message}")


def shown(text: str) -> str:
    """Text of any length as it stands in a message: quoted, escaped and shortened."""
    return _repr.repr(text)


def open_binary(path: str | Path) -> BinaryIO:
    """Opens a file for reading bytes, through gzip, xz or bz2 by its ending; `-` is standard input.

    Raises:
      InputError: the file cannot be opened.
    """
    path = str(path)
    try:
        if path == STDIN:
            if sys.stdin is None:
                raise InputError("standard input is closed; open it or name a file")
            return sys.stdin.buffer
        if path.endswith(".gz"):
            return cast(BinaryIO, gzip.open(path, "rb"))
        if path.endswith(".xz"):
            return cast(BinaryIO, lzma.open(path, "rb"))
        if path.endswith(".bz2"):
            return cast(BinaryIO, bz2.open(path, "rb"))
        return open(path, "rb")
    except OSError as error:
        raise InputError(f"{path}: cannot open: {error.strerror}") from error


def read_lines(path: str | Path) -> Iterator[bytes]:
    """Yields the raw lines of a file, with their line ends, each checked for its length.

    Raises:
      InputError: the file cannot be read, its compression is damaged or cut short, or a line is
        longer than 1 MiB.
    """
    with open_binary(path) as file:
        yield from lines_of(file, path)


def lines_of(file: BinaryIO, path: str | Path) -> Iterator[bytes]:
    """Yields the lines of an open file, which is called `path` in messages, as `read_lines`.

    Raises:
      InputError: as `read_lines`.
    """
    number = 0
    try:
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise InputError(
                    f"{path}:{number}: line of over {MAX_LINE_BYTES >> 20} MiB; is this text?"
                )
            if number == 1:
                line = line.removeprefix(_UTF8_BOM)
            yield line
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise InputError(
            f"{path}:{number + 1}: cannot read on: {error}; is the file whole?"
        ) from error


def decode_line(line: bytes, path: str | Path, number: int) -> str:
    """Decodes line `number` of a file.

    Raises:
      InputError: it is not UTF-8, or not a line of text: it has a NUL, as UTF-16 has and what is
        no text, or a carriage return that is not part of its end.
    """
    for character, name, remedy in (
        (b"\0", "a NUL", "is this text in UTF-8?"),
        (b"\r", "a carriage return", "convert the line ends, with dos2unix for instance"),
    ):
        if (position := line.removesuffix(b"\r\n").find(character)) >= 0:
            raise InputError(
                f"{path}:{number}: {name} at byte {position + 1} of the line; {remedy}"
            )
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}:{number}: not UTF-8 at byte {error.start + 1} of the line; convert the "
            "file, with iconv for instance"
        ) from error


def read_blocks(path: str | Path) -> Iterator[Block]:
    """Yields the blocks of lines that blank lines separate, at most one in memory at a time.

    A line of nothing but white space is blank. Blank lines in a row separate as one.

    Raises:
      InputError: as `read_lines`; a line is not UTF-8; a block with its blank lines is longer
        than 1 MiB.
    """
    path = str(path)
    raw: list[bytes] = []
    before: list[bytes] = []
    after: list[bytes] = []
    size = number = 0
    for number, line in enumerate(read_lines(path), start=1):
        blank = not line.strip()
        if raw and after and not blank:
            yield _block(path, number - len(raw) - len(after), raw, before, after)
            raw, before, after, size = [], [], [], 0
        (raw if not blank else after if raw else before).append(line)
        size += len(line)
        if size > MAX_BLOCK_BYTES:
            raise InputError(
                f"{path}:{number}: over {MAX_BLOCK_BYTES >> 20} MiB in one sentence; sentences "
                "must be separated by blank lines"
            )
    if raw:
        yield _block(path, number - len(raw) - len(after) + 1, raw, before, after)


def _block(
    path: str, first_line: int, raw: list[bytes], before: list[bytes], after: list[bytes]
) -> Block:
    lines, line_ends = [], []
    for number, bytes_of_line in enumerate(raw, start=first_line):
        line = decode_line(bytes_of_line, path, number)
        end = "\r\n" if line.endswith("\r\n") else "\n" if line.endswith("\n") else ""
        lines.append(line.removesuffix(end))
        line_ends.append(end)
    # Blank lines are white space, and ASCII at that: bytes.strip() knows no other.
    gaps = [b"".join(gap).decode("ascii") for gap in (before, after)]
    return Block(path, first_line, lines, line_ends, *gaps)
