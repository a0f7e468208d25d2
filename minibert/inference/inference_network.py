"""The tagger as it is exported: the same function as `TaggingNetwork` without dropout."""

from abc import abstractmethod
from collections.abc import Callable, Mapping

import tensorflow as tf

from minibert.models.tagging_network import TaggingNetwork

# float32 `[n]` rows of a table, of int32 ids.
Lookup = Callable[[tf.Tensor], tf.Tensor]
Logits = dict[str, tf.Tensor]


class InferenceNetwork(tf.Module):
    """A tagger that is ready for use and cannot be trained.

    Attributes:
      packed_inputs: the names of what a packed row has beside features and positions of words:
        `POSITION_IDS` and `SEGMENT_IDS` of `feature_spec` if it may be several sentences, one
        behind the other.
    """

    packed_inputs: tuple[str, ...] = ()

    @abstractmethod
    def classify(self, inputs: Mapping[str, tf.Tensor]) -> Logits:
        """Computes the logits of every word of a batch.

        Args:
          inputs: the features and `word_positions`, int32 `[batch, size]` each, padded.

        Returns:
          Task to float32 logits `[total, labels]`, a row for each position that is not padding, in
          row-major order of `word_positions`.
        """

    @abstractmethod
    def packed(
        self, max_length: int, quantize: Callable[[tf.Variable | tf.Tensor], Lookup]
    ) -> Callable[[Mapping[str, tf.Tensor]], Logits]:
        """The function of a row without padding, for LiteRT.

        Args:
          max_length: the longest window.
          quantize: makes a table smaller.

        Returns:
          Takes the features, `word_positions` and `packed_inputs`, int32 `[size]` each, and gives
          what `classify` does.
        """


class PlainNetwork(InferenceNetwork):
    """The network that was trained, for encoders that have no other for inference."""

    def __init__(self, tagger: TaggingNetwork):
        """Takes the tagger."""
        super().__init__(name="inference_network")
        self._tagger = tagger

    def classify(self, inputs: Mapping[str, tf.Tensor]) -> Logits:
        """See `InferenceNetwork`."""
        return self._tagger.logits(inputs)

    def packed(
        self, max_length: int, quantize: Callable[[tf.Variable | tf.Tensor], Lookup]
    ) -> Callable[[Mapping[str, tf.Tensor]], Logits]:
        """See `InferenceNetwork`; no table is made smaller."""

        def logits(inputs: Mapping[str, tf.Tensor]) -> Logits:
            return self._tagger.logits({name: row[tf.newaxis] for name, row in inputs.items()})

        return logits
