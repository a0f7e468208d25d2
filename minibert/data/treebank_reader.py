"""Reads the labeled sentences of a treebank in CoNLL-U, for the tasks of `LABEL_COLUMNS`."""

import re
from collections.abc import Iterator
from pathlib import Path

from minibert.data.conllu_reader import (
    FEATS,
    LABEL_COLUMNS,
    UNIVERSAL_POS_TAGS,
    UPOS,
    ConlluSentence,
    read_conllu,
)
from minibert.data.line_reader import shown
from minibert.data.sentence import Sentence, Skipped
from minibert.data.withheld_text import is_withheld
from minibert.errors import InputError

# Wider than the guidelines, which older releases do not keep ("Abbr=yes").
_FEATS = re.compile(r"[^\s=|]+=[^\s=|]+(\|[^\s=|]+=[^\s=|]+)*")
# All FEATS of a file are kept in memory, so there is an end to them. The longest of a hundred
# treebanks has 147 characters.
_MAX_FEATS_LENGTH = 2_000
_MAX_DISTINCT_FEATS = 100_000


def read_sentences(path: str | Path, treebank: str) -> Iterator[Sentence | Skipped]:
    """Yields labeled sentences for the tasks of `LABEL_COLUMNS`.

    Args:
      path: a CoNLL-U file.
      treebank: the treebank that the sentences count for.

    Yields:
      A `Sentence`, or why there is none, so that the caller can count those.

    Raises:
      InputError: as `read_conllu`; an unknown UPOS; malformed FEATS, or far too many; no sentence
        in the file.
    """
    found = False
    labels = _LabelReader()
    for sentence in read_conllu(path):
        found = True
        if not sentence.columns:
            yield Skipped.NO_WORDS
            continue
        of_sentence = labels.read(sentence)
        if is_withheld(sentence):
            yield Skipped.WITHHELD
            continue
        yield Sentence(sentence.words, of_sentence, treebank, sentence.id)
    if not found:
        raise InputError(f"{path}:1: no sentence in the file; remove it or fill it")


class _LabelReader:
    """Checks the labels of the sentences of a file, and picks them out."""

    def __init__(self) -> None:
        self._known_feats = {"_"}

    def read(self, sentence: ConlluSentence) -> dict[str, tuple[str, ...]]:
        """Task to the labels of the words of a sentence."""
        for row, columns in enumerate(sentence.columns):
            fault = self._fault_of_upos(columns[UPOS]) or self._fault_of_feats(columns[FEATS])
            if fault:
                raise sentence.block.error(sentence.word_lines[row], fault)
        return {
            task: tuple(columns[column] for columns in sentence.columns)
            for task, column in LABEL_COLUMNS.items()
        }

    def _fault_of_upos(self, upos: str) -> str:
        if upos in UNIVERSAL_POS_TAGS:
            return ""
        return f"unknown UPOS {shown(upos)}; it must be one of " + " ".join(
            sorted(UNIVERSAL_POS_TAGS)
        )

    def _fault_of_feats(self, feats: str) -> str:
        if feats in self._known_feats:
            return ""
        if not _FEATS.fullmatch(feats):
            return f"malformed FEATS {shown(feats)}; expected _ or Name=Value|Name=Value"
        self._known_feats.add(feats)
        if len(feats) > _MAX_FEATS_LENGTH or len(self._known_feats) > _MAX_DISTINCT_FEATS:
            return (
                f"FEATS of over {_MAX_FEATS_LENGTH:,} characters, or over "
                f"{_MAX_DISTINCT_FEATS:,} different ones in the file; is this a treebank?"
            )
        return ""
