"""Words to labels in graph, in two steps, between which a caller may batch by length."""

from collections.abc import Mapping

import tensorflow as tf

from minibert.inference.inference_networks import create_inference_network
from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.trained_model import ModelDescription

# Of what a row holds, such as wordpieces or words.
_WIDTH_STEP = 8


class TaggingFunctions(tf.Module):
    """Encodes words and classifies windows.

    Attributes:
      network: the network.
      featurizer: makes the features that it reads.
      classify: `_classify` in graph.
    """

    def __init__(self, description: ModelDescription, tagger: TaggingNetwork):
        """Takes a model and its weights."""
        super().__init__(name="tagging_functions")
        self.featurizer = description.featurizer
        self.network = create_inference_network(description.encoder, tagger)
        self._padding = description.features.padding
        rows = [tf.TensorSpec([None, None], tf.int32, name=name) for name in self._padding]
        signature = [*rows, tf.TensorSpec([], tf.int32, name="top_k")]
        self.classify = tf.function(self._classify, input_signature=signature)

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.int64)]
    )
    def encode(self, words: tf.Tensor, counts: tf.Tensor) -> dict[str, tf.Tensor]:
        """Featurizes sentences.

        Args:
          words: string `[words]`, of all sentences.
          counts: int64 `[sentences]`, the words of each.

        Returns:
          The features and `word_positions`, int32, and of each the `…_splits`, int64
          `[windows + 1]`, where in it the windows begin, and the last ends.
        """
        sentences = tf.RaggedTensor.from_row_lengths(words, counts)
        outputs = {}
        for name, rows in self.featurizer.featurize(sentences).inputs().items():
            outputs[name], outputs[f"{name}_splits"] = rows.flat_values, rows.row_splits
        return outputs

    def _classify(self, *inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """Finds the likeliest labels of the words of a batch of windows.

        Args:
          inputs: the features and positions of words, int32 `[batch, size]` each, in the order of
            `FeatureSpec.padding`; at last `top_k`, int32 `[]`, how many labels; of a task that has
            fewer, all.

        Returns:
          For each task `TASK_ids` int32 `[total, k]` and `TASK_probabilities` float32
          `[total, k]`, the likeliest first, a row for each position that is not padding.
        """
        *batches, top_k = inputs
        padded = {
            name: _pad_columns(batch, value)
            for (name, value), batch in zip(self._padding.items(), batches, strict=True)
        }
        outputs: dict[str, tf.Tensor] = {}
        for task, logits in self.network.classify(padded).items():
            outputs.update(likeliest(task, logits, top_k))
        return outputs


def _pad_columns(batch: tf.Tensor, value: int) -> tf.Tensor:
    """Pads rows to the next of few widths: for every new shape a kernel of its own is made."""
    missing = -tf.shape(batch)[1] % _WIDTH_STEP
    return tf.pad(batch, [[0, 0], [0, missing]], constant_values=value)


def likeliest(task: str, logits: tf.Tensor, top_k: tf.Tensor) -> Mapping[str, tf.Tensor]:
    """`TASK_ids` and `TASK_probabilities` of logits, float32 `[total, labels]`."""
    best = tf.math.top_k(logits, tf.minimum(top_k, tf.shape(logits)[1]))
    total = tf.reduce_logsumexp(logits, axis=1, keepdims=True)
    return {f"{task}_ids": best.indices, f"{task}_probabilities": tf.exp(best.values - total)}
