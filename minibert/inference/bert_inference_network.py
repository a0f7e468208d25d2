"""A tagger with BERT in plain matrix products, for inference.

The same function as `TaggingNetwork` without dropout, in fewer operations: keys and values are one
product, the scale of attention is in the weights of the query, the type of segment 0 is in the
positions, and in the last layer only the first wordpieces of words have queries and are
transformed, because nothing else is read.
"""

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from minibert.inference.inference_network import InferenceNetwork, Logits, Lookup
from minibert.models.activations import ACTIVATIONS
from minibert.models.bert_config import BertConfig
from minibert.models.tagging_network import TaggingNetwork
from minibert.text.feature_spec import POSITION_IDS, SEGMENT_IDS, WORD_POSITIONS
from minibert.text.subword_features import INPUT_IDS

# What is added to the scores of attention of what is not to be attended to, before the softmax.
_MASKED = -1e9

# Of a kernel, in parts of the greatest: what is less is rounding.
_LEAST_SINGULAR_VALUE = 1e-5

# The first two dimensions of a tensor.
Shape = list[tf.Tensor | int]


class BertInferenceNetwork(InferenceNetwork):
    """A tagger with BERT that is ready for use; several sentences may be a packed row.

    Attributes:
      word_embeddings: float32 `[vocab_size, hidden_size]`.
      position_embeddings: float32 `[max_position_embeddings, hidden_size]`, of the type of segment
        0, too.
    """

    packed_inputs = (POSITION_IDS, SEGMENT_IDS)

    def __init__(self, config: BertConfig, tagger: TaggingNetwork):
        """Takes the weights of a tagger; the table of word embeddings is shared, not copied.

        Args:
          config: the shape of its encoder.
          tagger: the tagger.
        """
        super().__init__(name="inference_network")
        weights = {
            name: weight.numpy()
            for name, weight in tagger.encoder.named_weights.items()
            if weight is not tagger.encoder.word_embeddings
        }
        self._pad_id = tagger.encoder.pad_values[INPUT_IDS]
        self.word_embeddings = tagger.encoder.word_embeddings
        self.position_embeddings = _weight(
            weights["position_embedding/embeddings"] + weights["type_embeddings/embeddings"][0],
            "positions",
        )
        self._norm = _LayerNorm(
            _inside(weights, "embeddings/layer_norm"), config.norm_epsilon, "embeddings_norm"
        )
        self._layers = [
            _Layer(_inside(weights, f"transformer/layer_{number}"), config, f"layer_{number}")
            for number in range(config.num_hidden_layers)
        ]
        self._heads = {
            task: _head(head.kernel.numpy(), head.bias.numpy(), task)
            for task, head in tagger.heads.items()
        }

    def classify(self, inputs: Mapping[str, tf.Tensor]) -> Logits:
        """See `InferenceNetwork`."""
        input_ids, word_positions = inputs[INPUT_IDS], inputs[WORD_POSITIONS]
        encoded = self.encode(
            tf.gather(self.word_embeddings, input_ids),
            self.position_embeddings[tf.newaxis, : tf.shape(input_ids)[1]],
            tf.cast(tf.equal(input_ids, self._pad_id), tf.int32),
            tf.maximum(word_positions, 0),
        )
        of_words = tf.where(tf.reshape(word_positions, [-1]) >= 0)[:, 0]
        return self.logits(tf.gather(tf.reshape(encoded, [-1, encoded.shape[-1]]), of_words))

    def packed(
        self, max_length: int, quantize: Callable[[tf.Variable | tf.Tensor], Lookup]
    ) -> Callable[[Mapping[str, tf.Tensor]], Logits]:
        """See `InferenceNetwork`; a wordpiece attends to those of its own sentence only."""
        words = quantize(self.word_embeddings)
        positions = quantize(self.position_embeddings[:max_length])

        def logits(inputs: Mapping[str, tf.Tensor]) -> Logits:
            encoded = self.encode(
                words(inputs[INPUT_IDS])[tf.newaxis],
                positions(inputs[POSITION_IDS])[tf.newaxis],
                inputs[SEGMENT_IDS][tf.newaxis],
                inputs[WORD_POSITIONS][tf.newaxis],
            )
            return self.logits(encoded[0])

        return logits

    def encode(
        self,
        word_embeddings: tf.Tensor,
        position_embeddings: tf.Tensor,
        segment_ids: tf.Tensor,
        first_pieces: tf.Tensor,
    ) -> tf.Tensor:
        """Encodes the first wordpieces of words.

        Args:
          word_embeddings: float32 `[batch, pieces, hidden_size]`.
          position_embeddings: float32, of a shape that can be added to it.
          segment_ids: int32 `[batch, pieces]`, a number for each sentence of a row: a wordpiece
            attends to those of its own. Padding is a sentence, too.
          first_pieces: int32 `[batch, words]`, which wordpieces.

        Returns:
          float32 `[batch, words, hidden_size]`.
        """
        x = self._norm(word_embeddings + position_embeddings)
        bias = _attention_bias(segment_ids, segment_ids)
        shape = _shape(segment_ids)
        for layer in self._layers[:-1]:
            x = layer(x, bias, shape)
        of_queries = tf.gather(segment_ids, first_pieces, batch_dims=1)
        bias = _attention_bias(of_queries, segment_ids)
        return self._layers[-1](x, bias, shape, first_pieces)

    def logits(self, encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        """The logits of words: float32 `[words, hidden_size]` to task to `[words, labels]`."""
        return {task: head(encoded) for task, head in self._heads.items()}


class _Dense(tf.Module):
    """`[n, in]` to `[n, out]`."""

    def __init__(self, weights: Mapping[str, np.ndarray], name: str):
        super().__init__(name)
        self._kernel = _weight(weights["kernel"], f"{name}_kernel")
        self._bias = _weight(weights["bias"], f"{name}_bias")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return tf.nn.bias_add(tf.matmul(x, self._kernel), self._bias)


class _LowRankDense(tf.Module):
    """`[n, in]` to `[n, out]` through a few dimensions: two products instead of a larger one."""

    def __init__(self, first: np.ndarray, second: np.ndarray, bias: np.ndarray, name: str):
        super().__init__(name)
        self._first = _weight(first, f"{name}_first")
        self._second = _Dense({"kernel": second, "bias": bias}, name)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return self._second(tf.matmul(x, self._first))


def _head(kernel: np.ndarray, bias: np.ndarray, name: str) -> _Dense | _LowRankDense:
    """A head, in two products if its kernel was trained so and that is less work.

    They are those of its singular value decomposition, by way of the eigenvectors of a matrix that
    has the width of the encoder only: models are loaded often, and labels are thousands.
    """
    exact = kernel.astype(np.float64)
    squares, left = np.linalg.eigh(exact @ exact.T)
    is_used = squares > _LEAST_SINGULAR_VALUE**2 * squares[-1]
    if int(is_used.sum()) * sum(kernel.shape) >= kernel.size:
        return _Dense({"kernel": kernel, "bias": bias}, name)
    left, root = left[:, is_used], squares[is_used] ** 0.25
    first, second = left * root, left.T @ exact / root[:, np.newaxis]
    return _LowRankDense(first.astype(np.float32), second.astype(np.float32), bias, name)


class _LayerNorm(tf.Module):
    """Layer normalization over the last axis (Ba et al. 2016)."""

    def __init__(self, weights: Mapping[str, np.ndarray], epsilon: float, name: str):
        super().__init__(name)
        self._epsilon = epsilon
        self._gamma = _weight(weights["gamma"], f"{name}_gamma")
        self._beta = _weight(weights["beta"], f"{name}_beta")

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        centered = x - tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centered), axis=-1, keepdims=True)
        return centered * tf.math.rsqrt(variance + self._epsilon) * self._gamma + self._beta


