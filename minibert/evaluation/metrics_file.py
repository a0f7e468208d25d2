"""`metrics.json` of `evaluate.py`: what others read of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from minibert.json_files import Count, Fraction, read_json

METRICS = "metrics.json"


@dataclass(frozen=True)
class TreebankMetrics:
    """Of one task on one treebank: the words, and the part of them that are right."""

    words: Count
    accuracy: Fraction


@dataclass(frozen=True)
class TaskMetrics:
    """Of one task: the macro average, and each treebank."""

    macro_accuracy: Fraction
    by_treebank: Mapping[str, TreebankMetrics]


@dataclass(frozen=True)
class Evaluation:
    """Of one model.

    Attributes:
      tasks: by task.
      weights_sha256: `checkpoint_sha256` of its weights; None of an export.
    """

    tasks: Annotated[Mapping[str, TaskMetrics], Meta(min_length=1)]
    weights_sha256: str | None = None


def read_evaluation(path: str | Path, remedy: str) -> Evaluation:
    """Reads the file.

    Args:
      path: the file.
      remedy: what is advised if it cannot be read.

    Raises:
      InputError: there is no such file, or it is not as `evaluate.py` writes it.
    """
    return read_json(path, Evaluation, remedy)
