"""The runs of a report: what `evaluate.py` wrote of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from minibert.errors import InputError
from minibert.evaluation.bootstrap import Difference, SentenceCounts, paired_bootstrap
from minibert.evaluation.metrics_file import (
    METRICS,
    SENTENCES,
    Confusion,
    TreebankMetrics,
    TreebankSentences,
    named_directory,
    read_evaluation,
    read_sentences,
)
from minibert.evaluation.protocol import macro_average
from minibert.json_files import Fraction, Positive, read_json

_REMEDY = "give directories that evaluate.py wrote with gold segmentation"
_HISTORY = "history.json"


@dataclass(frozen=True)
class _Accuracy:
    macro: Fraction


@dataclass(frozen=True)
class Epoch:
    """What is shown of an epoch of training."""

    epoch: Positive
    training_seconds: float
    accuracy: Mapping[str, _Accuracy]


@dataclass(frozen=True)
class _HistoryFile:
    epochs: Annotated[Sequence[Epoch], Meta(max_length=100_000)]


@dataclass(frozen=True)
class Run:
    """A model, or several that are one because each is for some treebanks.

    Attributes:
      name: what it is called.
      configs: the options of each evaluation.
      metrics: task to treebank to metrics.
      confusions: task to what is most often wrong.
      sentences: treebank to counts by sentence.
      untuned: treebanks that are not in the averages.
      history: the epochs of the training, of a single model that is still there.
    """

    name: str
    configs: Sequence[Mapping[str, Any]]
    metrics: Mapping[str, Mapping[str, TreebankMetrics]]
    confusions: Mapping[str, Sequence[Confusion]]
    sentences: Mapping[str, TreebankSentences]
    untuned: Collection[str]
    history: Sequence[Epoch]

    @property
    def treebanks(self) -> list[str]:
        """Those that it was evaluated on, sorted."""
        return sorted(self.sentences)

    def macro(self, task: str) -> float:
        """The macro average of the accuracy."""
        of_task = self.metrics[task]
        return macro_average([m.accuracy for t, m in of_task.items() if t not in self.untuned])

    def unknown_label_rate(self, task: str) -> float:
        """The part of the words that have a label which the training data does not have."""
        of_task = self.metrics[task].values()
        return sum(m.unknown_labels for m in of_task) / sum(m.words for m in of_task)

    def difference(self, task: str, other: "Run") -> Difference:
        """How much better this is than another of the same sentences, with its interval."""
        return paired_bootstrap(self._counts(task), other._counts(task))

    def _counts(self, task: str) -> dict[str, SentenceCounts]:
        return {
            name: SentenceCounts(np.array(s.words), np.array(s.correct[task]))
            for name, s in self.sentences.items()
            if name not in self.untuned
        }


def read_runs(places: Sequence[str]) -> list[Run]:
    """Reads runs.

    Args:
      places: `DIR` or `NAME=DIR` each.

    Returns:
      The runs, in the order of their names in `places`.

    Raises:
      InputError: a directory holds no evaluation with gold segmentation, one name has a treebank
        twice, or the runs are not of the same tasks, treebanks and words.
    """
    by_name: dict[str, list[Path]] = {}
    for place in places:
        name, directory = named_directory(place)
        by_name.setdefault(name or directory.resolve().name, []).append(directory)
    runs = [_read_run(name, directories) for name, directories in by_name.items()]
    first, *others = runs
    for other in others:
        if _shape(other) != _shape(first):
            raise InputError(
                f"--runs: {first.name} and {other.name} are not of the same tasks, treebanks and "
                "words; evaluate them on the same files"
            )
    return runs


def _shape(run: Run) -> Any:
    words = {name: list(s.words) for name, s in run.sentences.items()}
    return set(run.metrics), words, set(run.untuned)


def _read_run(name: str, directories: Sequence[Path]) -> Run:
    configs = []
    metrics: dict[str, dict[str, TreebankMetrics]] = {}
    confusions: dict[str, list[Confusion]] = {}
    sentences: dict[str, TreebankSentences] = {}
    untuned: set[str] = set()
    for directory in directories:
        evaluation = read_evaluation(directory / METRICS, _REMEDY)
        own = read_sentences(directory / SENTENCES, _REMEDY)
        if twice := own.keys() & sentences.keys():
            raise InputError(
                f"{directory}: {name} has {min(twice)} twice; name runs of the same treebanks apart"
            )
        configs.append(evaluation.config)
        sentences.update(own)
        untuned.update(evaluation.untuned_treebanks)
        for task, of_task in evaluation.tasks.items():
            metrics.setdefault(task, {}).update(of_task.by_treebank)
            confusions.setdefault(task, []).extend(of_task.worst_confusions)
        for task, by_treebank in metrics.items():
            if any(task not in s.correct for s in own.values()) or own.keys() - by_treebank.keys():
                raise InputError(
                    f"{directory}: {SENTENCES} and {METRICS} are not of the same tasks and "
                    f"treebanks; {_REMEDY}"
                )
    for pairs in confusions.values():
        pairs.sort(key=lambda confusion: -confusion.words)
    history = _history(configs[0]) if len(configs) == 1 else []
    return Run(name, configs, metrics, confusions, sentences, untuned, history)


def _history(config: Mapping[str, Any]) -> Sequence[Epoch]:
    """The epochs of the model that was evaluated, if its directory is still there."""
    path = Path(str(config.get("model"))) / _HISTORY
    if not path.is_file():
        return []
    return read_json(path, _HistoryFile, "remove it; the report has no training curves then").epochs
