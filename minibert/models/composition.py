"""Weights that are trained as sums of shared parts, and are plain weights when training is done.

A tagger that is trained from random weights on little data meets, once it is used, wordpieces and
labels that training has hardly touched. Here the vector of a wordpiece is trained as the sum of a
vector of its own and of vectors that it shares with the wordpieces it has character n-grams in
common with (as the words of Bojanowski et al. 2017, *Enriching Word Vectors with Subword
Information*); and the output vector of a label such as `Case=Nom|Number=Sing` as the sum of one
of its own and of those of `Case=Nom` and `Number=Sing`.

Both sums are linear in what is trained and depend on no input, so they are computed once at the
end. What is saved is a plain `TaggingNetwork` with the architecture of Tsai et al. 2019.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import tensorflow as tf
import tf_keras

from minibert.data.label_vocab import LabelVocab
from minibert.data.tasks import label_parts
from minibert.models.encoder_config import EncoderConfig
from minibert.models.tagging_network import TaggingNetwork
from minibert.models.trained_rows import TrainedRows
from minibert.text.feature_spec import Piece

NGRAM_BUCKETS = 60_000
MAX_NGRAM = 4
# Marks the start of a word and the end of a wordpiece, in an n-gram.
_START, _END = "\x02", "\x03"
# Larger than that of other weights: it is to matter from the start.
_NGRAM_STDDEV = 0.06
_FOLD_ROWS = 8192


def piece_ngrams(piece: Piece) -> list[str]:
    """The features that the vector of a piece is composed of, each once.

    They are its character n-grams of 1 to 4 characters, as written and in lower case, those at
    its end marked, those at the start of a word marked; and its length, its letter case, and
    whether it continues a word. `[UNK]` and its like have none.
    """
    if piece.is_special:
        return []
    text = piece.text
    features = {"starts" if piece.starts_word else "continues", f"length {min(len(text), 10)}"}
    if text[:1].isupper():
        features.add("upper case" if text.isupper() else "capitalized")
    if text[-1:].isdigit():
        features.add("digit")
    marked = _START + text if piece.starts_word else text
    for form in {marked, marked.lower()}:
        for size in range(1, MAX_NGRAM + 1):
            features.update(form[start : start + size] for start in range(len(form) - size + 1))
            features.add(form[-size:] + _END)
    return sorted(features - {_START})


class ComposedEmbedding(tf_keras.layers.Layer):
    """An embedding table whose rows are sums of own vectors and of vectors of n-grams."""

    def __init__(self, pieces: Sequence[Piece], config: EncoderConfig):
        """Creates the tables.

        Args:
          pieces: by id.
          config: gives the width and the standard deviation of the initial own vectors.
        """
        super().__init__(name="word_embeddings")
        ids, counts = [], []
        for piece in pieces:
            hashed = [zlib.crc32(f.encode()) % NGRAM_BUCKETS for f in piece_ngrams(piece)]
            ids += hashed
            counts.append(len(hashed))
        self._ngram_ids = tf.constant(np.array(ids, np.int32))
        self._splits = tf.constant(np.cumsum([0, *counts]).astype(np.int32))
        width = config.hidden_size
        self.embeddings = self.add_weight(
            "embeddings",
            shape=[len(pieces), width],
            initializer=tf_keras.initializers.TruncatedNormal(stddev=config.initializer_range),
        )
        self.ngram_embeddings = self.add_weight(
            "ngram_embeddings",
            shape=[NGRAM_BUCKETS, width],
            initializer=tf_keras.initializers.TruncatedNormal(stddev=_NGRAM_STDDEV),
        )

    def start_from(self, plain: tf_keras.layers.Layer) -> None:
        """Makes the composed vectors those of a plain layer of the same shape."""
        self.embeddings.assign(plain.embeddings)
        self.ngram_embeddings.assign(tf.zeros_like(self.ngram_embeddings))

    def call(self, ids: tf.Tensor) -> tf.Tensor:
        """Looks up ids of any shape; the last axis of the result is the vector."""
        unique, position = tf.unique(tf.reshape(ids, [-1]))
        vectors = tf.gather(self.rows(unique), position)
        return tf.reshape(vectors, tf.concat([tf.shape(ids), tf.shape(vectors)[1:]], axis=0))

    def rows(self, ids: tf.Tensor) -> tf.Tensor:
        """The composed vectors, float32 `[rows, width]`, of ids, int32 `[rows]`.

        The n-gram vectors are summed and divided by twice the square root of their number, so
        that the sum has the same variance for short and for long wordpieces.
        """
        start, end = tf.gather(self._splits, ids), tf.gather(self._splits, ids + 1)
        spans = tf.ragged.range(start, end)
        vectors = tf.gather(self.ngram_embeddings, tf.gather(self._ngram_ids, spans.flat_values))
        total = tf.math.unsorted_segment_sum(
            vectors, tf.cast(spans.value_rowids(), tf.int32), tf.size(ids)
        )
        scale = 2.0 * tf.sqrt(tf.cast(tf.maximum(end - start, 1), tf.float32))
        return tf.gather(self.embeddings, ids) + total / scale[:, tf.newaxis]

    def fold(self, plain: tf_keras.layers.Layer) -> None:
        """Makes the vectors of a plain layer of the same shape the composed ones."""
        rows = self.embeddings.shape[0]
        for start in range(0, rows, _FOLD_ROWS):
            ids = tf.range(start, min(start + _FOLD_ROWS, rows))
            plain.embeddings.scatter_update(tf.IndexedSlices(self.rows(ids), ids))


class ComposedDense(tf_keras.layers.Layer):
    """A dense layer whose output vectors are sums of own vectors and of those of label parts.

    With a rank the vectors of words are projected to that width first: the plain layer then has a
    kernel of that rank, which is two small products where it is used.
    """

    def __init__(self, labels: Sequence[str], config: EncoderConfig, *, name: str, rank: int = 0):
        """Creates the weights.

        Args:
          labels: of the task, in the order of their ids.
          config: the shape of the encoder.
          name: the task.
          rank: less than the width of the encoder; 0 for none.
        """
        super().__init__(name=name)
        self._width = rank or config.hidden_size
        self._projection = None
        if rank:
            self._projection = self.add_weight(
                "projection",
                [config.hidden_size, rank],
                # What is projected has the variance of what it is made of.
                initializer=tf_keras.initializers.TruncatedNormal(config.hidden_size**-0.5),
            )
        parts: dict[str, int] = {}
        entries = [
            (label_id, parts.setdefault(part, len(parts)))
            for label_id, label in enumerate(labels)
            for part in dict.fromkeys(label_parts(name, label))
        ]
        self._membership = tf.SparseTensor(
            sorted(entries), tf.ones([len(entries)]), [len(labels), len(parts)]
        )
        self._own, self._own_bias = self._add_rows("own", len(labels), config)
        self._parts, self._parts_bias = self._add_rows("parts", len(parts), config)

    def _add_rows(self, name: str, count: int, config: EncoderConfig) -> tuple[tf.Variable, ...]:
        initializer = tf_keras.initializers.TruncatedNormal(stddev=config.initializer_range)
        return (
            self.add_weight(name, [count, self._width], initializer=initializer),
            self.add_weight(f"{name}_bias", [count, 1], initializer="zeros"),
        )

    def start_from(self, plain: tf_keras.layers.Dense) -> None:
        """Makes the composed weights those of a plain head with the same labels.

        With a rank they are the nearest of that rank, and the same if the plain kernel has it.
        """
        vectors = plain.kernel.numpy().T
        if self._projection is not None:
            left, scale, right = np.linalg.svd(vectors, full_matrices=False)
            root = np.sqrt(scale[: self._width])
            vectors = left[:, : self._width] * root
            self._projection.assign((root[:, np.newaxis] * right[: self._width]).T)
        self._own.assign(vectors)
        self._own_bias.assign(plain.bias[:, tf.newaxis])
        for shared in (self._parts, self._parts_bias):
            shared.assign(tf.zeros_like(shared))

    def fold(self, plain: tf_keras.layers.Dense) -> None:
        """Makes the weights of a plain head with the same labels the composed ones."""
        vectors, biases = self.weights_by_label()
        if self._projection is not None:
            vectors = tf.matmul(vectors, self._projection, transpose_b=True)
        plain.kernel.assign(tf.transpose(vectors))
        plain.bias.assign(biases)

    def weights_by_label(self) -> tuple[tf.Tensor, tf.Tensor]:
        """The composed weights behind the projection: float32 `[labels, width]` and `[labels]`."""
        vectors = self._own + tf.sparse.sparse_dense_matmul(self._membership, self._parts)
        biases = self._own_bias + tf.sparse.sparse_dense_matmul(self._membership, self._parts_bias)
        return vectors, biases[:, 0]

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """The logits `[words, labels]` of vectors `[words, width]`."""
        vectors, biases = self.weights_by_label()
        if self._projection is not None:
            inputs = tf.matmul(inputs, tf.cast(self._projection, inputs.dtype))
        return tf.matmul(inputs, vectors, transpose_b=True) + biases


def composed_heads(
    label_vocabs: Sequence[LabelVocab], config: EncoderConfig, *, rank: int = 0
) -> dict[str, ComposedDense]:
    """Composed heads of the tasks whose labels are made of parts.

    Args:
      label_vocabs: the labels of each task.
      config: the shape of the encoder.
      rank: as of `ComposedDense`, of those with more labels than that; of others it is of no use.
    """
    return {
        of_task.task: ComposedDense(
            of_task.labels, config, name=of_task.task, rank=rank if len(of_task) > rank else 0
        )
        for of_task in label_vocabs
        if any(len(label_parts(of_task.task, label)) > 1 for label in of_task.labels)
    }


# Layers with weights of another form than those of the plain layers that they stand for.
_NOT_PLAIN = (ComposedEmbedding, ComposedDense, TrainedRows)


def start_from(composed: TaggingNetwork, plain: TaggingNetwork, tasks: frozenset[str]) -> None:
    """Sets the weights of a composed tagger so that it computes what a plain one does.

    What is shared starts from zero.

    Args:
      composed: has `ComposedEmbedding` or `TrainedRows`, or composed heads.
      plain: of the same shape and labels, with plain layers.
      tasks: the tasks whose heads are wanted; others keep their random weights.
    """
    for layer, plain_layer in _layers(composed, plain, tasks):
        if isinstance(layer, _NOT_PLAIN):
            layer.start_from(plain_layer)
        else:
            layer.set_weights(plain_layer.get_weights())
    _copy_other_weights(plain, composed)


def fold(composed: TaggingNetwork, plain: TaggingNetwork) -> None:
    """Sets the weights of a plain tagger so that it computes what a composed one does.

    Args:
      composed: as of `start_from`.
      plain: of the same shape and labels, with plain layers.
    """
    for layer, plain_layer in _layers(composed, plain, composed.heads):
        if isinstance(layer, _NOT_PLAIN):
            layer.fold(plain_layer)
        else:
            plain_layer.set_weights(layer.get_weights())
    _copy_other_weights(composed, plain)


def _layers(
    composed: TaggingNetwork, plain: TaggingNetwork, tasks: Iterable[str]
) -> Iterator[tuple[tf_keras.layers.Layer, tf_keras.layers.Layer]]:
    """The layers that may be composed, with their plain ones; heads only of some tasks."""
    if composed.encoder.embedding_layer is not None:
        yield composed.encoder.embedding_layer, plain.encoder.embedding_layer
    yield from ((composed.heads[task], plain.heads[task]) for task in tasks)


def _copy_other_weights(source: TaggingNetwork, target: TaggingNetwork) -> None:
    """Copies the weights of an encoder but for those of its embedding layer."""
    pairs = zip(source.encoder.other_weights, target.encoder.other_weights, strict=True)
    for from_weight, to_weight in pairs:
        to_weight.assign(from_weight)
