"""Runs epochs of training steps with progress, TensorBoard, checkpoints and exact resume."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from minibert.errors import InputError
from minibert.progress import progress
from minibert.runs.position import Checkpoints
from minibert.training.hardware import matmul_precision
from minibert.training.train_step import TrainStep

# Steps between readings of the losses, which make the step wait for its end.
_LOG_STEPS = 10


@dataclass(frozen=True)
class Schedule:
    """What is trained on in which epoch.

    Attributes:
      steps: the number of batches in each epoch.
      wordpieces: the number of wordpieces in each epoch, for the progress line.
      batches: the batches of an epoch, counted from 0, without the first `skip` of them.
    """

    steps: Sequence[int]
    wordpieces: Sequence[int]
    batches: Callable[[int, int], tf.data.Dataset]


@dataclass(frozen=True)
class EpochResult:
    """What was measured in one epoch.

    Attributes:
      epoch: counted from 1.
      steps: updates since the start of the run.
      seconds: time spent in training since the start of the run, validation not counted.
      losses: mean over the steps of the epoch, by name.
    """

    epoch: int
    steps: int
    seconds: float
    losses: Mapping[str, float]


class Trainer:
    """Trains for a number of epochs; stopped at any step, it goes on from its last checkpoint.

    Where it goes on the batches are the ones that an uninterrupted run would have had, and so is
    all that the step draws at random, because both are functions of seed, epoch and step.

    Attributes:
      epochs_done: epochs that were finished, `after_epoch` included, before this start.
      steps_done: updates that were made before this start.
    """

    def __init__(
        self,
        step: TrainStep,
        schedule: Schedule,
        model_dir: Path,
        *,
        trackables: Mapping[str, tf.Module],
        loss_names: Sequence[str],
        learning_rate: Callable[[int], tf.Tensor],
        checkpoint_steps: int,
        precision: str,
        is_started: bool,
        is_chief: bool,
    ):
        """Takes the parts, and restores the last checkpoint if there is one.

        Args:
          step: makes one update.
          schedule: what to train on.
          model_dir: the directory of the run.
          trackables: what a checkpoint holds besides the position: model and optimizer.
          loss_names: the names of what `step` returns.
          learning_rate: the rate of a step, for TensorBoard.
          checkpoint_steps: steps from one checkpoint to the next.
          precision: `float32` or `bfloat16`.
          is_started: whether there must be a checkpoint.
          is_chief: whether this process writes.

        Raises:
          InputError: as `Checkpoints.restore`.
        """
        self._step = step
        self._schedule = schedule
        self._loss_names = list(loss_names)
        self._learning_rate = learning_rate
        self._checkpoint_steps = checkpoint_steps
        self._precision = precision
        self._is_chief = is_chief
        self._checkpoints = Checkpoints(model_dir, trackables)
        self._position = self._checkpoints.restore(
            schedule.steps, loss_names, is_started=is_started
        )
        self.epochs_done = self._position.epoch
        self.steps_done = self._steps_done()
        self._writer = (
            tf.summary.create_file_writer(str(model_dir / "tensorboard"))
            if is_chief
            else tf.summary.create_noop_writer()
        )

    def run(self, after_epoch: Callable[[EpochResult], None]) -> None:
        """Trains the epochs that are left; calls `after_epoch` at the end of each.

        Raises:
          InputError: the loss is not a number.
        """
        steps = self._schedule.steps
        with (
            progress(total=sum(steps), initial=self.steps_done, unit=" steps", desc="train") as bar,
            self._writer.as_default(),
        ):
            for epoch in range(self.epochs_done, len(steps)):
                # A run that was stopped in `after_epoch` has the steps behind it.
                if self._position.epoch_step < steps[epoch]:
                    self._run_epoch(epoch, bar)
                after_epoch(self._epoch_result(epoch))
                self._position = replace(
                    self._position, epoch=epoch + 1, epoch_step=0, loss_sums=None
                )
                if self._is_chief:
                    self._checkpoints.save_position(self._position)

    def _run_epoch(self, epoch: int, bar: tqdm) -> None:
        steps_before = sum(self._schedule.steps[:epoch])
        steps = self._schedule.steps[epoch]
        skip = self._position.epoch_step
        wordpieces_per_step = self._schedule.wordpieces[epoch] / steps
        dataset = self._schedule.batches(epoch, skip)
        self._step.compile(dataset.element_spec)
        batches = iter(dataset)
        start, seconds_before = time.monotonic(), self._position.seconds
        pending: list[dict[str, tf.Tensor]] = []
        for index in range(skip, steps):
            batch = next(batches, None)
            if batch is None:
                raise InputError(
                    f"step {steps_before + index + 1}: there are no batches left, so the records "
                    "are not those that are counted beside them; prepare the data again"
                )
            with matmul_precision(self._precision):
                pending.append(self._step(batch))
            bar.update()
            is_checkpoint = (index + 1) % self._checkpoint_steps == 0 or index + 1 == steps
            if is_checkpoint or (index + 1) % _LOG_STEPS == 0:
                losses = self._read_losses(pending, steps_before + index + 1 - len(pending))
                pending = []
                elapsed = time.monotonic() - start
                self._advance(index + 1, seconds_before + elapsed, losses)
                means = dict(zip(self._loss_names, losses.mean(axis=0).tolist(), strict=True))
                self._log(steps_before + index, means)
                speed = (index + 1 - skip) * wordpieces_per_step / elapsed
                bar.set_postfix_str(
                    f"epoch {epoch + 1}/{len(self._schedule.steps)}, {speed:,.0f} wordpieces/s, "
                    + ", ".join(f"{name} {value:.3f}" for name, value in means.items()),
                    refresh=False,
                )
            if is_checkpoint and self._is_chief:
                self._position = self._checkpoints.save(self._position, self._steps_done())

    def _read_losses(self, results: list[dict[str, tf.Tensor]], steps_before: int) -> np.ndarray:
        """What the steps after `steps_before` returned, float64 `[steps, losses]`.

        Raises:
          InputError: one is not a number. No checkpoint has the weights that this led to.
        """
        losses = np.array(
            [[float(result[name]) for name in self._loss_names] for result in results]
        )
        if not np.isfinite(losses).all():
            row, column = np.argwhere(~np.isfinite(losses))[0]
            raise InputError(
                f"step {steps_before + row + 1}: {self._loss_names[column]} is "
                f"{losses[row, column]}; train anew, in another --model_dir, with a lower "
                "--learning_rate or --clip_norm, or --precision=float32"
            )
        return losses

    def _advance(self, epoch_step: int, seconds: float, losses: np.ndarray) -> None:
        """Moves the position to a step, and adds what the steps up to it returned."""
        before = self._position.loss_sums or dict.fromkeys(self._loss_names, 0.0)
        sums = losses.sum(axis=0).tolist()
        self._position = replace(
            self._position,
            epoch_step=epoch_step,
            seconds=seconds,
            loss_sums={
                name: before[name] + value
                for name, value in zip(self._loss_names, sums, strict=True)
            },
        )

    def _epoch_result(self, epoch: int) -> EpochResult:
        steps = self._schedule.steps
        return EpochResult(
            epoch=epoch + 1,
            steps=sum(steps[: epoch + 1]),
            seconds=self._position.seconds,
            losses={
                name: value / steps[epoch]
                for name, value in (self._position.loss_sums or {}).items()
            },
        )

    def _steps_done(self) -> int:
        return sum(self._schedule.steps[: self._position.epoch]) + self._position.epoch_step

    def _log(self, index: int, means: Mapping[str, float]) -> None:
        """Writes losses, and the learning rate of the update that is counted `index` from 0."""
        for name, value in means.items():
            tf.summary.scalar(f"train/{name}", value, step=index + 1)
        tf.summary.scalar("train/learning_rate", self._learning_rate(index), step=index + 1)
