"""Where in a window the wordpieces are that a distillation counts."""

import tensorflow as tf

from minibert.text.encoding import NO_POSITION


def wordpiece_positions(input_ids: tf.Tensor, pad_id: int) -> tf.Tensor:
    """The positions of all wordpieces but `[CLS]`, `[SEP]` and padding.

    Args:
      input_ids: int32 `[windows, pieces]`, `[CLS]` first and `[SEP]` before the padding.
      pad_id: what padding is.

    Returns:
      int32 `[windows, pieces]`, padded with `NO_POSITION`: 1, 2, … up to the one before `[SEP]`.
    """
    lengths = tf.math.count_nonzero(input_ids != pad_id, axis=1, keepdims=True, dtype=tf.int32)
    positions = tf.range(1, tf.shape(input_ids)[1] + 1)[tf.newaxis, :]
    return tf.where(positions < lengths - 1, positions, NO_POSITION)
