"""The cross-entropy of softened distributions: Hinton et al. 2015; Tsai et al. 2019, section 3.

With the logits t of the teacher, those s of the student and a temperature T it is
H(softmax(t / T), softmax(s / T)). Of a teacher with many labels only the greatest k logits are
kept, and with them how much there is in the rest; the rest then counts as one more label.
"""

import math
from typing import NamedTuple

import tensorflow as tf

# Temperatures at which the rest of the labels is summed up. With that of infinity, at which it is
# the number of labels, they serve every other.
REST_TEMPERATURES = (4.0, 2.0, 1.0, 0.5)
# The least logit that is kept, relative to the greatest: finite as float16.
_LEAST = -60_000.0


class TopLogits(NamedTuple):
    """The greatest logits of a teacher, relative to the greatest, and the sum of the rest.

    Attributes:
      values: float16 `[n, k]`, from 0 downwards.
      labels: int32 `[n, k]`, their labels.
      rest: float16 `[n, 4]`: the logarithm of the sum of exp(t / T) over the other labels, for each
        T of `REST_TEMPERATURES`.
    """

    values: tf.Tensor
    labels: tf.Tensor
    rest: tf.Tensor


def keep_all(logits: tf.Tensor) -> tf.Tensor:
    """All logits relative to the greatest, float16 `[n, labels]`.

    Softmax is the same, and float16 has most digits near zero, where the likely labels are.
    """
    shifted = logits - tf.reduce_max(logits, axis=1, keepdims=True)
    return tf.cast(tf.maximum(shifted, _LEAST), tf.float16)


def keep_top(logits: tf.Tensor, k: int) -> TopLogits:
    """The greatest `k` logits of float32 `[n, labels]`; there must be more labels than that."""
    values, labels = tf.math.top_k(logits, k)
    greatest = values[:, :1]
    others = _without(logits, labels) - greatest
    rest = [tf.reduce_logsumexp(others / t, axis=1) for t in REST_TEMPERATURES]
    return TopLogits(
        tf.cast(tf.maximum(values - greatest, _LEAST), tf.float16),
        labels,
        tf.cast(tf.maximum(tf.stack(rest, axis=1), _LEAST), tf.float16),
    )


def softened_cross_entropy(
    teacher: tf.Tensor | TopLogits, student: tf.Tensor, temperature: float
) -> tf.Tensor:
    """H(softmax(teacher / T), softmax(student / T)), in nats.

    A logit of minus infinity is a label of probability 0; it adds nothing where the teacher has it.

    Args:
      teacher: logits `[n, labels]` of any float type, or the greatest of them.
      student: logits, float32 `[n, labels]`.
      temperature: T, greater than 0.

    Returns:
      float32 `[n]`.
    """
    softened = student / temperature
    normalizer = tf.reduce_logsumexp(softened, axis=1, keepdims=True)
    if isinstance(teacher, TopLogits):
        top = tf.gather(softened, teacher.labels, batch_dims=1)
        rest = tf.reduce_logsumexp(_without(softened, teacher.labels), axis=1, keepdims=True)
        softened = tf.concat([top, rest], axis=1)
        probabilities = tf.nn.softmax(_softened_top(teacher, tf.shape(student)[1], temperature))
    else:
        probabilities = tf.nn.softmax(tf.cast(teacher, tf.float32) / temperature)
    log_probabilities = softened - normalizer
    return -tf.reduce_sum(tf.math.multiply_no_nan(log_probabilities, probabilities), axis=1)


def _softened_top(teacher: TopLogits, num_labels: tf.Tensor, temperature: float) -> tf.Tensor:
    """Logits `[n, k + 1]` of the softened distribution, the last of the rest.

    The logarithm of the sum of exp(b t) is convex in b = 1 / T, so that between two temperatures a
    line is a close upper bound, and beyond the lowest one a lower bound.
    """
    others = tf.cast(num_labels - tf.shape(teacher.values)[1], tf.float32)
    at_infinity = tf.fill([tf.shape(teacher.rest)[0], 1], tf.math.log(others))
    sums = tf.concat([at_infinity, tf.cast(teacher.rest, tf.float32)], axis=1)
    inverses = [0.0, *(1.0 / t for t in REST_TEMPERATURES)]
    inverse = 1.0 / temperature
    index = min(sum(inverse > known for known in inverses), len(inverses) - 1)
    low, high = inverses[index - 1], inverses[index]
    weight = (inverse - low) / (high - low)
    rest = sums[:, index - 1] * (1.0 - weight) + sums[:, index] * weight
    values = tf.cast(teacher.values, tf.float32) / temperature
    return tf.concat([values, rest[:, tf.newaxis]], axis=1)


def _without(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Logits `[n, labels]` with minus infinity in the places of some labels, `[n, k]`."""
    rows = tf.broadcast_to(tf.range(tf.shape(labels)[0])[:, tf.newaxis], tf.shape(labels))
    places = tf.stack([rows, labels], axis=2)
    return tf.tensor_scatter_nd_update(logits, places, tf.fill(tf.shape(labels), -math.inf))
