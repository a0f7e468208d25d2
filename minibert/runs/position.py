"""Where a run is: what its last checkpoint is, and what of the schedule is behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import tensorflow as tf

from minibert.errors import InputError
from minibert.json_files import Count, read_json, write_json
from minibert.weights.checkpoint_files import (
    CheckpointName,
    read_checkpoint,
    remove_checkpoints,
    write_checkpoint,
)

_DIRECTORY, _FILE, _STEM = "checkpoints", "last.json", "step"
_REMEDY = "name another --model_dir to train from the start"


@dataclass(frozen=True)
class Position:
    """How far a run is, as in `checkpoints/last.json`.

    Attributes:
      epoch: epochs of the stage that were finished, what follows each included.
      epoch_step: steps in the epoch after these.
      seconds: time spent in training since the start of the run.
      loss_sums: sums over the steps of this epoch, by name; None before its first.
      checkpoint: the name of the checkpoint of this moment; None at the start of a stage.
      stage: stages that were finished.
      epochs_before, steps_before: in these.
    """

    epoch: Count = 0
    epoch_step: Count = 0
    seconds: float = 0.0
    loss_sums: Mapping[str, float] | None = None
    checkpoint: CheckpointName | None = None
    stage: Count = 0
    epochs_before: Count = 0
    steps_before: Count = 0


def current_stage(model_dir: Path) -> int:
    """The stage that a run is in, counted from 0.

    Raises:
      InputError: the file of its position is damaged.
    """
    path = model_dir / _DIRECTORY / _FILE
    return read_json(path, Position, _REMEDY).stage if path.exists() else 0


class Checkpoints:
    """The last checkpoint of a run, and the position it belongs to."""

    def __init__(self, model_dir: Path, trackables: Mapping[str, tf.Module]):
        """Takes the directory of the run and what a checkpoint holds."""
        self._directory = model_dir / _DIRECTORY
        self._checkpoint = tf.train.Checkpoint(**trackables)

    def restore(
        self, steps: Sequence[int], loss_names: Sequence[str], *, is_started: bool
    ) -> Position:
        """Restores the last checkpoint of a stage and gives its position, or its start.

        Args:
          steps: the number of steps of each epoch of the stage.
          loss_names: the names of what is summed over steps.
          is_started: whether there must be one.

        Raises:
          InputError: it is missing, damaged, or of another run.
        """
        path = self._directory / _FILE
        if not path.exists() and not is_started:
            return Position()
        position = read_json(path, Position, _REMEDY)
        if position.stage and not position.epoch and not position.epoch_step:
            return position
        is_end = position.epoch == len(steps) and position.epoch_step == 0
        is_within = position.epoch < len(steps) and position.epoch_step <= steps[position.epoch]
        sums = [] if position.loss_sums is None else sorted(position.loss_sums)
        has_sums = sums == (sorted(loss_names) if position.epoch_step else [])
        if position.checkpoint is None or not has_sums or not (is_end or is_within):
            raise InputError(f"{path}: not a position in this run; {_REMEDY}")
        read_checkpoint(self._checkpoint, self._directory / position.checkpoint, remedy=_REMEDY)
        return position

    def save(self, position: Position, steps_done: int) -> Position:
        """Writes a checkpoint, then its position; gives the position with its name."""
        name = write_checkpoint(
            self._checkpoint, self._directory, _STEM, steps_done, current=position.checkpoint
        )
        position = replace(position, checkpoint=name)
        self.save_position(position)
        return position

    def save_next_stage(self, position: Position, steps: int) -> None:
        """Writes that a stage of so many steps is finished; its checkpoint goes."""
        following = Position(
            seconds=position.seconds,
            stage=position.stage + 1,
            epochs_before=position.epochs_before + position.epoch,
            steps_before=position.steps_before + steps,
        )
        write_json(self._directory / _FILE, asdict(following))
        remove_checkpoints(self._directory, _STEM, but=None)

    def save_position(self, position: Position) -> None:
        """Writes a position, and removes all checkpoints but its own."""
        write_json(self._directory / _FILE, asdict(position))
        if position.checkpoint:
            remove_checkpoints(self._directory, _STEM, but=position.checkpoint)
