"""`metrics.json`, the figures that `evaluate.py` writes of a model, for those who read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from minibert.json_files import Fraction, Positive, read_json

METRICS_FILE = "metrics.json"


@dataclass(frozen=True)
class TreebankMetrics:
    """Of one task on one treebank.

    Attributes:
      words: how many there are.
      accuracy: the part of them that are right.
      unseen_word_accuracy: the same of words that the training data does not have.
    """

    words: Positive
    accuracy: Fraction
    unseen_word_accuracy: Fraction | None


@dataclass(frozen=True)
class TaskMetrics:
    """Of one task: the macro average, and each treebank."""

    macro_accuracy: Fraction
    by_treebank: Annotated[Mapping[str, TreebankMetrics], Meta(min_length=1)]


@dataclass(frozen=True)
class Evaluation:
    """Of one model.

    Attributes:
      tasks: by task.
      weights_sha256: `checkpoint_sha256` of its weights; None of an export.
    """

    tasks: Annotated[Mapping[str, TaskMetrics], Meta(min_length=1)]
    weights_sha256: str | None

    def __post_init__(self) -> None:
        first, *others = (set(task.by_treebank) for task in self.tasks.values())
        if any(other != first for other in others):
            raise ValueError("its tasks are not of the same treebanks")


def read_evaluation(path: str | Path, remedy: str) -> Evaluation:
    """Reads `metrics.json`.

    Args:
      path: the file.
      remedy: what is advised if it cannot be read.

    Raises:
      InputError: there is no such file, or it is not as `evaluate.py` writes it.
    """
    return read_json(path, Evaluation, remedy)
