"""What was measured after each epoch of a training run, on disk: `history.json`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from minibert.errors import InputError
from minibert.json_files import Fraction, Positive, Seconds, read_json, write_json

_HISTORY = "history.json"
_REMEDY = "remove it; the curves so far are lost, and nothing else"


@dataclass(frozen=True)
class TaskAccuracy:
    """The accuracy of a task: by treebank or language, and the macro average."""

    macro: Fraction
    by_group: Mapping[str, Fraction]


@dataclass(frozen=True)
class MeasuredEpoch:
    """What was measured in and after an epoch.

    Attributes:
      epoch: counted from 1.
      steps: updates since the start of the run.
      training_seconds: since the start of the run, validation not counted.
      loss: mean over the steps of the epoch, by name.
      accuracy: on the validation data, by task.
      score: the mean of the macro averages over tasks, by which the best epoch is chosen.
    """

    epoch: Positive
    steps: Positive
    training_seconds: Seconds
    loss: Mapping[str, float]
    accuracy: Mapping[str, TaskAccuracy]
    score: Fraction


@dataclass(frozen=True)
class History:
    """All epochs of a run.

    Attributes:
      measure: what being right is called: accuracy, phrase F1, or agreement with a teacher.
      epochs: in order.
    """

    measure: Annotated[str, Meta(max_length=40, pattern="^[A-Za-z0-9 ]+$")]
    epochs: Annotated[Sequence[MeasuredEpoch], Meta(max_length=100_000)]


def read_history(model_dir: Path, tasks: Sequence[str]) -> History | None:
    """Reads the history of a run; None if there is none.

    Args:
      model_dir: the directory of the run.
      tasks: those that it has.

    Raises:
      InputError: it is not as `write_history` writes it, or not of these tasks.
    """
    path = model_dir / _HISTORY
    if not path.exists():
        return None
    history = read_json(path, History, _REMEDY)
    if not all(e.accuracy.keys() >= set(tasks) for e in history.epochs):
        raise InputError(f"{path}: an epoch without {' or '.join(tasks)}; {_REMEDY}")
    return history


def write_history(model_dir: Path, history: History) -> None:
    """Writes the history of a run."""
    write_json(model_dir / _HISTORY, asdict(history))
