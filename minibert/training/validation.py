"""What happens after an epoch: validation, keeping the best weights, writing what was measured."""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from minibert.evaluation.metrics import Metric
from minibert.evaluation.protocol import macro_average
from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.best_epoch import keep_best, read_best
from minibert.runs.history import (
    History,
    MeasuredEpoch,
    TaskAccuracy,
    read_history,
    write_history,
)
from minibert.tables import format_table, percent
from minibert.training.trainer import EpochResult
from minibert.training.training_curves import plot_training_curves


class Validator:
    """Validates after each epoch, keeps the best weights, and writes what was measured."""

    def __init__(
        self,
        tagger: TaggingNetwork,
        metric: Metric,
        model_dir: Path,
        *,
        epochs_done: int,
        is_chief: bool,
    ):
        """Takes the tagger, what evaluates it, and the directory of the run.

        Args:
          tagger: what is validated and saved.
          metric: measures that tagger on the validation data.
          model_dir: the directory of the run.
          epochs_done: epochs that were finished before this start.
          is_chief: whether this process writes.
        """
        self._tagger = tagger
        self._metric = metric
        self._model_dir = model_dir
        self._is_chief = is_chief
        before = read_history(model_dir, list(tagger.heads))
        self._epochs = [e for e in before.epochs if e.epoch <= epochs_done] if before else []

    def validate(self, result: EpochResult) -> None:
        """Validates after an epoch; saves the weights if they are the best so far."""
        figures = self._metric.measure()
        if not self._is_chief:
            return
        measured = _measured(result, figures)
        scores = {task: values.macro for task, values in measured.accuracy.items()}
        epoch, score = measured.epoch, measured.score
        keep_best(self._model_dir, self._tagger, epoch=epoch, score=score, scores=scores)
        self._epochs.append(measured)
        history = History(self._metric.name, self._epochs)
        write_history(self._model_dir, history)
        plot_training_curves(self._model_dir / "training_curves.png", history)
        for task, values in measured.accuracy.items():
            tf.summary.scalar(f"validation/{task}", values.macro, step=result.steps)
            for group, value in values.by_group.items():
                tf.summary.scalar(f"validation_{task}/{group}", value, step=result.steps)
        minutes = measured.training_seconds / 60
        line = f"epoch {epoch}: {_percentages(scores, self._metric.name)}"
        tqdm.write(f"{line} ({minutes:.1f} min of training)", file=sys.stderr)


def best_line(model_dir: Path, measure: str) -> str:
    """One line on the best epoch of a run."""
    best = read_best(model_dir)
    return f"{model_dir}: best is epoch {best.epoch}, {_percentages(best.scores, measure)}"


def best_table(model_dir: Path, measure: str) -> str:
    """The scores of the best epoch of a run by treebank or language, as a table.

    It has no rows if the history of the run was removed, as may be done with one that is damaged.
    """
    best = read_best(model_dir)
    tasks = list(best.scores)
    history = read_history(model_dir, tasks)
    rows = [
        [group, *(percent(measured.accuracy[task].by_group.get(group)) for task in tasks)]
        for measured in (history.epochs if history else ())
        if measured.epoch == best.epoch
        for group in sorted({group for task in tasks for group in measured.accuracy[task].by_group})
    ]
    return format_table([measure, *tasks], rows, left=1)


def _measured(result: EpochResult, accuracy: Mapping[str, Mapping[str, float]]) -> MeasuredEpoch:
    by_task = {
        task: TaskAccuracy(macro=macro_average([*by_group.values()]), by_group=by_group)
        for task, by_group in accuracy.items()
    }
    return MeasuredEpoch(
        epoch=result.epoch,
        steps=result.steps,
        training_seconds=round(result.seconds, 1),
        loss=dict(result.losses),
        accuracy=by_task,
        score=float(np.mean([values.macro for values in by_task.values()])),
    )


def _percentages(scores: Mapping[str, float], measure: str) -> str:
    return f"macro {measure} " + ", ".join(
        f"{task} {100 * score:.2f}" for task, score in scores.items()
    )
