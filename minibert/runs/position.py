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
      epoch: epochs that were finished, what follows each included.
      epoch_step: steps in the epoch after these.
      seconds: time spent in training since the start of the run.
      loss_sums: sums over the steps of this epoch, by name; None before its first.
      checkpoint: the name of the checkpoint of this moment.
    """

    epoch: Count = 0
    epoch_step: Count = 0
    seconds: float = 0.0
    loss_sums: Mapping[str, float] | None = None
    checkpoint: CheckpointName | None = None


class Checkpoints:
    """The last checkpoint of a run, and the position it belongs to."""

    def __init__(self, model_dir: Path, trackables: Mapping[str, tf.Module]):
        """Takes the directory of the run and what a checkpoint holds."""
        self._directory = model_dir / _DIRECTORY
        self._checkpoint = tf.train.Checkpoint(**trackables)

    def restore(
        self, steps: Sequence[int], loss_names: Sequence[str], *, is_started: bool
    ) -> Position:
        """Restores the last checkpoint and gives its position; the start if there is none.

        Args:
          steps: the number of steps of each epoch.
          loss_names: the names of what is summed over steps.
          is_started: whether there must be one.

        Raises:
          InputError: it is missing, damaged, or of another run.
        """
        path = self._directory / _FILE
        if not path.exists() and not is_started:
            return Position()
        position = read_json(path, Position, _REMEDY)
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

    def save_position(self, position: Position) -> None:
        """Writes a position, and removes all checkpoints but its own."""
        write_json(self._directory / _FILE, asdict(position))
        if position.checkpoint:
            remove_checkpoints(self._directory, _STEM, but=position.checkpoint)
