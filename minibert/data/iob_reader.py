"""Reads named-entity data in IOB2 columns: one token a line, its tag last, blank lines between."""

import re
from collections.abc import Iterator
from pathlib import Path

from minibert.data.line_reader import Block, read_blocks, shown
from minibert.data.sentence import Sentence, Skipped
from minibert.errors import InputError

_TAG = re.compile(r"O|[BI]-\S+")
_DOCUMENT_START = "-DOCSTART-"


def read_sentences(path: str | Path, treebank: str) -> Iterator[Sentence | Skipped]:
    """Yields labeled sentences for the task `ner`.

    Columns are separated by tabs, or by single spaces where a line has no tab (CoNLL 2003). The
    first is the token, the last is the tag; what stands between is ignored. Blocks of
    `-DOCSTART-` are passed over.

    Args:
      path: a file of IOB2 columns, plain, `.gz`, `.xz`, or `-`.
      treebank: the data set that the sentences count for.

    Yields:
      A `Sentence`, or `Skipped.NO_WORDS` for a block without tokens.

    Raises:
      InputError: a line without a tag, a tag that is not IOB2, an `I-` tag that continues no
        entity of its type; no sentence in the file; or as `read_blocks`.
    """
    found = False
    for block in read_blocks(path):
        found = True
        yield _parse(block, treebank)
    if not found:
        raise InputError(f"{path}:1: no sentence in the file; remove it or fill it")


def _parse(block: Block, treebank: str) -> Sentence | Skipped:
    words: list[str] = []
    tags: list[str] = []
    previous = "O"
    for index, line in enumerate(block.lines):
        cells = line.split("\t" if "\t" in line else " ")
        if cells[0] == _DOCUMENT_START:
            continue
        if len(cells) < 2 or not cells[0]:
            raise block.error(index, f"expected TOKEN<TAB>TAG, found {shown(line)}")
        tag = cells[-1]
        if not _TAG.fullmatch(tag):
            raise block.error(index, f"tag {shown(tag)} is not IOB2; expected O, B-TYPE or I-TYPE")
        if tag.startswith("I-") and previous[2:] != tag[2:]:
            raise block.error(
                index, f"tag {shown(tag)} after {shown(previous)}: in IOB2 an entity starts with B-"
            )
        words.append(cells[0])
        tags.append(tag)
        previous = tag
    if not words:
        return Skipped.NO_WORDS
    return Sentence(
        words=tuple(words),
        labels={"ner": tuple(tags)},
        treebank=treebank,
        id=f"{Path(block.path).name}:{block.first_line}",
    )
