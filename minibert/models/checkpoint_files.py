"""Reads TensorFlow checkpoints that may be damaged, or of something else."""

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError

from minibert.errors import InputError

# What TensorFlow raises for a file that is missing, cut short, overwritten or forged, and for
# variables that are missing in it or have another shape there.
_CHECKPOINT_ERRORS = (
    tf.errors.OpError,
    DecodeError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


def read_checkpoint(
    checkpoint: tf.train.Checkpoint,
    prefix: str | Path,
    *,
    remedy: str,
    partial: bool = False,
    create_variables: Callable[[], None] | None = None,
) -> None:
    """Fills every variable of `checkpoint` from the files `PREFIX.index` and `PREFIX.data-*`.

    Args:
      checkpoint: has the objects to fill.
      prefix: of the names of the files.
      remedy: the end of error messages.
      partial: whether the files may hold more than `checkpoint` has.
      create_variables: creates those of the objects. A variable that is created while the
        checkpoint is read takes a third of the memory of one that is overwritten.

    Raises:
      InputError: a file is missing or damaged, or a variable is missing, left over or of another
        shape; the message ends with `remedy`.
    """
    try:
        # Says nothing on its own of values that are left over.
        status = checkpoint.read(str(prefix)).expect_partial()
        if create_variables:
            create_variables()
        if partial:
            status.assert_existing_objects_matched()
        else:
            status.assert_consumed()
    except _CHECKPOINT_ERRORS as error:
        reason = (str(error).strip() or repr(error)).splitlines()[0]
        raise InputError(
            f"{prefix}: cannot load the checkpoint; it is damaged, cut short or of another model "
            f"({reason}); {remedy}"
        ) from error
