"""The file of the sentences that were extracted of a part of a dump."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator

from minibert.data.text_reader import TextSentence
from minibert.errors import InputError
from minibert.wikipedia import beam_files
from minibert.wikipedia.text_order import PLACE_DIGITS, digest, place_digits, section_bounds


def write_extracted(path: str, sentences: Iterable[TextSentence]) -> None:
    """Writes sentences; the file appears when it is whole."""
    with (
        beam_files.new_file(path) as local,
        gzip.open(local, "wt", encoding="utf-8", newline="\n", compresslevel=1) as file,
    ):
        for sentence in sentences:
            # In front is its place, so that who wants a section need not parse the others.
            place = place_digits(digest(sentence.text))
            content = json.dumps([sentence.source_id, sentence.text], ensure_ascii=False)
            file.write(f"{place}{content}\n")


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
        with beam_files.open_gzip(path) as lines:
            for line in lines:
                if first_place <= line[:PLACE_DIGITS] < end_place:
                    source_id, text = json.loads(line[PLACE_DIGITS:])
                    yield text, source_id
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(f"{path}: damaged; remove its directory to begin anew: {error}") from error
