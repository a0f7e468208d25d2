"""Reads CoNLL-U, the format of Universal Dependencies.

Identifiers and comments are parsed by the `conllu` package. The split into columns is not: that
package also splits at two spaces, so that a word which holds two spaces loses its labels, and it
takes nine columns for ten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from conllu.exceptions import ParseException
from conllu.parser import parse_comment_line, parse_id_value

from minibert.data.line_reader import Block, read_blocks, shown

ID, FORM, LEMMA, UPOS, XPOS, FEATS, HEAD, DEPREL, DEPS, MISC = range(10)
NUM_COLUMNS = 10

# The numbers of a word, range or empty node have fewer digits.
_MAX_ID_LENGTH = 20


@dataclass(frozen=True)
class ConlluSentence:
    """A block of CoNLL-U lines with its words picked out.

    Attributes:
      block: the lines as they were read: comments, words, ranges and empty nodes.
      columns: the columns of each word line; ranges and empty nodes are not words.
      word_lines: the index into `block.lines` of each of `columns`.
    """

    block: Block
    columns: list[list[str]]
    word_lines: list[int]

    @property
    def words(self) -> tuple[str, ...]:
        """The word forms."""
        return tuple(columns[FORM] for columns in self.columns)

    @property
    def id(self) -> str:
        """The `sent_id`, or `file:line` where there is none."""
        return self._comment("sent_id") or f"{Path(self.block.path).name}:{self.block.first_line}"

    @property
    def text(self) -> str:
        """The comment `text`, or, where there is none, the tokens and the spaces between them."""
        return self._comment("text") or self._joined_tokens()

    def _comment(self, wanted: str) -> str | None:
        for line in self.block.lines:
            if not line.startswith("#"):
                break
            if line.startswith(f"# {wanted}"):
                for key, value in parse_comment_line(line):
                    if key == wanted and value:
                        return value
        return None

    def tokens(self) -> Iterator["Token"]:
        """The surface forms: a range stands for its words, empty nodes are left out."""
        covered = 0
        for index, line in enumerate(self.block.lines):
            cells = line.split("\t")
            first, hyphen, last = cells[ID].partition("-")
            # Comments, empty nodes, and the words of a range.
            if line.startswith("#") or not first.isdecimal() or int(first) <= covered:
                continue
            covered = int(last or first)
            yield Token(
                cells[FORM],
                index,
                covered - int(first) + 1,
                bool(hyphen),
                "SpaceAfter=No" not in cells[MISC].split("|"),
            )

    def _joined_tokens(self) -> str:
        return "".join(
            f"{token.form} " if token.space_after else token.form for token in self.tokens()
        ).strip()


class Token(NamedTuple):
    """A token of the text.

    Attributes:
      form: as in the text.
      line: the index into `Block.lines` of its line.
      words: how many words it is.
      is_range: whether it has a line of its own beside those of its words.
      space_after: whether white space follows.
    """

    form: str
    line: int
    words: int
    is_range: bool
    space_after: bool


def read_conllu(path: str | Path) -> Iterator[ConlluSentence]:
    """Yields the sentences of a CoNLL-U file (plain, `.gz`, `.xz`, or `-`), one at a time.

    A block without a word line (comments only) is yielded with no columns: the caller decides.

    Raises:
      InputError: a line that is not a comment has not ten columns, has an identifier that is
        malformed or out of order, a range that does not end in the sentence, or an empty form;
        or as `read_blocks`.
    """
    for block in read_blocks(path):
        yield _parse(block)


def sentence_of_lines(path: str | Path, number: int, lines: list[str]) -> ConlluSentence:
    """A sentence of lines that were made here.

    Args:
      path: what they were made of.
      number: the line in it where the sentence begins.
      lines: comments, words and ranges.

    Raises:
      InputError: as `read_conllu`.
    """
    return _parse(Block(str(path), number, lines, ["\n"] * len(lines), before="", after="\n"))


def _parse(block: Block) -> ConlluSentence:
    """Picks the words out of the lines of a sentence.

    Raises:
      InputError: as `read_conllu`.
    """
    columns: list[list[str]] = []
    word_lines: list[int] = []
    ids = _OtherIds(block)
    for index, line in enumerate(block.lines):
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != NUM_COLUMNS:
            raise block.error(
                index,
                f"{len(cells)} columns, CoNLL-U has {NUM_COLUMNS} separated by tabs; mend or "
                "remove the line; tag.py reads lines of words with --input_format=words",
            )
        if cells[ID] == str(len(columns) + 1):
            if not cells[FORM]:
                raise block.error(index, "empty FORM; write _ for a word without a form")
            columns.append(cells)
            word_lines.append(index)
        else:
            ids.check(index, cells[ID], len(columns))
    ids.check_end(len(columns))
    return ConlluSentence(block, columns, word_lines)


class _OtherIds:
    """Checks the identifiers of lines that are no words: ranges and empty nodes."""

    def __init__(self, block: Block):
        self._block = block
        self._range_line = self._range_end = 0
        self._empty_node = (0, 0)

    def check(self, index: int, cell: str, last_word: int) -> None:
        """Checks the identifier of line `index`, behind the word `last_word`."""
        try:
            parsed = parse_id_value(cell) if len(cell) <= _MAX_ID_LENGTH else None
        except ParseException:
            parsed = None
        in_order = False
        if isinstance(parsed, tuple):
            first, kind, last = parsed
            if kind == "-":
                in_order = first == last_word + 1 and self._range_end <= last_word and first <= last
                self._range_line, self._range_end = index, last
            else:
                in_order = first == last_word and self._empty_node < (first, last)
                self._empty_node = (first, last)
        if not in_order:
            raise self._block.error(
                index,
                f"ID {shown(cell)} where word {last_word + 1}, a range from {last_word + 1} "
                f"or the next empty node {last_word}.N is expected; is a blank line missing?",
            )

    def check_end(self, last_word: int) -> None:
        """Checks what can be checked at the end of the sentence."""
        if self._range_end > last_word:
            raise self._block.error(
                self._range_line,
                f"a range to word {self._range_end}, but the last word is {last_word}; mend it",
            )
