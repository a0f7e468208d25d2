"""`model.tflite`: the network in int8, which LiteRT runs alone (dynamic-range quantization).

    in:   input_ids, position_ids, segment_ids   int32 [pieces]
          word_positions                         int32 [words]
          top_k                                  int32 []
    out:  TASK_ids int32, TASK_probabilities float32, both [words, k]

Several sentences may stand one behind the other: `position_ids` has the position of each wordpiece
in its sentence, `segment_ids` the number of its sentence (not a segment of BERT's pairs, of which
all are the first), and a wordpiece attends to those of its own only. So a batch needs no padding.
Tokenization is outside. Of another encoder than BERT the features have other names, and without
`position_ids` and `segment_ids` a row is one sentence.
"""

import numpy as np
import tensorflow as tf

from minibert.inference.inference_network import InferenceNetwork
from minibert.inference.tagging_functions import likeliest
from minibert.quiet import quiet_stderr
from minibert.text.feature_spec import WORD_POSITIONS, FeatureSpec

# The greatest magnitude of int8 that has its negative.
_MOST = 127
# Of the scales of a table: the least is a 250th of the greatest.
_NUM_LEVELS, _LEVEL_STEP = 128, 2 ** (1 / 16)


def convert(network: InferenceNetwork, features: FeatureSpec) -> bytes:
    """Converts a network: weights of products to int8, one scale a row of their output.

    Tables of embeddings are int8 with one scale a row, activations are quantized as they
    come, one scale a wordpiece.

    Args:
      network: the network.
      features: what it reads; behind the longest window no position is kept.

    Returns:
      The content of the file.
    """
    names = [*features.pad_values, *network.packed_inputs, WORD_POSITIONS]
    logits_of = network.packed(features.max_length, lambda table: _QuantizedTable(table).lookup)

    def classify(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        *rows, top_k = inputs
        outputs: dict[str, tf.Tensor] = {}
        for task, logits in logits_of(dict(zip(names, rows, strict=True))).items():
            outputs.update(likeliest(task, logits, top_k))
        return outputs

    vectors = [tf.TensorSpec([None], tf.int32, name=name) for name in names]
    function = tf.function(
        classify, input_signature=[*vectors, tf.TensorSpec([], tf.int32, name="top_k")]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()], network
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    with quiet_stderr():
        return converter.convert()


class _QuantizedTable:
    """A table of int8 vectors."""

    def __init__(self, table: tf.Variable | tf.Tensor):
        values = table.numpy()
        greatest = abs(values).max(axis=1)
        # The scale of a row is one of few, each a little less than the one before, and at least
        # what the row needs: 1 byte a row instead of 4.
        levels = greatest.max() / _MOST * _LEVEL_STEP ** -np.arange(_NUM_LEVELS, dtype=float)
        level = np.searchsorted(-levels, -greatest / _MOST, side="right") - 1
        level = np.clip(level, 0, _NUM_LEVELS - 1)
        scale = np.maximum(levels[level], np.finfo(np.float32).tiny)[:, np.newaxis]
        self._values = tf.constant((values / scale).round().clip(-_MOST, _MOST).astype(np.int8))
        self._level = tf.constant(level.astype(np.int8))
        self._levels = tf.constant(levels.astype(np.float32))

    def lookup(self, ids: tf.Tensor) -> tf.Tensor:
        """int32 `[n]` to float32 `[n, hidden_size]`."""
        vectors = tf.cast(tf.gather(self._values, ids), tf.float32)
        level = tf.cast(tf.gather(self._level, ids), tf.int32)
        return vectors * tf.gather(self._levels, level)[:, tf.newaxis]
