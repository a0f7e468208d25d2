"""The file of the sentences that were extracted of a part of a dump.

A language that is larger than memory is arranged section by section of the order of its sentences,
and the file is read once for each. So it consists of sorted runs, compressed in pieces, with an
index at the end: of a file on a local disk, who wants a section reads little else.
"""

import gzip
import io
import json
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from minibert.data.text_reader import TextSentence
from minibert.errors import InputError
from minibert.wikipedia import beam_files
from minibert.wikipedia.text_order import PLACE_DIGITS, digest, place_digits, section_bounds

# Of lines, before they are compressed. A run is in memory before it is written.
_RUN_BYTES, _PIECE_BYTES = 2**24, 2**16
# The last digits of the file, which say where the index begins.
_INDEX_DIGITS = 16


def write_extracted(path: str, sentences: Iterable[TextSentence]) -> None:
    """Writes sentences; the file appears when it is whole."""
    with beam_files.new_file(path) as local, local.open("wb") as file:
        runs = []
        for lines in _groups(map(_line, sentences), _RUN_BYTES):
            lines.sort()
            runs.append(_write_run(file, lines))
            # Before the next run comes into memory.
            lines.clear()
        index = file.tell()
        file.write(_compressed(json.dumps(runs).encode()))
        file.write(f"{index:0{_INDEX_DIGITS}}".encode())


def read_extracted(path: str, first: int, end: int, sections: int) -> Iterator[tuple[str, str]]:
    """Yields text and `source_id` of the sentences in some sections of the order.

    Args:
      path: the file.
      first: the first section, counted from 0.
      end: the section behind the last.
      sections: how many there are.

    Raises:
      InputError: the file is damaged.
    """
    first_place, _ = section_bounds(first, sections)
    _, end_place = section_bounds(end - 1, sections)
    try:
        with beam_files.open_input(path) as file:
            for places, offsets in _read_index(file):
                # A sentence of the same place may end the piece before.
                piece = max(0, bisect_left(places, first_place) - 1)
                file.seek(offsets[piece])
                content = file.read(offsets[bisect_left(places, end_place)] - offsets[piece])
                with gzip.open(io.BytesIO(content), "rt", encoding="utf-8", newline="\n") as lines:
                    for line in lines:
                        if first_place <= line[:PLACE_DIGITS] < end_place:
                            source_id, text = json.loads(line[PLACE_DIGITS:])
                            yield text, source_id
    except (OSError, EOFError, ValueError, TypeError, LookupError, zlib.error) as error:
        raise InputError(f"{path}: damaged; remove its directory to begin anew: {error}") from error


def _line(sentence: TextSentence) -> bytes:
    """A sentence behind its place in the order."""
    content = json.dumps([sentence.source_id, sentence.text], ensure_ascii=False)
    return f"{place_digits(digest(sentence.text))}{content}\n".encode()


def _groups(lines: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    """Lines in groups of so many bytes, each with the line that makes it full."""
    group: list[bytes] = []
    left = size
    for line in lines:
        group.append(line)
        left -= len(line)
        if left <= 0:
            yield group
            group, left = [], size
    if group:
        yield group


def _write_run(file: BinaryIO, lines: Iterable[bytes]) -> tuple[list[str], list[int]]:
    """Writes lines that are in order, and gives their entry of the index.

    Returns:
      The first place of each piece; where each begins in the file, and where the last one ends.
    """
    places, offsets = [], [file.tell()]
    for piece in _groups(lines, _PIECE_BYTES):
        places.append(piece[0][:PLACE_DIGITS].decode())
        file.write(_compressed(b"".join(piece)))
        offsets.append(file.tell())
    return places, offsets


def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0)


def _read_index(file: BinaryIO) -> list[tuple[list[str], list[int]]]:
    """What `_write_run` gave of each run."""
    end = file.seek(-_INDEX_DIGITS, io.SEEK_END)
    begin = int(file.read())
    file.seek(begin)
    return json.loads(gzip.decompress(file.read(end - begin)))
