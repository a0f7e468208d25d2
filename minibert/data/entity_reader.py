"""Reads sentences with named entities, in the layouts in which data sets come."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from minibert.data.conllu_reader import FORM, MISC, read_conllu
from minibert.data.entity_tags import IOB2, TagError, to_iob2
from minibert.data.label_vocab import NO_LABEL
from minibert.data.line_reader import Block, decode_line, read_blocks, read_lines, shown
from minibert.data.misc import misc_value
from minibert.data.sentence import Sentence, Skipped
from minibert.data.tasks import NER
from minibert.data.withheld_text import is_withheld
from minibert.errors import InputError

# A token a line, its tag last, blank lines between sentences; a sentence a line, tokens and tags
# separated by a tab; a value in MISC.
COLUMNS, LINES, CONLLU = LAYOUTS = ("columns", "lines", "conllu")
# What carries the name of the language, as `de:Bonn` and `de:B-LOC` do.
NONE, TOKENS, TAGS = PREFIXED = ("none", "tokens", "tags")
_DOCUMENT_START = "-DOCSTART-"
_LANGUAGE = re.compile(r"([a-z]{2,3}(?:[-_][A-Za-z]+)?):(.+)", re.DOTALL)
# Of languages, in a message.
_MOST_NAMED = 3
# Of a value in MISC that says that the word has none.
_MISSING = "-"


@dataclass(frozen=True)
class EntityFormat:
    """How a data set has its entities.

    Attributes:
      layout: one of `LAYOUTS`.
      scheme: one of `entity_tags.SCHEMES`.
      prefixed: one of `PREFIXED`.
      misc_key: the key in MISC, of the layout `conllu`.
      repair: as of `to_iob2`.
    """

    layout: str = COLUMNS
    scheme: str = IOB2
    prefixed: str = NONE
    misc_key: str = "NER"
    repair: bool = False


@dataclass
class EntityReader:
    """Reads files of one format.

    Attributes:
      format: the format.
      repaired: file to the tags that were repaired in it.
    """

    format: EntityFormat
    repaired: Counter[str] = field(default_factory=Counter)

    def read(self, path: str | Path, treebank: str) -> Iterator[Sentence | Skipped]:
        """Yields sentences with labels of the task `ner` in IOB2.

        Args:
          path: the file, plain, `.gz`, `.xz`, or `-`.
          treebank: the data set that the sentences count for.

        Yields:
          A `Sentence`, or why a block is none.

        Raises:
          InputError: a line is not of the layout, a tag not of the scheme, or every token of the
            file carries a language and it was not said that they do; no sentence in the file; or
            as `read_blocks`.
        """
        prefixes = _Prefixes(str(path), self.format.prefixed)
        found = False
        for block, rows in _LAYOUTS[self.format.layout](path, self.format):
            found = True
            yield self._sentence(block, rows, treebank, prefixes)
        if not found:
            raise InputError(f"{path}:1: no sentence in the file; remove it or fill it")
        prefixes.check()

    def _sentence(
        self, block: Block, rows: "list[_Row] | Skipped", treebank: str, prefixes: "_Prefixes"
    ) -> Sentence | Skipped:
        if isinstance(rows, Skipped):
            return rows
        if not rows:
            return Skipped.NO_WORDS
        rows = [prefixes.strip(block, row) for row in rows]
        try:
            tags, repaired = to_iob2(
                [row.tag for row in rows], self.format.scheme, repair=self.format.repair
            )
        except TagError as error:
            raise block.error(rows[error.index].line, str(error)) from error
        self.repaired[block.path] += repaired
        return Sentence(
            words=tuple(row.word for row in rows),
            labels={NER: tuple(tags)},
            treebank=treebank,
            id=f"{Path(block.path).name}:{block.first_line}",
        )


@dataclass(frozen=True)
class _Row:
    """A word: its line in its block, the token, and its tag."""

    line: int
    word: str
    tag: str


_Blocks = Iterator[tuple[Block, list[_Row] | Skipped]]


def _read_columns(path: str | Path, of: EntityFormat) -> _Blocks:
    """Columns separated by tabs, or by single spaces in a line that has no tab (CoNLL 2003).

    All lines have the number of columns of the first: a token with a space, where spaces separate,
    would lose a part.
    """
    wanted = 0
    for block in read_blocks(path):
        rows = []
        for index, line in enumerate(block.lines):
            cells = line.split("\t" if "\t" in line else " ")
            if cells[0] == _DOCUMENT_START:
                continue
            if len(cells) < 2 or not cells[0]:
                raise block.error(index, f"expected TOKEN<TAB>TAG, found {shown(line)}")
            wanted = wanted or len(cells)
            if len(cells) != wanted:
                raise block.error(
                    index,
                    f"{len(cells)} columns where the lines before have {wanted}: {shown(line)}; a "
                    "token with a space needs tabs between the columns",
                )
            rows.append(_Row(index, cells[0], cells[-1]))
        yield block, rows


def _read_lines(path: str | Path, of: EntityFormat) -> _Blocks:
    """A sentence a line: tokens, a tab, tags, both separated by spaces (XtremeDistil)."""
    for number, raw in enumerate(read_lines(path), start=1):
        line = decode_line(raw, path, number).rstrip("\r\n")
        if not line.strip():
            continue
        block = Block(str(path), number, [line], ["\n"], before="", after="")
        tokens, tab, tags = line.partition("\t")
        words, labels = tokens.split(" "), tags.split(" ")
        if not tab or not all(words) or not all(labels):
            raise block.error(
                0, f"expected TOKENS<TAB>TAGS, single spaces between them, found {shown(line)}"
            )
        if len(words) != len(labels):
            raise block.error(0, f"{len(words)} tokens and {len(labels)} tags")
        yield block, [_Row(0, word, tag) for word, tag in zip(words, labels, strict=True)]


def _read_conllu(path: str | Path, of: EntityFormat) -> _Blocks:
    """CoNLL-U: a word without the key in MISC, or with `-`, has not been annotated."""
    has_key = False
    for sentence in read_conllu(path):
        rows = []
        for line, columns in zip(sentence.word_lines, sentence.columns, strict=True):
            tag = misc_value(columns[MISC], of.misc_key)
            has_key = has_key or tag is not None
            is_missing = tag in (None, _MISSING)
            rows.append(_Row(line, columns[FORM], NO_LABEL if is_missing else tag or ""))
        yield sentence.block, Skipped.WITHHELD if rows and is_withheld(sentence) else rows
    if not has_key:
        raise InputError(f"{path}: no word has {of.misc_key}= in MISC; give another --ner_misc_key")


_LAYOUTS = {COLUMNS: _read_columns, LINES: _read_lines, CONLLU: _read_conllu}


class _Prefixes:
    """Takes names of languages from the tokens or tags of a file, or sees to it that none is."""

    def __init__(self, path: str, prefixed: str):
        self._path, self._prefixed = path, prefixed
        # The languages that the tokens so far begin with; None if one has none.
        self._tokens: set[str] | None = set()
        self._count = 0

    def strip(self, block: Block, row: _Row) -> _Row:
        """A row without its prefix."""
        of = row.tag if self._prefixed == TAGS else row.word
        match = _LANGUAGE.fullmatch(of)
        if self._prefixed == NONE:
            self._count += 1
            if self._tokens is not None:
                self._tokens = self._tokens | {match[1]} if match else None
            return row
        if not match:
            raise block.error(
                row.line,
                f"{self._prefixed.removesuffix('s')} {shown(of)} without a language in front; "
                "leave --language_prefix out",
            )
        if self._prefixed == TOKENS:
            return _Row(row.line, match[2], row.tag)
        return _Row(row.line, row.word, match[2])

    def check(self) -> None:
        """Refuses a file in which every token begins with a language."""
        if self._tokens and self._count > 1:
            names = ", ".join(f"{language}:" for language in sorted(self._tokens)[:_MOST_NAMED])
            raise InputError(
                f"{self._path}: every token begins with a language, {names}; give "
                f"--language_prefix={TOKENS} to have it stripped"
            )
