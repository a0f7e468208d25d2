"""The file of the sentences that were extracted of a part of a dump."""

import gzip
import json
from collections.abc import Iterable, Iterator

from minibert.data.text_reader import TextSentence
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


def read_extracted(path: str, index: int, sections: int) -> Iterator[tuple[str, str]]:
    """Yields text and `source_id` of the sentences in a section of the order.

    Args:
      path: the file.
      index: the section, counted from 0.
      sections: how many there are.
    """
    first, end = section_bounds(index, sections)
    with beam_files.open_gzip(path) as lines:
        for line in lines:
            if first <= line[:PLACE_DIGITS] < end:
                source_id, text = json.loads(line[PLACE_DIGITS:])
                yield text, source_id
