"""The tagger: an encoder, and one head a task on the vectors of words."""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf
import tf_keras

from minibert.data.tasks import SENTENCE, WORD, is_of_sentence
from minibert.models.encoder import Encoded, Encoder
from minibert.text.feature_spec import NO_POSITION, WORD_POSITIONS


class Outputs(NamedTuple):
    """What the network gives for a batch, a row for each word.

    Attributes:
      logits: task to float32 `[total, labels]`; of tasks of sentences `[windows, labels]`, by the
        vector at the first position of the window, of BERT that of `[CLS]`.
      encoded: what the encoder gives.
      places: int32 `[total, 2]`, where in `encoded` the vectors of words are: window and position.
    """

    logits: dict[str, tf.Tensor]
    encoded: Encoded
    places: tf.Tensor


class TaggingNetwork(tf_keras.Model):
    """A sequence labeler for any number of tasks (Tsai et al. 2019, section 2.2).

    The label of a word is predicted at its position in the output of the encoder, of BERT its first
    wordpiece. Logits are computed at these positions only: a head with thousands of labels costs
    more than the encoder of a small model.

    Attributes:
      encoder: the encoder.
      heads: task to dense layer.
    """

    def __init__(
        self,
        encoder: Encoder,
        heads: Mapping[str, tf_keras.layers.Layer],
        *,
        dropout: float = 0.1,
        create_variables: bool = True,
    ):
        """Takes the parts.

        Args:
          encoder: the encoder.
          heads: task to the layer that makes logits `[words, labels]` of vectors.
          dropout: rate on the vectors that go into the heads.
          create_variables: create the weights now, at random; otherwise the caller calls
            `create_variables()`.
        """
        super().__init__(name="tagger")
        self.encoder = encoder
        self._dropout = tf_keras.layers.Dropout(dropout)
        self.heads = dict(heads)
        if create_variables:
            self.create_variables()

    def create_variables(self) -> None:
        """Creates all variables, with the values of a checkpoint that is being read or random."""
        features = {name: tf.fill([1, 1], pad) for name, pad in self.encoder.pad_values.items()}
        self({**features, WORD_POSITIONS: tf.zeros([1, 1], tf.int32)})

    def logits(
        self, batch: Mapping[str, tf.Tensor], training: bool = False
    ) -> dict[str, tf.Tensor]:
        """What `call` gives of a batch, in which may be more than the tagger reads."""
        return self.forward(batch, training=training).logits

    def forward(self, batch: Mapping[str, tf.Tensor], training: bool = False) -> Outputs:
        """All that the network gives for a batch, in which may be more than it reads."""
        positions = batch[WORD_POSITIONS]
        features = {name: batch[name] for name in self.encoder.pad_values}
        encoded = self.encoder(features, training=training)
        words = tf.where(positions > NO_POSITION)
        rows = tf.cast(words[:, 0], tf.int32)
        places = tf.stack([rows, tf.gather_nd(positions, words)], axis=1)
        vectors = {WORD: self._dropout(tf.gather_nd(encoded.sequence, places), training=training)}
        if any(map(is_of_sentence, self.heads)):
            vectors[SENTENCE] = self._dropout(encoded.sequence[:, 0], training=training)
        logits = {
            task: tf.cast(head(vectors[SENTENCE if is_of_sentence(task) else WORD]), tf.float32)
            for task, head in self.heads.items()
        }
        return Outputs(logits, encoded, places)

    def call(self, inputs: Mapping[str, tf.Tensor], training: bool = False) -> dict[str, tf.Tensor]:
        """Computes the logits of every word of a batch.

        Args:
          inputs: the features of the encoder, `[batch, size]` each, padded; `word_positions` int32
            `[batch, words]`, the position of each word in the output of the encoder, padded with a
            negative number.
          training: whether dropout is on.

        Returns:
          Task to float32 logits `[total, labels]`, a row for each position that is not padding,
          in row-major order of `word_positions`.
        """
        return self.forward(inputs, training=training).logits


def create_heads(
    num_labels: Mapping[str, int], *, stddev: float
) -> dict[str, tf_keras.layers.Layer]:
    """Dense heads with random weights: truncated normal.

    Args:
      num_labels: task to number of labels.
      stddev: the standard deviation.
    """
    return {
        task: tf_keras.layers.Dense(
            count,
            kernel_initializer=tf_keras.initializers.TruncatedNormal(stddev=stddev),
            name=task,
        )
        for task, count in num_labels.items()
    }
