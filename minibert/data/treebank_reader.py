"""Reads the labeled sentences of a treebank in CoNLL-U, for the tasks of `TREEBANK_TASKS`."""

from collections.abc import Collection, Iterator
from pathlib import Path

from minibert.data.conllu_reader import ConlluSentence, read_conllu
from minibert.data.label_vocab import NO_LABEL
from minibert.data.sentence import Sentence, Skipped
from minibert.data.tasks import NOTHING, TREEBANK_TASKS, Task
from minibert.data.withheld_text import is_withheld
from minibert.errors import InputError

# All labels of a file are kept in memory, so there is an end to them. The longest FEATS of a
# hundred treebanks have 147 characters.
_MAX_LENGTH = 2_000
_MAX_DISTINCT = 100_000


def read_sentences(
    path: str | Path, treebank: str, *, unannotated: Collection[str] = ()
) -> Iterator[Sentence | Skipped]:
    """Yields labeled sentences for the tasks of `TREEBANK_TASKS`.

    Args:
      path: a CoNLL-U file.
      treebank: the treebank that the sentences count for.
      unannotated: tasks that are not annotated in it; their column is checked, and not used.

    Yields:
      A `Sentence`, or why there is none, so that the caller can count those.

    Raises:
      InputError: as `read_conllu`; a label that its task does not have, or far too many; no
        sentence in the file, or none with a word that has a label which says something.
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
    if has_words and not labels.is_annotated:
        raise InputError(f"{path}: no word has {_what_is_missing(unannotated)}")


def _what_is_missing(unannotated: Collection[str]) -> str:
    """What no word has, what follows from that, and what to do."""
    columns = {name: task.source.name for name, task in TREEBANK_TASKS.items()}
    wanted = " or ".join(column for name, column in columns.items() if name not in unannotated)
    for name in unannotated:
        return (
            f"{wanted}, and --{name}_unannotated leaves no {columns[name]}; take the treebank out "
            "of that flag or leave the file out"
        )
    return f"{wanted}, so none can be learned from or scored; annotate the file or leave it out"


class _LabelReader:
    """Checks the labels of the sentences of a file, and picks them out."""

    def __init__(self, unannotated: Collection[str]) -> None:
        self._unannotated = unannotated
        self._known = {name: {NOTHING} for name in TREEBANK_TASKS}
        # Whether there was a label that says something.
        self.is_annotated = False

    def read(self, sentence: ConlluSentence) -> dict[str, tuple[str, ...]]:
        """Task to the labels of the words of a sentence."""
        labels = {name: self._labels(task, sentence) for name, task in TREEBANK_TASKS.items()}
        self.is_annotated = self.is_annotated or any(
            label not in (NO_LABEL, NOTHING) for of_task in labels.values() for label in of_task
        )
        return labels

    def _labels(self, task: Task, sentence: ConlluSentence) -> tuple[str, ...]:
        labels = task.source.read(sentence.columns)
        if not self._known[task.name].issuperset(labels):
            for row, label in enumerate(labels):
                if fault := self._fault(task, label):
                    raise sentence.block.error(sentence.word_lines[row], fault)
        if task.name in self._unannotated:
            return (NO_LABEL,) * len(labels)
        if task.nothing != NOTHING and NOTHING in labels:
            return tuple(task.nothing if label == NOTHING else label for label in labels)
        return tuple(labels)

    def _fault(self, task: Task, label: str) -> str:
        """What is wrong with a label, if the file has not had it before."""
        known = self._known[task.name]
        if label in known:
            return ""
        if fault := task.fault(label):
            return fault
        known.add(label)
        if len(label) > _MAX_LENGTH or len(known) > _MAX_DISTINCT:
            return (
                f"{task.source.name} of over {_MAX_LENGTH:,} characters, or over "
                f"{_MAX_DISTINCT:,} different ones in the file; is this a treebank?"
            )
        return ""
