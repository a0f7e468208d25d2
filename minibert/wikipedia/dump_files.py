"""Files of MediaWiki dumps: the parts that workers share, their bytes."""

import bz2
import gzip
import re
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, cast

from minibert.data.line_reader import lines_of, shown
from minibert.errors import InputError
from minibert.wikipedia import beam_files
from minibert.wikipedia.dump_name import index_of_dump

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


def work_items(path: str, *, target_bytes: int = 2**25) -> list[WorkItem]:
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
    if index is not None and beam_files.exists(index):
        # The first part has the header and the first pages.
        for offset in islice(_stream_offsets(index, size), 1, None):
            if offset - starts[-1] >= target_bytes:
                starts.append(offset)
        _check_streams(path, starts, index)
    ends = [*starts[1:], size]
    return [WorkItem(path, start, end) for start, end in zip(starts, ends, strict=True)]


def whole(path: str) -> WorkItem:
    """All of a dump.

    Raises:
      InputError: it cannot be read or is empty.
    """
    return WorkItem(path, 0, _size(path))


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


def read_chunks(
    item: WorkItem, on_read: Callable[[int], None] = lambda size: None
) -> Generator[bytes, None, None]:
    """Yields the XML of a work item, decompressed, at most 256 KiB at a time.

    Args:
      item: the work item.
      on_read: is told, again and again, how many bytes of the item were read, as it is on disk.

    Raises:
      InputError: the file cannot be read, its compression is damaged or cut short, or something
        else is behind the compressed data.
    """
    try:
        with beam_files.open_input(item.path) as file:
            if item.path.endswith(".gz"):
                with gzip.GzipFile(fileobj=file) as decompressed:
                    while chunk := decompressed.read(_CHUNK_BYTES):
                        on_read(file.tell())
                        yield chunk
                return
            blocks = _blocks(file, item, on_read)
            yield from _decompressed(blocks) if item.path.endswith(".bz2") else blocks
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{item.path}: cannot read bytes {item.start} to {item.end}: {error}; is the file "
            "whole? get it again"
        ) from error


def _blocks(file: BinaryIO, item: WorkItem, on_read: Callable[[int], None]) -> Iterator[bytes]:
    file.seek(item.start)
    size = item.end - item.start
    left = size
    while left and (block := file.read(min(left, _BLOCK_BYTES))):
        left -= len(block)
        on_read(size - left)
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


def _stream_offsets(index: str, size: int) -> Iterator[int]:
    """Yields the different offsets of an index, of lines `offset:page_id:title`.

    Args:
      index: the file, which is not trusted.
      size: the bytes of the dump.
    """
    last = 0
    for number, line in enumerate(_index_lines(index), start=1):
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


def _index_lines(index: str) -> Iterator[bytes]:
    beam_files.input_file(index)
    with beam_files.open_input(index) as file, bz2.open(file) as lines:
        yield from lines_of(cast(BinaryIO, lines), index)


def _check_streams(path: str, starts: list[int], index: str) -> None:
    """Checks that a bz2 stream begins at each offset."""
    with beam_files.open_input(path) as file:
        for start in starts[1:]:
            file.seek(start)
            if not _STREAM.fullmatch(file.read(_STREAM_MARK_BYTES)):
                raise InputError(
                    f"{index}: no bz2 stream begins at byte {start} of {path}; {_INDEX_REMEDY}"
                )


def _size(path: str) -> int:
    size = beam_files.input_file(path).size
    if not size:
        raise InputError(f"{path}: empty; get the dump again")
    return size
