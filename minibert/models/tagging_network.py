"""The tagger: an encoder, and one dense layer a task on the first wordpiece of each word."""

from collections.abc import Mapping

import tensorflow as tf
import tf_keras

from minibert.models.bert_config import BertConfig
from minibert.models.encoders import Encoder


class TaggingNetwork(tf_keras.Model):
    """A sequence labeler for any number of tasks (Tsai et al. 2019, section 2.2).

    The label of a word is predicted at its first wordpiece. Logits are computed for first
    wordpieces only: a head with thousands of labels costs more than the encoder of a small model.

    Attributes:
      encoder: the encoder.
      heads: task to dense layer.
    """

    def __init__(
        self,
        config: BertConfig,
        num_labels: Mapping[str, int],
        *,
        pad_id: int,
        dropout: float = 0.1,
        xla: bool = False,
        create_variables: bool = True,
        embedding_layer: tf_keras.layers.Layer | None = None,
        heads: Mapping[str, tf_keras.layers.Layer] | None = None,
    ):
        """Makes the tagger.

        Args:
          config: the shape of the encoder.
          num_labels: task to number of labels.
          pad_id: the wordpiece id that stands for no wordpiece.
          dropout: rate on the vectors that go into the heads.
          xla: compile the encoder with XLA, once for each shape of a batch.
          create_variables: create the weights now, at random; otherwise the caller calls
            `create_variables()`.
          embedding_layer: takes the place of the encoder's table of word embeddings.
          heads: take the place of the dense layers of their tasks.
        """
        super().__init__(name="tagger")
        self.encoder = Encoder(config, embedding_layer=embedding_layer, xla=xla, name="encoder")
        self._dropout = tf_keras.layers.Dropout(dropout)
        self.heads = {
            task: tf_keras.layers.Dense(
                count,
                kernel_initializer=tf_keras.initializers.TruncatedNormal(
                    stddev=config.initializer_range
                ),
                name=task,
            )
            for task, count in num_labels.items()
        } | dict(heads or {})
        self._pad_id = pad_id
        if create_variables:
            self.create_variables()

    def create_variables(self) -> None:
        """Creates all variables, with the values of a checkpoint that is being read or random."""
        self(
            {
                "input_ids": tf.fill([1, 1], self._pad_id),
                "word_positions": tf.zeros([1, 1], tf.int32),
            }
        )

    def call(self, inputs: Mapping[str, tf.Tensor], training: bool = False) -> dict[str, tf.Tensor]:
        """Computes the logits of every word of a batch.

        Args:
          inputs: `input_ids` int32 `[batch, pieces]`, padded with `pad_id`; `word_positions`
            int32 `[batch, words]`, the positions in `input_ids` of the first wordpiece of each
            word, padded with a negative number.
          training: whether dropout is on.

        Returns:
          Task to float32 logits `[total, labels]`, a row for each position that is not padding,
          in row-major order of `word_positions`.
        """
        input_ids, positions = inputs["input_ids"], inputs["word_positions"]
        encoded = self.encoder(
            {
                "input_ids": input_ids,
                "input_mask": tf.cast(tf.not_equal(input_ids, self._pad_id), tf.int32),
            },
            training=training,
        )
        words = tf.where(positions >= 0)
        rows = tf.cast(words[:, 0], tf.int32)
        first_pieces = tf.gather_nd(
            encoded, tf.stack([rows, tf.gather_nd(positions, words)], axis=1)
        )
        first_pieces = self._dropout(first_pieces, training=training)
        return {task: tf.cast(head(first_pieces), tf.float32) for task, head in self.heads.items()}
