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
from minibert.runs.position import Checkpoints, Position
from minibert.training.hardware import matmul_precision
from minibert.training.train_step import TrainStep

# Steps between readings of the losses, which make the step wait for its end.
_LOG_STEPS = 10


@dataclass(frozen=True)
class Schedule:
    """What is trained on in which epoch of a stage.

    Attributes:
      steps: the number of batches in each epoch.
      wordpieces: the number of wordpieces in each epoch, for the progress line.
      batches: the batches of an epoch, counted from 0, without the first `skip` of them.
      learning_rate: the rate of each step, for TensorBoard.
    """

    steps: Sequence[int]
    wordpieces: Sequence[int]
    batches: Callable[[int, int], tf.data.Dataset]
    learning_rate: Callable[[int], tf.Tensor]


@dataclass(frozen=True)
class EpochResult:
    """What was measured in one epoch.

    Attributes:
      epoch: counted from 1, since the start of the run.
      steps: updates since the start of the run.
      seconds: time spent in training since the start of the run, validation not counted.
      losses: mean over the steps of the epoch, by name.
    """

    epoch: int
    steps: int
    seconds: float
    losses: Mapping[str, float]


class Trainer:
    """Trains a stage; stopped at any step, it goes on from its last checkpoint.

    Where it goes on the batches are the ones that an uninterrupted run would have had, and so is
    all that the step draws at random, because both are functions of seed, epoch and step.

    Attributes:
      position: how far the run is.
    """

    def __init__(
        self,
        step: TrainStep,
        schedule: Schedule,
        checkpoints: Checkpoints,
        position: Position,
        model_dir: Path,
        *,
        checkpoint_steps: int,
        precision: str,
        is_chief: bool,
    ):
        """Takes the parts.

        Args:
          step: makes one update.
          schedule: what to train on.
          checkpoints: of the run.
          position: where its weights are, as `Checkpoints.restore` gave it.
          model_dir: the directory of the run.
          checkpoint_steps: steps from one checkpoint to the next.
          precision: `float32` or `bfloat16`.
          is_chief: whether this process writes.
        """
        self._step = step
        self._schedule = schedule
        self._checkpoints = checkpoints
        self.position = position
        self._checkpoint_steps = checkpoint_steps
        self._precision = precision
        self._is_chief = is_chief
        self._writer = (
            tf.summary.create_file_writer(str(model_dir / "tensorboard"))
            if is_chief
            else tf.summary.create_noop_writer()
        )

    @property
    def steps_done(self) -> int:
        """The updates that were made in this stage."""
        return sum(self._schedule.steps[: self.position.epoch]) + self.position.epoch_step

    def run(self, after_epoch: Callable[[EpochResult], bool]) -> None:
        """Trains the epochs that are left, until `after_epoch`, called at their ends, gives True.

        Raises:
          InputError: the loss is not a number.
        """
        steps = self._schedule.steps
        with (
            progress(total=sum(steps), initial=self.steps_done, unit=" steps", desc="train") as bar,
            self._writer.as_default(),
        ):
            for epoch in range(self.position.epoch, len(steps)):
                # A run that was stopped in `after_epoch` has the steps behind it.
                if self.position.epoch_step < steps[epoch]:
                    self._run_epoch(epoch, bar)
                is_over = after_epoch(self._epoch_result(epoch))
                self.position = replace(
                    self.position, epoch=epoch + 1, epoch_step=0, loss_sums=None
                )
                if self._is_chief:
                    self._checkpoints.save_position(self.position)
                if is_over:
                    break

    def _run_epoch(self, epoch: int, bar: tqdm) -> None:
        steps_before = self.position.steps_before + sum(self._schedule.steps[:epoch])
        steps = self._schedule.steps[epoch]
        skip = self.position.epoch_step
        wordpieces_per_step = self._schedule.wordpieces[epoch] / steps
        dataset = self._schedule.batches(epoch, skip)
        self._step.compile(dataset.element_spec)
        batches = iter(dataset)
        start, seconds_before = time.monotonic(), self.position.seconds
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
                means = {name: float(values.mean()) for name, values in losses.items()}
                self._log(steps_before + index, means)
                speed = (index + 1 - skip) * wordpieces_per_step / elapsed
                bar.set_postfix_str(
                    f"epoch {epoch + 1}/{len(self._schedule.steps)}, {speed:,.0f} wordpieces/s, "
                    + ", ".join(f"{name} {value:.3f}" for name, value in means.items()),
                    refresh=False,
                )
            if is_checkpoint and self._is_chief:
                self.position = self._checkpoints.save(self.position, self.steps_done)

    def _read_losses(
        self, results: list[dict[str, tf.Tensor]], steps_before: int
    ) -> dict[str, np.ndarray]:
        """What the steps after `steps_before` returned: name to float64 `[steps]`.

        Raises:
          InputError: one is not a number. No checkpoint has the weights that this led to.
        """
        losses = {name: np.array([float(r[name]) for r in results]) for name in results[0]}
        for name, values in losses.items():
            if not np.isfinite(values).all():
                index = int(np.argmin(np.isfinite(values)))
                raise InputError(
                    f"step {steps_before + index + 1}: {name} is {values[index]}; train anew, in "
                    "another --model_dir, with a lower --learning_rate or --clip_norm, or "
                    "--precision=float32"
                )
        return losses

    def _advance(self, epoch_step: int, seconds: float, losses: Mapping[str, np.ndarray]) -> None:
        """Moves the position to a step, and adds what the steps up to it returned."""
        before = self.position.loss_sums or {}
        self.position = replace(
            self.position,
            epoch_step=epoch_step,
            seconds=seconds,
            loss_sums={
                name: before.get(name, 0.0) + float(values.sum()) for name, values in losses.items()
            },
        )

    def _epoch_result(self, epoch: int) -> EpochResult:
        steps = self._schedule.steps
        return EpochResult(
            epoch=self.position.epochs_before + epoch + 1,
            steps=self.position.steps_before + sum(steps[: epoch + 1]),
            seconds=self.position.seconds,
            losses={
                name: value / steps[epoch]
                for name, value in (self.position.loss_sums or {}).items()
            },
        )

    def _log(self, index: int, means: Mapping[str, float]) -> None:
        """Writes losses, and the learning rate of the update that is counted `index` from 0."""
        for name, value in means.items():
            tf.summary.scalar(f"train/{name}", value, step=index + 1)
        rate = self._schedule.learning_rate(index - self.position.steps_before)
        tf.summary.scalar("train/learning_rate", rate, step=index + 1)
