"""Files of MediaWiki dumps: their language, the parts that workers share, their bytes."""

import bz2
import gzip
import re
import zlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from minibert.data.line_reader import read_lines, shown
from minibert.errors import InputError
from minibert.files import check_regular

_LANGUAGE = re.compile(r"([a-z][a-z0-9_]{0,39})wiki[-.](?=.*xml).+")
_MULTISTREAM = re.compile(r"(.+-multistream)(\d*)\.xml(-p\d+p\d+)?\.bz2")
_INDEX_LINE = re.compile(rb"(\d{1,18}):\d{1,18}:[^\n]*\n?")
# The begin of a bz2 stream: its level, then the mark of a block or of the end of an empty stream.
_STREAM = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")
_STREAM_MARK_BYTES = 10
# No stream of bz2 is shorter.
_MIN_STREAM_BYTES = 14
_CHUNK_BYTES = 2**18
# Few, because each stream that ends in a block copies the rest of the block.
_BLOCK_BYTES = 2**14
_INDEX_REMEDY = "give the index of this very dump, or remove it to read the dump as a whole"


@dataclass(frozen=True)
class WorkItem:
    """What one worker reads of a dump: a file, or whole bz2 streams of a multistream file.

    Attributes:
      path: the file.
      start, end: its first byte, and the one behind its last, as the file is on disk.
    """

    path: str
    start: int
    end: int


def language_of_dump(path: str | Path) -> str:
    """The language of a Wikipedia by the name of its dump, as `de` of `dewiki-20200101-….xml`.

    It is as the names of databases have it: `zh_min_nan`, `be_x_old`, `simple`.

    Raises:
      InputError: the name is not that of a dump of a Wikipedia.
    """
    match = _LANGUAGE.fullmatch(Path(path).name)
    if not match:
        raise InputError(
            f"{path}: the name says no language; name it as dumps of Wikipedia are named, "
            "dewiki-20200101-pages-articles.xml.bz2 for instance"
        )
    return match[1]


def index_of_dump(path: str | Path) -> Path | None:
    """The index that a multistream dump has beside it; None if it has none, or is none."""
    path = Path(path)
    match = _MULTISTREAM.fullmatch(path.name)
    if not match:
        return None
    index = path.with_name(f"{match[1]}-index{match[2]}.txt{match[3] or ''}.bz2")
    return index if index.exists() else None


def work_items(path: str | Path, *, target_bytes: int = 2**25) -> list[WorkItem]:
    """Splits a dump into what workers read independently, in order.

    Only a multistream dump with its index beside it has more than one part.

    Args:
      path: the dump, plain XML or compressed by its ending `.bz2` or `.gz`.
      target_bytes: what a part has at least, compressed, but for the last.

    Raises:
      InputError: the dump cannot be read or is empty, or the index is not of this dump.
    """
    size = _size(path)
    index = index_of_dump(path)
    starts = [0]
    if index is not None:
        # The first part has the header and the first pages.
        for offset in islice(_stream_offsets(index, size), 1, None):
            if offset - starts[-1] >= target_bytes:
                starts.append(offset)
        _check_streams(path, starts, index)
    ends = [*starts[1:], size]
    return [WorkItem(str(path), start, end) for start, end in zip(starts, ends, strict=True)]


def whole(path: str | Path) -> WorkItem:
    """All of a dump.

    Raises:
      InputError: it cannot be read or is empty.
    """
    return WorkItem(str(path), 0, _size(path))


def is_last(item: WorkItem) -> bool:
    """Whether a work item has the end of its file.

    Raises:
      InputError: the file cannot be read, or is not the one any more that was split.
    """
    size = _size(item.path)
    if not 0 <= item.start < item.end <= size:
        raise InputError(
            f"{item.path}: {size} bytes, without bytes {item.start} to {item.end}; "
            "the dump was changed since it was split; start again"
        )
    return item.end == size


def read_chunks(item: WorkItem) -> Generator[bytes, None, None]:
    """Yields the XML of a work item, decompressed, at most 256 KiB at a time.

    Raises:
      InputError: the file cannot be read, its compression is damaged or cut short, or something
        else is behind the compressed data.
    """
    try:
        if item.path.endswith(".gz"):
            with gzip.open(item.path, "rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    yield chunk
            return
        with open(item.path, "rb") as file:
            blocks = _blocks(file, item)
            if not item.path.endswith(".bz2"):
                yield from blocks
                return
            yield from _decompressed(blocks)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{item.path}: cannot read bytes {item.start} to {item.end}: {error}; is the file "
            "whole? get it again"
        ) from error


def _blocks(file: BinaryIO, item: WorkItem) -> Iterator[bytes]:
    file.seek(item.start)
    left = item.end - item.start
    while left and (block := file.read(min(left, _BLOCK_BYTES))):
        left -= len(block)
        yield block


def _decompressed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompresses bz2 streams one behind the other, in pieces of bounded size."""
    # `bz2.open` takes anything behind a whole stream for the end: streams that are damaged in
    # the middle of a dump would be left out without a word.
    decompressor = bz2.BZ2Decompressor()
    is_begun = False
    for block in blocks:
        while block or not (decompressor.needs_input or decompressor.eof):
            if decompressor.eof:
                decompressor = bz2.BZ2Decompressor()
            if chunk := decompressor.decompress(block, _CHUNK_BYTES):
                yield chunk
            block = decompressor.unused_data if decompressor.eof else b""
            is_begun = not decompressor.eof
    if is_begun:
        raise EOFError("a bz2 stream is cut short")


def _stream_offsets(index: Path, size: int) -> Iterator[int]:
    """Yields the different offsets of an index, of lines `offset:page_id:title`.

    Args:
      index: the file, which is not trusted.
      size: the bytes of the dump.
    """
    last = 0
    for number, line in enumerate(read_lines(index), start=1):
        match = _INDEX_LINE.fullmatch(line)
        if not match:
            found = shown(line.decode(errors="replace"))
            raise InputError(
                f"{index}:{number}: expected offset:page_id:title, found {found}; {_INDEX_REMEDY}"
            )
        offset = int(match[1])
        # A page takes more than one byte.
        if number > size or offset > size - _MIN_STREAM_BYTES:
            raise InputError(f"{index}:{number}: the dump has only {size} bytes; {_INDEX_REMEDY}")
        if offset == last and last:
            continue
        if offset < last + _MIN_STREAM_BYTES:
            raise InputError(
                f"{index}:{number}: offset {offset} does not fit behind {last}; {_INDEX_REMEDY}"
            )
        last = offset
        yield offset


def _check_streams(path: str | Path, starts: list[int], index: Path) -> None:
    """Checks that a bz2 stream begins at each offset."""
    with open(path, "rb") as file:
        for start in starts[1:]:
            file.seek(start)
            if not _STREAM.fullmatch(file.read(_STREAM_MARK_BYTES)):
                raise InputError(
                    f"{index}: no bz2 stream begins at byte {start} of {path}; {_INDEX_REMEDY}"
                )


def _size(path: str | Path) -> int:
    check_regular(path)
    try:
        size = Path(path).stat().st_size
    except OSError as error:
        raise InputError(f"{path}: cannot open: {error.strerror}") from error
    if not size:
        raise InputError(f"{path}: empty; get the dump again")
    return size
