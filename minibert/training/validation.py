"""What happens after an epoch: validation, keeping the best weights, writing what was measured."""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from minibert.evaluation.protocol import macro_average
from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.best_epoch import has_best, keep_best, read_best
from minibert.runs.history import (
    History,
    MeasuredEpoch,
    TaskAccuracy,
    read_history,
    write_history,
)
from minibert.tables import format_table, percent
from minibert.training.stage import Stage
from minibert.training.trainer import EpochResult
from minibert.training.training_curves import plot_training_curves


class Validator:
    """Validates after each epoch, keeps the best weights, and writes what was measured."""

    def __init__(
        self,
        tagger: TaggingNetwork,
        stage: Stage,
        model_dir: Path,
        *,
        number: int,
        epochs_done: int,
        is_chief: bool,
    ):
        """Takes the tagger, the stage that it is trained in, and the directory of the run.

        Args:
          tagger: what is validated and saved.
          stage: the stage.
          model_dir: the directory of the run.
          number: that of the stage, counted from 0.
          epochs_done: epochs that were finished before this start.
          is_chief: whether this process writes.
        """
        self._tagger = tagger
        self._stage = stage
        self._number = number
        self._metric = stage.metric(tagger, stage.validation)
        self._measure = stage.metric.name
        self._model_dir = model_dir
        self._is_chief = is_chief
        before = read_history(model_dir, list(tagger.heads))
        self._epochs = [e for e in before.epochs if e.epoch <= epochs_done] if before else []
        best = read_best(model_dir) if has_best(model_dir) else None
        is_of_stage = best is not None and best.stage == number
        self._best_score = best.score if best and is_of_stage else -1.0
        self._since_best = epochs_done - best.epoch if best and is_of_stage else 0

    @property
    def is_over(self) -> bool:
        """Whether there was no better epoch for as long as the stage has patience."""
        return 0 < self._stage.patience <= self._since_best

    def validate(self, result: EpochResult) -> None:
        """Validates after an epoch; saves the weights if they are the best so far."""
        measured = _measured(result, self._metric.measure())
        epoch, score = measured.epoch, measured.score
        self._since_best = 0 if score > self._best_score else self._since_best + 1
        self._best_score = max(score, self._best_score)
        if not self._is_chief:
            return
        scores = {task: values.macro for task, values in measured.accuracy.items()}
        keep_best(
            self._model_dir,
            self._tagger,
            epoch=epoch,
            score=score,
            scores=scores,
            stage=self._number,
        )
        self._epochs.append(measured)
        history = History(self._measure, self._epochs)
        write_history(self._model_dir, history)
        plot_training_curves(self._model_dir / "training_curves.png", history)
        for task, values in measured.accuracy.items():
            tf.summary.scalar(f"validation/{task}", values.macro, step=result.steps)
            for group, value in values.by_group.items():
                tf.summary.scalar(f"validation_{task}/{group}", value, step=result.steps)
        minutes = measured.training_seconds / 60
        line = f"epoch {epoch}: {_percentages(scores, self._measure)}"
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
