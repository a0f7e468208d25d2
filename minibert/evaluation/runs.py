"""The runs that are set side by side: a model each, or several of one name."""

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from minibert.errors import InputError
from minibert.evaluation.bootstrap import Difference, SentenceCounts, paired_bootstrap
from minibert.evaluation.details_file import Confusion, Details, read_details
from minibert.evaluation.protocol import macro_average, treebanks_left_out

RUNS_HELP = (
    "Directories that evaluate.py wrote with gold segmentation: NAME=DIR or DIR, whose name is "
    "that of the directory. Several of one NAME are one: models for each some of the treebanks, "
    "or of other seeds for the same, whose mean is shown."
)


@dataclass(frozen=True)
class Run:
    """A model; or models of other seeds, or for other treebanks, that count as one.

    Attributes:
      name: what it is called.
      parts: sets of other treebanks, of each the evaluations with all seeds.
      left_out: treebanks that averages are not over.
    """

    name: str
    parts: Sequence[Sequence[Details]]
    left_out: Collection[str]

    @property
    def evaluations(self) -> list[Details]:
        """All of them."""
        return [evaluation for part in self.parts for evaluation in part]

    @property
    def tasks(self) -> Sequence[str]:
        """The tasks that can be averaged, in the order of the model."""
        return [task for task in self.parts[0][0].tasks if self._averaged(task)]

    @cached_property
    def words(self) -> dict[str, Sequence[int]]:
        """Treebank, sorted, to the words of each of its sentences."""
        words = {t: d.words for first, *_ in self.parts for t, d in first.treebanks.items()}
        return dict(sorted(words.items()))

    def accuracy(self, task: str, treebank: str) -> float | None:
        """The accuracy on a treebank, the mean over the seeds; None if no word has a label."""
        (part,) = (part for part in self.parts if treebank in part[0].treebanks)
        of_seeds = (evaluation.accuracy(task, treebank) for evaluation in part)
        found = [value for value in of_seeds if value is not None]
        return mean(found) if found else None

    def accuracies(self, task: str) -> dict[str, float]:
        """Treebank to the accuracy, in order, of those with a label."""
        found = {treebank: self.accuracy(task, treebank) for treebank in self.words}
        return {treebank: value for treebank, value in found.items() if value is not None}

    def macro(self, task: str) -> float:
        """The macro average of the accuracy."""
        return macro_average([*self._averaged(task).values()])

    def macros_by_seed(self, task: str) -> list[float]:
        """That of each of the seeds, if the run has no other parts; else that of all."""
        if len(self.parts) > 1:
            return [self.macro(task)]
        return [
            macro_average(
                [
                    value
                    for treebank in self._averaged(task)
                    if (value := evaluation.accuracy(task, treebank)) is not None
                ]
            )
            for evaluation in self.parts[0]
        ]

    def labels(self, task: str) -> set[str]:
        """The labels of the training data."""
        return {label for evaluation in self.evaluations for label in evaluation.labels[task]}

    def unknown_labels(self, task: str) -> Counter[str]:
        """Labels that the training data does not have, and how many words have each."""
        return sum((e.unknown_labels(task) for e in self.evaluations), Counter[str]())

    def confusions(self, task: str) -> list[tuple[Confusion, list[str]]]:
        """What is wrong, most often first, over all treebanks and seeds, each with examples."""
        words: Counter[tuple[str, str]] = Counter()
        examples: dict[tuple[str, str], dict[str, int]] = {}
        for evaluation in self.evaluations:
            for treebank, details in evaluation.treebanks.items():
                for confusion in details.tasks[task].confusions:
                    pair = confusion.gold, confusion.predicted
                    words[pair] += confusion.words
                    found = examples.setdefault(pair, {})
                    # Of seeds one example; where it is wrong most often first.
                    found[f"{treebank}: {confusion.example}"] = confusion.words
        confusions = []
        for pair, number in words.most_common():
            found = examples[pair]
            shown = sorted(found, key=found.__getitem__, reverse=True)
            confusions.append((Confusion(*pair, number, shown[0]), shown))
        return confusions

    def difference(self, task: str, other: "Run") -> Difference:
        """How much better this is than another of the same sentences, with its interval."""
        return paired_bootstrap(self._counts(task), other._counts(task))

    def _averaged(self, task: str) -> dict[str, float]:
        """The accuracy on the treebanks that averages are over."""
        found = self.accuracies(task)
        return {treebank: found[treebank] for treebank in found if treebank not in self.left_out}

    def _counts(self, task: str) -> dict[str, SentenceCounts]:
        counts = {}
        for part in self.parts:
            for treebank in part[0].treebanks.keys() & self._averaged(task).keys():
                words = np.array(part[0].treebanks[treebank].labeled(task))
                correct = np.mean([e.treebanks[treebank].tasks[task].correct for e in part], axis=0)
                # Others say nothing, and a test set of them alone has no accuracy.
                counts[treebank] = SentenceCounts(words[words > 0], correct[words > 0])
        return counts


