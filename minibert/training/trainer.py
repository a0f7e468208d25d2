"""Runs epochs of training steps with progress, TensorBoard, checkpoints and exact resume."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from minibert.errors import InputError
from minibert.models.checkpoint_files import read_checkpoint
from minibert.progress import progress
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
          is_chief: whether this process writes.

        Raises:
          InputError: the last checkpoint is damaged.
        """
        self._step = step
        self._schedule = schedule
        self._loss_names = list(loss_names)
        self._learning_rate = learning_rate
        self._checkpoint_steps = checkpoint_steps
        self._precision = precision
        self._is_chief = is_chief
        # Written by every process on its own, never by the strategy.
        self._epoch = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._epoch_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._seconds = tf.Variable(0.0, dtype=tf.float64, trainable=False)
        self._loss_sums = tf.Variable(np.zeros(len(loss_names)), trainable=False)
        checkpoint = tf.train.Checkpoint(
            **trackables,
            epoch=self._epoch,
            epoch_step=self._epoch_step,
            seconds=self._seconds,
            loss_sums=self._loss_sums,
        )
        directory = model_dir / "checkpoints"
        try:
            self._checkpoints = tf.train.CheckpointManager(checkpoint, str(directory), 1)
        except ValueError as error:  # UnicodeDecodeError is one.
            raise InputError(
                f"{directory / 'checkpoint'}: damaged; remove it to train from the start"
            ) from error
        self._restore()
        self.epochs_done = int(self._epoch)
        self.steps_done = sum(schedule.steps[: self.epochs_done]) + int(self._epoch_step)
        self._writer = (
            tf.summary.create_file_writer(str(model_dir / "tensorboard"))
            if is_chief
            else tf.summary.create_noop_writer()
        )

    def run(self, after_epoch: Callable[[EpochResult], None]) -> None:
        """Trains the epochs that are left; calls `after_epoch` at the end of each."""
        steps = self._schedule.steps
        with (
            progress(total=sum(steps), initial=self.steps_done, unit=" steps", desc="train") as bar,
            self._writer.as_default(),
        ):
            for epoch in range(self.epochs_done, len(steps)):
                self._run_epoch(epoch, bar)
                after_epoch(self._epoch_result(epoch))
                self._epoch.assign(epoch + 1)
                self._epoch_step.assign(0)
                self._loss_sums.assign(np.zeros(len(self._loss_names)))
                self._save()

    def _run_epoch(self, epoch: int, bar: tqdm) -> None:
        steps_before = sum(self._schedule.steps[:epoch])
        steps = self._schedule.steps[epoch]
        skip = int(self._epoch_step)
        wordpieces_per_step = self._schedule.wordpieces[epoch] / steps
        dataset = self._schedule.batches(epoch, skip)
        self._step.compile(dataset.element_spec)
        batches = iter(dataset)
        start, seconds_before = time.monotonic(), float(self._seconds)
        pending: list[dict[str, tf.Tensor]] = []
        for index in range(skip, steps):
            batch = next(batches)
            with matmul_precision(self._precision):
                pending.append(self._step(batch))
            bar.update()
            is_last = index + 1 == steps
            is_checkpoint = (index + 1) % self._checkpoint_steps == 0 and not is_last
            if is_last or is_checkpoint or (index + 1) % _LOG_STEPS == 0:
                means = self._add_losses(pending)
                pending = []
                elapsed = time.monotonic() - start
                self._seconds.assign(seconds_before + elapsed)
                self._epoch_step.assign(index + 1)
                self._log(steps_before + index, means)
                speed = (index + 1 - skip) * wordpieces_per_step / elapsed
                bar.set_postfix_str(
                    f"epoch {epoch + 1}/{len(self._schedule.steps)}, {speed:,.0f} wordpieces/s, "
                    + ", ".join(f"{name} {value:.3f}" for name, value in means.items()),
                    refresh=False,
                )
            if is_checkpoint:
                self._save()

    def _add_losses(self, results: list[dict[str, tf.Tensor]]) -> dict[str, float]:
        """Adds results of steps to the sums of the epoch; returns their means."""
        values = np.array(
            [[float(result[name]) for name in self._loss_names] for result in results]
        )
        self._loss_sums.assign_add(values.sum(axis=0))
        return dict(zip(self._loss_names, values.mean(axis=0).tolist(), strict=True))

    def _epoch_result(self, epoch: int) -> EpochResult:
        means = self._loss_sums.numpy() / self._schedule.steps[epoch]
        return EpochResult(
            epoch=epoch + 1,
            steps=sum(self._schedule.steps[: epoch + 1]),
            seconds=float(self._seconds),
            losses=dict(zip(self._loss_names, means.tolist(), strict=True)),
        )

    def _log(self, step: int, means: Mapping[str, float]) -> None:
        for name, value in means.items():
            tf.summary.scalar(f"train/{name}", value, step=step)
        tf.summary.scalar("train/learning_rate", self._learning_rate(step), step=step)

    def _save(self) -> None:
        if self._is_chief:
            self._checkpoints.save(checkpoint_number=self._checkpoint_number())

    def _checkpoint_number(self) -> int:
        return sum(self._schedule.steps[: int(self._epoch)]) + int(self._epoch_step)

    def _restore(self) -> None:
        latest = self._checkpoints.latest_checkpoint
        if latest is None:
            return
        read_checkpoint(
            self._checkpoints.checkpoint,
            latest,
            remedy="remove the directory it is in to train from the start",
            partial=True,  # The count of checkpoints is kept by their manager.
        )
