"""`details.json`: all that evaluation has counted, by which evaluations are set side by side."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta

from minibert.evaluation.bootstrap import SentenceCounts
from minibert.evaluation.evaluated import (
    MAX_SENTENCES,
    MAX_TREEBANKS,
    Counts,
    Name,
    Options,
    Text,
    Words,
    check_within,
)
from minibert.evaluation.task_counts import Results
from minibert.json_files import Positive, write_json
from minibert.runs.history import History

DETAILS_FILE = "details.json"
_MAX_TASKS = 10
_Label = Annotated[str, Meta(max_length=2_000)]


@dataclass(frozen=True)
class Confusion:
    """A wrong label: how many words have it, and one of them."""

    gold: _Label
    predicted: _Label
    words: Positive
    example: Text


@dataclass(frozen=True)
class TaskDetails:
    """Of one task on one treebank.

    Attributes:
      correct: the right labels of each sentence.
      confusions: all wrong ones.
      unseen_correct: those of `correct` on words that the training data does not have; None in a
        file of a release that did not write it.
      labeled, unseen_labeled: the words, and the unseen words, of each sentence that have a label;
        None if all have one.
    """

    correct: Counts
    confusions: Sequence[Confusion]
    unseen_correct: Counts | None = None
    labeled: Counts | None = None
    unseen_labeled: Counts | None = None


@dataclass(frozen=True)
class TreebankDetails:
    """Of one treebank.

    Attributes:
      words: those of each sentence.
      tasks: by task.
      unseen_words: those of `words` that the training data does not have, none if that is not
        known; None in a file of a release that did not write it.
    """

    words: Annotated[Sequence[Words], Meta(min_length=1, max_length=MAX_SENTENCES)]
    tasks: Annotated[Mapping[Name, TaskDetails], Meta(max_length=_MAX_TASKS)]
    unseen_words: Counts | None = None

    def __post_init__(self) -> None:
        check_within(self.unseen_words, self.words, "unseen words")
        for task, details in self.tasks.items():
            labeled, unseen_labeled = self.labeled(task), self.unseen_labeled(task)
            check_within(labeled, self.words, f"labels of {task}")
            check_within(unseen_labeled, self.unseen_words, f"labels of {task}")
            check_within(details.correct, labeled, f"right labels of {task}")
            if (details.unseen_correct is None) != (self.unseen_words is None):
                raise ValueError(f"unseen words without the right labels of {task}, or these only")
            check_within(details.unseen_correct, unseen_labeled, f"right labels of {task}")
            check_within(details.unseen_correct, details.correct, f"right labels of {task}")
            wrong = sum(labeled) - sum(details.correct)
            if sum(confusion.words for confusion in details.confusions) != wrong:
                raise ValueError(f"not as many wrong labels of {task} as words that are not right")

    def labeled(self, task: str) -> Sequence[int]:
        """The words of each sentence that have a label."""
        labeled = self.tasks[task].labeled
        return self.words if labeled is None else labeled

    def unseen_labeled(self, task: str) -> Sequence[int] | None:
        """Those of `unseen_words` that have a label; None if `unseen_words` is."""
        labeled = self.tasks[task].unseen_labeled
        return self.unseen_words if labeled is None else labeled


@dataclass(frozen=True)
class Details:
    """Of the evaluation of a model on the words of treebanks.

    Attributes:
      config: the options of the evaluation.
      labels: task to the labels of the training data.
      untuned_treebanks: those without a dev file.
      treebanks: by treebank.
      history: of the training of the model; None of an export.
    """

    config: Options
    labels: Annotated[Mapping[Name, Sequence[_Label]], Meta(min_length=1, max_length=_MAX_TASKS)]
    untuned_treebanks: Annotated[Sequence[Name], Meta(max_length=MAX_TREEBANKS)]
    treebanks: Annotated[
        Mapping[Name, TreebankDetails], Meta(min_length=1, max_length=MAX_TREEBANKS)
    ]
    history: History | None

    def __post_init__(self) -> None:
        if any(details.tasks.keys() != self.labels.keys() for details in self.treebanks.values()):
            raise ValueError("a treebank without one of the tasks")

    @property
    def tasks(self) -> Sequence[str]:
        """The tasks, in the order of the model."""
        return list(self.labels)

    @property
    def measures(self) -> Sequence[str]:
        """The accuracy of each task, and that on unseen words."""
        return [*self.tasks, *map(unseen, self.tasks)]

    @property
    def words(self) -> dict[str, Sequence[int]]:
        """Treebank to the words of each of its sentences."""
        return {name: details.words for name, details in self.treebanks.items()}

    def counts(self, measure: str, group: str) -> SentenceCounts:
        """What was counted of a task on a treebank: of all words with labels, or of unseen ones."""
        details = self.treebanks[group]
        if measure in details.tasks:
            words, correct = details.labeled(measure), details.tasks[measure].correct
            return SentenceCounts(np.array(words), np.array(correct))
        (task,) = (task for task in details.tasks if unseen(task) == measure)
        unknown = [0] * len(details.words)
        return SentenceCounts(
            np.array(details.unseen_labeled(task) or unknown),
            np.array(details.tasks[task].unseen_correct or unknown),
        )

    def labeled_words(self, task: str) -> int:
        """The words of all treebanks that have a label."""
        return sum(sum(details.labeled(task)) for details in self.treebanks.values())

    def unknown_labels(self, task: str) -> Counter[str]:
        """The labels that the training data does not have, and how many words have each."""
        known = set(self.labels[task])
        found: Counter[str] = Counter()
        for details in self.treebanks.values():
            for confusion in details.tasks[task].confusions:
                if confusion.gold not in known:
                    found[confusion.gold] += confusion.words
        return found


def unseen(task: str) -> str:
    """The measure of a task on words that the training data does not have."""
    return f"{task}, unseen words"


def treebank_details(results: Results) -> dict[str, TreebankDetails]:
    """What was counted, by treebank."""
    return {
        treebank: TreebankDetails(
            next(iter(by_task.values())).sentence_words,
            {
                task: TaskDetails(
                    counts.sentence_correct,
                    [
                        Confusion(*pair, words, counts.examples[pair])
                        for pair, words in counts.confusions.most_common()
                    ],
                    counts.sentence_unseen_correct,
                    counts.sentence_labeled if counts.unlabeled else None,
                    counts.sentence_unseen_labeled if counts.unlabeled else None,
                )
                for task, counts in by_task.items()
            },
            next(iter(by_task.values())).sentence_unseen_words,
        )
        for treebank, by_task in results.items()
    }


def write_details(directory: Path, details: Details) -> None:
    """Writes `details.json`."""
    write_json(directory / DETAILS_FILE, asdict(details))
