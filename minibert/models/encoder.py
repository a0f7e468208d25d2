"""What every encoder is: a layer that turns features into a vector for each position."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf
import tf_keras


class Encoded(NamedTuple):
    """What an encoder gives.

    Attributes:
      sequence: float `[batch, positions, hidden_size]`, in which `word_positions` are.
      hidden: what inner layers give, the last one last, which is `sequence`; of BERT all layers, in
        the same shape.
    """

    sequence: tf.Tensor
    hidden: Sequence[tf.Tensor]


class Encoder(tf_keras.layers.Layer):
    """An encoder.

    Attributes:
      pad_values: the names of the features that it reads, and what fills them up.
    """

    def __init__(self, pad_values: Mapping[str, int], *, name: str = "encoder"):
        """Takes what `FeatureSpec.pad_values` gives, and a name."""
        super().__init__(name=name)
        self.pad_values = dict(pad_values)

    @abstractmethod
    def call(self, inputs: Mapping[str, tf.Tensor], training: bool = False) -> Encoded:
        """Encodes a batch.

        Args:
          inputs: the features, int32 `[batch, size]` each, padded.
          training: whether dropout is on.
        """

    @property
    def embedding_layer(self) -> tf_keras.layers.Layer | None:
        """The layer that looks up pieces, whose weights are updated by rows; if there is one."""
        return None

    @property
    def embedding_tables(self) -> list[tf.Variable]:
        """The weights of `embedding_layer`."""
        return self.embedding_layer.weights if self.embedding_layer else []

    @property
    def other_weights(self) -> list[tf.Variable]:
        """All weights but those of `embedding_layer`, in the same order for the same shape."""
        of_embeddings = {id(weight) for weight in self.embedding_tables}
        return [weight for weight in self.weights if id(weight) not in of_embeddings]