class _Layer(tf.Module):
    """A layer of the encoder (Devlin et al. 2019), layer norms behind the sums."""

    def __init__(self, weights: Mapping[str, np.ndarray], config: BertConfig, name: str):
        super().__init__(name)
        self._hidden_size, self._heads = config.hidden_size, config.num_attention_heads
        self._activation = ACTIVATIONS[config.hidden_act]
        hidden = self._hidden_size

        def attention(kind: str, shape: list[int]) -> dict[str, np.ndarray]:
            own = _inside(weights, f"self_attention/{kind}")
            return {"kernel": own["kernel"].reshape(shape), "bias": own["bias"].reshape(shape[1:])}

        square = [hidden, hidden]
        scale = np.float32((hidden // self._heads) ** -0.5)
        query = {part: value * scale for part, value in attention("query", square).items()}
        key, value = attention("key", square), attention("value", square)
        key_value = {part: np.concatenate([key[part], value[part]], axis=-1) for part in key}
        self._query = _Dense(query, "query")
        self._key_value = _Dense(key_value, "key_value")
        self._attention_output = _Dense(attention("attention_output", square), "attention_output")
        epsilon = config.norm_epsilon
        self._attention_norm = _LayerNorm(
            _inside(weights, "self_attention_layer_norm"), epsilon, "attention_norm"
        )
        self._intermediate = _Dense(_inside(weights, "intermediate"), "intermediate")
        self._output = _Dense(_inside(weights, "output"), "output")
        self._output_norm = _LayerNorm(
            _inside(weights, "output_layer_norm"), epsilon, "output_norm"
        )

    def __call__(
        self,
        x: tf.Tensor,
        attention_bias: tf.Tensor,
        shape: Shape,
        query_positions: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Transforms wordpieces.

        Args:
          x: float32 `[batch, pieces, hidden_size]`.
          attention_bias: float32 `[batch, 1, words or pieces, pieces]`, added to the scores of
            attention.
          shape: batch and pieces, as `_shape` gives them.
          query_positions: int32 `[batch, words]`, the wordpieces that are wanted; all, if it is not
            given.

        Returns:
          float32 `[batch, words or pieces, hidden_size]`.
        """
        key, value = tf.unstack(self._split_heads(self._key_value, x, shape, 2))
        if query_positions is not None:
            x = tf.gather(x, query_positions, batch_dims=1)
            shape = _shape(query_positions)
        (query,) = tf.unstack(self._split_heads(self._query, x, shape, 1))
        weights = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) + attention_bias)
        attended = tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3])
        # Products of matrices of two dimensions are the fast ones.
        flat, attended = (tf.reshape(y, [-1, self._hidden_size]) for y in (x, attended))
        flat = self._attention_norm(flat + self._attention_output(attended))
        flat = self._output_norm(flat + self._output(self._activation(self._intermediate(flat))))
        return tf.reshape(flat, [*shape, self._hidden_size])

    def _split_heads(self, dense: _Dense, x: tf.Tensor, shape: Shape, kinds: int) -> tf.Tensor:
        """`[batch, n, hidden_size]` to `[kinds, batch, heads, n, size of a head]`."""
        y = dense(tf.reshape(x, [-1, self._hidden_size]))
        size = self._hidden_size // self._heads
        y = tf.reshape(y, [*shape, kinds, self._heads, size])
        return tf.transpose(y, [2, 0, 3, 1, 4])


def _attention_bias(of_queries: tf.Tensor, of_keys: tf.Tensor) -> tf.Tensor:
    """int32 `[batch, n]` and `[batch, m]`, segment ids, to float32 `[batch, 1, n, m]`."""
    is_same = tf.equal(of_queries[:, :, tf.newaxis], of_keys[:, tf.newaxis, :])
    return tf.where(is_same, 0.0, _MASKED)[:, tf.newaxis]


def _shape(x: tf.Tensor) -> Shape:
    """The shape of a matrix, as far as possible without an operation."""
    if x.shape[0] == 1:
        return [1, -1]
    shape = tf.shape(x)
    return [shape[0], shape[1]]


def _weight(value: np.ndarray, name: str) -> tf.Variable | np.ndarray:
    """A weight: a matrix is a variable, so that it is kept once however many functions use it.

    A vector is a constant of each of them, which is no operation to read.
    """
    return tf.Variable(value, trainable=False, name=name) if value.ndim > 1 else value


def _inside(weights: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The weights whose names begin with `prefix/`, without it."""
    return {
        name.removeprefix(f"{prefix}/"): value
        for name, value in weights.items()
        if name.startswith(f"{prefix}/")
    }
