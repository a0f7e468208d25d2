"""Reads the labeled sentences of a treebank in CoNLL-U, for the tasks of `LABEL_COLUMNS`."""

import re
from collections.abc import Collection, Iterator
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
from minibert.data.sentence import NO_LABEL, Sentence, Skipped
from minibert.data.withheld_text import is_withheld
from minibert.errors import InputError

# What stands in a column for nothing: no annotation, or, in FEATS, no features.
_NONE = "_"
# Wider than the guidelines, which older releases do not keep ("Abbr=yes").
_FEATS = re.compile(r"[^\s=|]+=[^\s=|]+(\|[^\s=|]+=[^\s=|]+)*")
# All FEATS of a file are kept in memory, so there is an end to them. The longest of a hundred
# treebanks has 147 characters.
_MAX_FEATS_LENGTH = 2_000
_MAX_DISTINCT_FEATS = 100_000


def read_sentences(
    path: str | Path, treebank: str, *, unannotated: Collection[str] = ()
) -> Iterator[Sentence | Skipped]:
    """Yields labeled sentences for the tasks of `LABEL_COLUMNS`.

    A word whose UPOS is `_` has no label of it.

    Args:
      path: a CoNLL-U file.
      treebank: the treebank that the sentences count for.
      unannotated: tasks that are not annotated in it; their column is checked, and not used.

    Yields:
      A `Sentence`, or why there is none, so that the caller can count those.

    Raises:
      InputError: as `read_conllu`; an unknown UPOS; malformed FEATS, or far too many; no sentence
        in the file, or none with a word that has UPOS or FEATS.
    """
    found = has_words = False
    labels = _LabelReader(unannotated)
    for sentence in read_conllu(path):
        found = True
        if not sentence.columns:
            yield Skipped.NO_WORDS
            continue
        has_words = True
        of_sentence = labels.read(sentence)
        if is_withheld(sentence):
            yield Skipped.WITHHELD
            continue
        yield Sentence(sentence.words, of_sentence, treebank, sentence.id)
    if not found:
        raise InputError(f"{path}:1: no sentence in the file; remove it or fill it")
    if has_words and not labels.is_annotated and unannotated:
        raise InputError(
            f"{path}: no word has UPOS, and --feats_unannotated leaves no FEATS; take the treebank "
            "out of that flag or leave the file out"
        )
    if has_words and not labels.is_annotated:
        raise InputError(
            f"{path}: no word has UPOS or FEATS, so none can be learned from or scored; annotate "
            "the file or leave it out"
        )


class _LabelReader:
    """Checks the labels of the sentences of a file, and picks them out."""

    def __init__(self, unannotated: Collection[str]) -> None:
        self._unannotated = unannotated
        self._known_feats = {_NONE}
        # Whether there was a label that says something.
        self.is_annotated = False

    def read(self, sentence: ConlluSentence) -> dict[str, tuple[str, ...]]:
        """Task to the labels of the words of a sentence."""
        for row, columns in enumerate(sentence.columns):
            fault = self._fault_of_upos(columns[UPOS]) or self._fault_of_feats(columns[FEATS])
            if fault:
                raise sentence.block.error(sentence.word_lines[row], fault)
        labels = {task: self._labels_of(task, sentence) for task in LABEL_COLUMNS}
        self.is_annotated = self.is_annotated or any(
            label not in (NO_LABEL, _NONE) for of_task in labels.values() for label in of_task
        )
        return labels

    def _labels_of(self, task: str, sentence: ConlluSentence) -> tuple[str, ...]:
        if task in self._unannotated:
            return (NO_LABEL,) * len(sentence.columns)
        labels = tuple(columns[LABEL_COLUMNS[task]] for columns in sentence.columns)
        if task == "upos" and _NONE in labels:
            return tuple(NO_LABEL if label == _NONE else label for label in labels)
        return labels

    def _fault_of_upos(self, upos: str) -> str:
        if upos in UNIVERSAL_POS_TAGS or upos == _NONE:
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
