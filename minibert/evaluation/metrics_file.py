"""`metrics.json` and `metrics.txt`, the figures of an evaluation: written, and read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from minibert import __version__
from minibert.json_files import Count, Fraction, read_json, write_json
from minibert.options import to_json

METRICS_FILE = "metrics.json"


@dataclass(frozen=True)
class TreebankMetrics:
    """Of one task on one treebank.

    Attributes:
      words: how many have a label.
      accuracy: the part of them that are right; None if there is none.
      unseen_word_accuracy: the same of words that the training data does not have.
      unlabeled_words: how many have no label.
    """

    words: Count
    accuracy: Fraction | None
    unseen_word_accuracy: Fraction | None
    unlabeled_words: Count = 0


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


def write_metrics(directory: Path, config: Any, figures: Mapping[str, Any], table: str) -> None:
    """Writes both files.

    Args:
      directory: where they go.
      config: the options of the evaluation.
      figures: what `metrics.json` has beside them.
      table: what `metrics.txt` has.
    """
    head = {"tool": f"minibert {__version__}", "config": to_json(config)}
    write_json(directory / METRICS_FILE, {**head, **figures})
    (directory / "metrics.txt").write_text(table + "\n", encoding="utf-8")


def read_evaluation(path: str | Path, remedy: str) -> Evaluation:
    """Reads `metrics.json`.

    Args:
      path: the file.
      remedy: what is advised if it cannot be read.

    Raises:
      InputError: there is no such file, or it is not as `evaluate.py` writes it.
    """
    return read_json(path, Evaluation, remedy)
