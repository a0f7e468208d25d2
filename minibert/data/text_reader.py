"""Reads sentences of unlabeled text: a sentence a line, or the text of CoNLL-U."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from minibert.data.conllu_reader import read_conllu
from minibert.data.line_reader import decode_line, read_lines
from minibert.data.sentence import Skipped
from minibert.data.treebank_files import treebank_of
from minibert.data.withheld_text import is_withheld
from minibert.errors import InputError
from minibert.text.characters import seen_lines

_CONLLU = re.compile(r".+\.conllu(\.gz|\.xz)?")
_LANGUAGE = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class TextSentence:
    """A sentence of unlabeled text.

    Attributes:
      text: the sentence, without white space around it.
      language: what it counts for.
      source_id: the identifier in its source, or `file:line` where the source gives none.
    """

    text: str
    language: str
    source_id: str


def memory(sentence: TextSentence) -> int:
    """The bytes that a sentence takes in memory, about."""
    return 200 + 2 * len(sentence.text) + len(sentence.source_id)


def language_of(path: str | Path) -> str:
    """The language that a file is of, by its name: `de.txt`, `en_ewt-ud-train.conllu`.

    Raises:
      InputError: the name says none.
    """
    name = Path(path).name
    language = treebank_of(path).split("_")[0] if _CONLLU.fullmatch(name) else name.split(".")[0]
    return check_language(language, path)


def check_language(language: str, place: str | Path) -> str:
    """Gives back the name of a language.

    Raises:
      InputError: it is none, and could not be part of a file name.
    """
    if not _LANGUAGE.fullmatch(language):
        raise InputError(
            f"{place}: {language!r} is no name of a language; it has letters, digits, _ and -"
        )
    return language


def read_text(path: str | Path, language: str) -> Iterator[TextSentence | Skipped]:
    """Yields the sentences of a file, CoNLL-U without words left out.

    None goes beyond the end of a line (`seen_lines`), and in each something is seen. A sentence of
    CoNLL-U whose text is withheld is `Skipped.WITHHELD`.

    Args:
      path: a CoNLL-U file by its ending `.conllu`, or text; plain, `.gz`, `.xz`.
      language: the language of its sentences.

    Raises:
      InputError: as `read_conllu` and `read_lines`; a line is not UTF-8.
    """
    if _CONLLU.fullmatch(Path(path).name):
        for sentence in read_conllu(path):
            if is_withheld(sentence):
                yield Skipped.WITHHELD
            elif sentence.columns:
                for text in seen_lines(sentence.text):
                    yield TextSentence(text, language, sentence.id)
        return
    for number, line in enumerate(read_lines(path), start=1):
        for text in seen_lines(decode_line(line, path, number)):
            yield TextSentence(text, language, f"{Path(path).name}:{number}")
