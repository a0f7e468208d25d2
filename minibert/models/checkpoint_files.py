"""Reads TensorFlow checkpoints that may be damaged, or of something else."""

from pathlib import Path

import tensorflow as tf

from minibert.errors import InputError

# What TensorFlow raises for a file that is missing, cut short or overwritten, and for variables
# that are missing in it or have another shape there.
_CHECKPOINT_ERRORS = (tf.errors.OpError, AssertionError, IndexError, RuntimeError, ValueError)


def read_checkpoint(checkpoint: tf.train.Checkpoint, prefix: str | Path, *, remedy: str) -> None:
    """Fills every variable of `checkpoint` from the files `PREFIX.index` and `PREFIX.data-*`.

    Raises:
      InputError: a file is missing or damaged, or a variable is missing or of another shape;
        the message ends with `remedy`.
    """
    try:
        checkpoint.read(str(prefix)).assert_existing_objects_matched()
    except _CHECKPOINT_ERRORS as error:
        reason = (str(error).strip() or repr(error)).splitlines()[0]
        raise InputError(
            f"{prefix}: cannot load the checkpoint; it is damaged, cut short or of another model "
            f"({reason}); {remedy}"
        ) from error
