"""A large table of which only the rows that the data has are trained."""

import numpy as np
import tensorflow as tf
import tf_keras

from minibert.models.encoder_config import EncoderConfig


class TrainedRows(tf_keras.layers.Layer):
    """Looks up the rows of an embedding table that training can meet; it has no others.

    The others would never be updated, and with the two moments of the optimizer the table of a
    multilingual encoder, 250,002 rows of 384, is 1.2 GB.
    """

    def __init__(self, is_trained: np.ndarray, config: EncoderConfig):
        """Creates the rows.

        Args:
          is_trained: bool `[pieces]`, which rows of the table are trained.
          config: gives the width and the standard deviation of random rows.
        """
        super().__init__(name="word_embeddings")
        self._ids = np.flatnonzero(is_trained)
        # What has no row here is not met.
        rows = np.full(len(is_trained), -1, np.int32)
        rows[self._ids] = np.arange(len(self._ids))
        self._row_of = tf.constant(rows)
        self.embeddings = self.add_weight(
            "embeddings",
            shape=[len(self._ids), config.hidden_size],
            initializer=tf_keras.initializers.TruncatedNormal(stddev=config.initializer_range),
        )

    def call(self, ids: tf.Tensor) -> tf.Tensor:
        """Looks up ids of any shape; the last axis of the result is the vector."""
        return tf.gather(self.embeddings, tf.gather(self._row_of, ids))

    def start_from(self, plain: tf_keras.layers.Layer) -> None:
        """Makes the rows those of a plain layer that has all."""
        self.embeddings.assign(tf.gather(plain.embeddings, self._ids))

    def fold(self, plain: tf_keras.layers.Layer) -> None:
        """Makes the rows of a plain layer that has all those here; the others stay."""
        plain.embeddings.scatter_update(tf.IndexedSlices(self.embeddings, self._ids))
