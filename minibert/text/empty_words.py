"""Words that a tokenizer leaves without a piece."""

import tensorflow as tf


def fill_empty(pieces: tf.RaggedTensor, unk_id: int) -> tf.RaggedTensor:
    """Gives words without a piece the unknown one, so that every word has a first piece.

    Args:
      pieces: int32 `[words, (pieces)]`.
      unk_id: the id of the unknown piece.

    Returns:
      The same with one piece at least for each word.
    """
    counts = pieces.row_lengths()

    def fill() -> tf.RaggedTensor:
        empty = tf.equal(counts, 0)
        filler = tf.RaggedTensor.from_row_lengths(
            tf.fill([tf.math.count_nonzero(empty)], unk_id), tf.cast(empty, tf.int64)
        )
        return tf.concat([pieces, filler], axis=1)

    return tf.cond(tf.reduce_all(counts > 0), lambda: pieces, fill)
