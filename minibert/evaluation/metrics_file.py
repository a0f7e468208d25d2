"""What `evaluate.py` writes with gold segmentation, for those who read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from minibert.json_files import Count, Fraction, Positive, read_json

METRICS, SENTENCES = "metrics.json", "sentences.json"


@dataclass(frozen=True)
class TreebankMetrics:
    """Of one task on one treebank.

    Attributes:
      words: how many there are.
      accuracy: the part of them that are right.
      unseen_word_accuracy: the same of words that the training data does not have.
      unknown_labels: words with a label that the training data does not have.
    """

    words: Positive
    accuracy: Fraction
    unseen_word_accuracy: Fraction | None = None
    unknown_labels: Count = 0


@dataclass(frozen=True)
class Confusion:
    """A wrong label: how many words have it, and some of them."""

    gold: str
    predicted: str
    words: Count
    examples: Sequence[str] = ()


@dataclass(frozen=True)
class TaskMetrics:
    """Of one task: the macro average, each treebank, and what is most often wrong."""

    macro_accuracy: Fraction
    by_treebank: Annotated[Mapping[str, TreebankMetrics], Meta(min_length=1)]
    worst_confusions: Sequence[Confusion] = ()


@dataclass(frozen=True)
class Evaluation:
    """Of one model.

    Attributes:
      tasks: by task.
      weights_sha256: `checkpoint_sha256` of its weights; None of an export.
      config: the options of the evaluation.
      untuned_treebanks: those that are not in the averages.
    """

    tasks: Annotated[Mapping[str, TaskMetrics], Meta(min_length=1)]
    weights_sha256: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    untuned_treebanks: Sequence[str] = ()

    def __post_init__(self) -> None:
        first, *others = (set(task.by_treebank) for task in self.tasks.values())
        if any(other != first for other in others):
            raise ValueError("its tasks are not of the same treebanks")
        if first <= set(self.untuned_treebanks):
            raise ValueError("no treebank to average over")


@dataclass(frozen=True)
class TreebankSentences:
    """Of the sentences of a treebank: their words, and by task how many of these are right."""

    words: Annotated[Sequence[Positive], Meta(min_length=1)]
    correct: Mapping[str, Sequence[Count]]

    def __post_init__(self) -> None:
        for task, correct in self.correct.items():
            if len(correct) != len(self.words):
                raise ValueError(f"not as many sentences of {task} as there are")
            if any(right > words for right, words in zip(correct, self.words, strict=True)):
                raise ValueError(f"a sentence with more right labels of {task} than words")


@dataclass(frozen=True)
class _SentencesFile:
    treebanks: Mapping[str, TreebankSentences]


def named_directory(place: str) -> tuple[str, Path]:
    """The name and the directory in `NAME=DIR`, or `""` and the directory in `DIR`."""
    name, _, path = place.partition("=")
    if not path or Path(place).is_dir():
        return "", Path(place)
    return name, Path(path)


def read_evaluation(path: str | Path, remedy: str) -> Evaluation:
    """Reads `metrics.json`.

    Args:
      path: the file.
      remedy: what is advised if it cannot be read.

    Raises:
      InputError: there is no such file, or it is not as `evaluate.py` writes it.
    """
    return read_json(path, Evaluation, remedy)


def read_sentences(path: str | Path, remedy: str) -> Mapping[str, TreebankSentences]:
    """Reads `sentences.json`, by treebank; otherwise as `read_evaluation`."""
    return read_json(path, _SentencesFile, remedy).treebanks
