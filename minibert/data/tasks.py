"""The tasks: what a label is of, where it is read from and written to, what it is judged by.

Nobody else names a task; who needs to know something of one asks it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from minibert.data.conllu_reader import FEATS, MISC, UPOS
from minibert.data.entity_tags import is_tag
from minibert.data.label_vocab import NO_LABEL
from minibert.data.line_reader import shown
from minibert.data.misc import EMPTY, misc_value, with_entries
from minibert.errors import InputError

NOTHING = EMPTY
NER = "ner"
# What a label is of.
WORD, SENTENCE = "word", "sentence"
# What tasks are judged by; `evaluation.metrics` has them by these names.
ACCURACY, PHRASE_F1 = "accuracy", "phrase F1"

FEATS_UNANNOTATED_HELP = (
    "Treebanks, or patterns of them such as 'ko_*', in which FEATS are not annotated: _ says "
    "nothing there, where it else says that a word has no features. Their words have no FEATS "
    "then, neither to learn from nor to be right on."
)
# https://universaldependencies.org/u/pos
UNIVERSAL_POS_TAGS = frozenset(
    {
        *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM"),
        *("PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X"),
    }
)
# Wider than the guidelines, which older releases do not keep ("Abbr=yes").
_FEATS = re.compile(r"[^\s=|]+=[^\s=|]+(\|[^\s=|]+=[^\s=|]+)*")


@dataclass(frozen=True)
class Column:
    """A column of CoNLL-U, by its name there and its place in a line."""

    name: str
    index: int

    def read(self, words: Iterable[Sequence[str]]) -> list[str]:
        """What it has of some words, of which each is its columns."""
        index = self.index
        return [columns[index] for columns in words]

    def write(self, columns: list[str], label: str) -> None:
        """Writes the label of a word."""
        columns[self.index] = label


@dataclass(frozen=True)
class MiscEntry:
    """An entry in the column MISC of CoNLL-U, by its key."""

    name: str

    def read(self, words: Iterable[Sequence[str]]) -> list[str]:
        """What it has of some words, `NO_LABEL` of one without it."""
        return [misc_value(columns[MISC], self.name) or NO_LABEL for columns in words]

    def write(self, columns: list[str], label: str) -> None:
        """Writes the label of a word."""
        columns[MISC] = with_entries(columns[MISC], [f"{self.name}={label}"], [self.name])


@dataclass(frozen=True)
class Task:
    """What a model can learn to label.

    Attributes:
      name: in flags, records and models.
      level: what a label is of, `WORD` or `SENTENCE`.
      source: where it is in CoNLL-U.
      metric: the name of the metric that it is judged by.
      fault: says what is wrong with a label of a file, in a few words; nothing of a right one.
      nothing: the label that `_` is: `NO_LABEL` if it says that nobody has annotated the word, or
        `_` itself if it says that the word has nothing of the kind.
      separator: what joins the parts of a label; empty if labels have none.
    """

    name: str
    level: str
    source: Column | MiscEntry
    metric: str
    fault: Callable[[str], str]
    nothing: str = NO_LABEL
    separator: str = ""

    def parts(self, label: str) -> list[str]:
        """What a label is made of; the label itself if it has no parts."""
        return label.split(self.separator) if self.separator else [label]


def _fault_of_upos(label: str) -> str:
    if label in UNIVERSAL_POS_TAGS:
        return ""
    return f"unknown UPOS {shown(label)}; it must be one of {' '.join(sorted(UNIVERSAL_POS_TAGS))}"


def _fault_of_feats(label: str) -> str:
    if _FEATS.fullmatch(label):
        return ""
    return f"malformed FEATS {shown(label)}; expected _ or Name=Value|Name=Value"


def _fault_of_ner(label: str) -> str:
    return "" if is_tag(label) else f"tag {shown(label)} is not IOB2: O, B-TYPE or I-TYPE"


TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task("upos", WORD, Column("UPOS", UPOS), ACCURACY, _fault_of_upos),
        Task("feats", WORD, Column("FEATS", FEATS), ACCURACY, _fault_of_feats, NOTHING, "|"),
        Task(NER, WORD, MiscEntry("NER"), PHRASE_F1, _fault_of_ner),
    )
}
# Those that Universal Dependencies annotates, each in a column of its own.
TREEBANK_TASKS = {name: task for name, task in TASKS.items() if isinstance(task.source, Column)}


def label_parts(name: str, label: str) -> list[str]:
    """What a label of a task is made of; of a task that is not in `TASKS` the label itself."""
    return TASKS[name].parts(label) if name in TASKS else [label]


def metric_name(name: str) -> str:
    """The metric that a task is judged by; one that is not in `TASKS` by accuracy."""
    return TASKS[name].metric if name in TASKS else ACCURACY


def is_of_sentence(name: str) -> bool:
    """Whether a label of a task is of a sentence; a task that is not in `TASKS` is of words."""
    return name in TASKS and TASKS[name].level == SENTENCE


def check_tasks(names: Iterable[str], model_dir: str) -> None:
    """Checks that the labels of all tasks of a model have a place in CoNLL-U.

    Raises:
      InputError: one has none.
    """
    if others := sorted(set(names) - TASKS.keys()):
        raise InputError(
            f"{model_dir}: the model has the task {others[0]!r}, which has no place in CoNLL-U; "
            f"give a model of {' '.join(TASKS)}"
        )


def treebank_tasks(names: Iterable[str], model: str) -> list[str]:
    """Those of the tasks of a model that treebanks annotate.

    Raises:
      InputError: it has none of them.
    """
    found = [name for name in names if name in TREEBANK_TASKS]
    if not found:
        raise InputError(
            f"{model}: the model has none of the tasks {' and '.join(TREEBANK_TASKS)}; "
            "evaluate_ner.py evaluates named entities"
        )
    return found


def unannotated_tasks(
    feats_unannotated: Iterable[str], treebanks: Collection[str]
) -> dict[str, Sequence[str]]:
    """The tasks that are not annotated in each of some treebanks, of those whose `_` is a label.

    Args:
      feats_unannotated: the flag: names, or patterns of them.
      treebanks: names.

    Raises:
      InputError: a pattern that is of none of them.
    """
    silent = tuple(name for name, task in TREEBANK_TASKS.items() if task.nothing == NOTHING)
    unannotated: dict[str, Sequence[str]] = dict.fromkeys(sorted(treebanks), ())
    for pattern in feats_unannotated:
        found = [treebank for treebank in unannotated if fnmatchcase(treebank, pattern)]
        if not found:
            raise InputError(
                f"--feats_unannotated={pattern}: none of the treebanks {' '.join(unannotated)}"
            )
        unannotated.update(dict.fromkeys(found, silent))
    return unannotated