def read_runs(places: Sequence[str], *, include_untuned: bool) -> list[Run]:
    """Reads runs.

    Args:
      places: `DIR` or `NAME=DIR` each.
      include_untuned: whether averages are over treebanks without a dev file, too.

    Returns:
      The runs, in the order of their names in `places`.

    Raises:
      InputError: a directory holds no evaluation with gold segmentation, or is given twice; those
        of one name are of sets of treebanks that differ but overlap; or the runs are not of the
        same tasks, treebanks and words.
    """
    named: dict[str, list[Path]] = {}
    seen: set[Path] = set()
    for place in places:
        name, directory = _named_directory(place)
        path = Path(os.path.realpath(directory))
        if path in seen or (not name and path.name in named):
            raise InputError(f"{place}: given twice, or of a name that was; give NAME=DIR")
        seen.add(path)
        named.setdefault(name or path.name, []).append(directory)
    parts = {name: _read_parts(name, directories) for name, directories in named.items()}
    evaluations = [e for of_run in parts.values() for part in of_run for e in part]
    left_out = treebanks_left_out(
        {treebank for e in evaluations for treebank in e.treebanks},
        {treebank for e in evaluations for treebank in e.untuned_treebanks},
        include_untuned=include_untuned,
    )
    runs = [Run(name, of_run, left_out) for name, of_run in parts.items()]
    first, *others = runs
    for other in others:
        if _shape(other) != _shape(first):
            only = sorted(first.words.keys() ^ other.words.keys())
            more = f", {only[0]} for instance is of one only" if only else ""
            raise InputError(
                f"{first.name} and {other.name} are not of the same tasks, treebanks and words"
                f"{more}; evaluate them on the same files"
            )
    return runs


def _named_directory(place: str) -> tuple[str, Path]:
    """The name and the directory in `NAME=DIR`, or `""` and the directory in `DIR`."""
    name, _, path = place.partition("=")
    if not path or Path(place).is_dir():
        return "", Path(place)
    return name, Path(path)


def _shape(run: Run) -> Any:
    return {t: words for part in run.parts for t, words in _words(part[0]).items()}


def _read_parts(name: str, directories: Sequence[Path]) -> list[list[Details]]:
    parts: list[list[Details]] = []
    for directory in directories:
        details = read_details(directory)
        if parts and set(details.tasks) != set(parts[0][0].tasks):
            raise InputError(
                f"{directory}: not of the tasks of the others that are called {name}; give it "
                "another name"
            )
        same = [part for part in parts if _words(part[0]) == _words(details)]
        if same:
            same[0].append(details)
        elif any(part[0].treebanks.keys() & details.treebanks.keys() for part in parts):
            raise InputError(
                f"{directory}: neither of the same words nor of other treebanks than the others "
                f"that are called {name}; give it another name"
            )
        else:
            parts.append([details])
    return parts


def _words(details: Details) -> Mapping[str, Any]:
    """Treebank to the words of its sentences, and to those with a label of each task."""
    return {
        treebank: (list(found.words), {task: list(found.labeled(task)) for task in details.tasks})
        for treebank, found in details.treebanks.items()
    }
