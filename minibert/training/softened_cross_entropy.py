"""The cross-entropy of softened distributions: Hinton et al. 2015; Tsai et al. 2019, section 3.

With the logits t of the teacher, those s of the student and a temperature T it is
H(softmax(t / T), softmax(s / T)). Of a teacher with many labels only the greatest k logits are
kept, and with them how much there is in the rest, which is then spread evenly over the rest. (One
label more for all of the rest would be a lower bound of the loss, but leaves a student free to
have any label of the rest the likeliest: at T = 3 most of the mass is there.)

On disk (`data.teacher_outputs`) a task has the fields `TASK/logits` and `TASK/offset`, the greatest
logit itself, with which the others are what they were; of many labels also `TASK/labels` and
`TASK/rest`, as of `TopLogits`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import tensorflow as tf

from minibert.data.output_records import Field
from minibert.errors import InputError

# Temperatures at which the rest of the labels is summed up: that of the paper, and some around it.
# With that of infinity, at which it is the number of labels, they serve every other.
REST_TEMPERATURES = (4.0, 3.0, 2.0, 1.0, 0.5)
# The least logit that is kept, relative to the greatest: finite as float16.
_LEAST = -60_000.0
# A logit that adds nothing to any sum.
_NOTHING = -1e30


class TopLogits(NamedTuple):
    """The greatest logits of a teacher, relative to the greatest, and the sum of the rest.

    Attributes:
      values: float16 `[n, k]`, from 0 downwards.
      labels: int32 `[n, k]`, their labels.
      rest: float16 `[n, 5]`: the logarithm of the sum of exp(t / T) over the other labels, for each
        T of `REST_TEMPERATURES`.
    """

    values: tf.Tensor
    labels: tf.Tensor
    rest: tf.Tensor


def logit_fields(task: str, num_labels: int, k: int) -> dict[str, Field]:
    """The fields of a task of which the greatest `k` logits are kept, or all that there are."""
    fields = {
        f"{task}/logits": Field("float16", min(k, num_labels)),
        f"{task}/offset": Field("float32", 1),
    }
    if k < num_labels:
        fields[f"{task}/labels"] = Field("uint16", k)
        fields[f"{task}/rest"] = Field("float16", len(REST_TEMPERATURES))
    return fields


def keep_logits(task: str, logits: tf.Tensor, kept: Mapping[str, Field]) -> dict[str, tf.Tensor]:
    """What is kept of logits, float32 `[n, labels]`: the fields of the task, `[n, width]` each."""
    offset = {f"{task}/offset": tf.reduce_max(logits, axis=1, keepdims=True)}
    if f"{task}/rest" not in kept:
        return {f"{task}/logits": keep_all(logits), **offset}
    top = keep_top(logits, kept[f"{task}/logits"].width)
    return {
        f"{task}/logits": top.values,
        **offset,
        f"{task}/labels": tf.cast(top.labels, tf.uint16),
        f"{task}/rest": top.rest,
    }


def softened_fields(tasks: Iterable[str], kept: Mapping[str, Field]) -> dict[str, Field]:
    """The fields that the loss needs of some tasks.

    Raises:
      InputError: the logits of one are not kept.
    """
    for task in tasks:
        if f"{task}/logits" not in kept:
            raise InputError(f"no {task}/logits are kept; run cache_teacher_outputs.py again")
    names = [f"{task}/{name}" for task in tasks for name in ("logits", "labels", "rest")]
    return {name: kept[name] for name in names if name in kept}


def kept_logits(task: str, fields: Mapping[str, tf.Tensor]) -> tf.Tensor | TopLogits:
    """The logits of a task, of fields `[n, width]`."""
    logits = fields[f"{task}/logits"]
    if f"{task}/rest" not in fields:
        return logits
    return TopLogits(logits, fields[f"{task}/labels"], fields[f"{task}/rest"])


def likeliest(logits: tf.Tensor | TopLogits) -> tf.Tensor:
    """The labels with the greatest logits, int32 `[n]`."""
    if isinstance(logits, TopLogits):
        return logits.labels[:, 0]
    return tf.argmax(logits, axis=1, output_type=tf.int32)


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
    rest = _rest_sums(_without(logits, _places(labels)))
    rest -= greatest / tf.constant(REST_TEMPERATURES)
    return TopLogits(
        tf.cast(tf.maximum(values - greatest, _LEAST), tf.float16),
        labels,
        tf.cast(tf.maximum(rest, _LEAST), tf.float16),
    )


def _rest_sums(others: tf.Tensor) -> tf.Tensor:
    """The logarithms of the sums of exp(t / T) over `[n, labels]`, by `REST_TEMPERATURES`."""
    greatest = tf.reduce_max(others, axis=1, keepdims=True)
    relative = others - greatest
    terms: dict[float, tf.Tensor] = {}
    for temperature in REST_TEMPERATURES:
        # A square is cheaper than an exponential.
        twice = terms.get(2 * temperature)
        terms[temperature] = tf.exp(relative / temperature) if twice is None else tf.square(twice)
    sums = [tf.reduce_sum(of_temperature, axis=1) for of_temperature in terms.values()]
    return greatest / tf.constant(REST_TEMPERATURES) + tf.math.log(tf.stack(sums, axis=1))


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
    if isinstance(teacher, TopLogits):
        logits = _softened_top(teacher, tf.shape(student)[1], temperature)
        return _spread_cross_entropy(tf.nn.softmax(logits), teacher.labels, softened)
    probabilities = tf.nn.softmax(tf.cast(teacher, tf.float32) / temperature)
    normalizer = tf.reduce_logsumexp(softened, axis=1, keepdims=True)
    return -tf.reduce_sum(tf.math.multiply_no_nan(softened - normalizer, probabilities), axis=1)


def _spread_cross_entropy(
    probabilities: tf.Tensor, labels: tf.Tensor, logits: tf.Tensor
) -> tf.Tensor:
    """The cross-entropy where all labels but some are as likely as one another.

    Its gradient is written out: the others may be ten thousand, each pass over them is time.

    Args:
      probabilities: what is wanted, float32 `[n, k + 1]`, the last of all others together; a
        constant.
      labels: int32 `[n, k]`, those that have a probability of their own; fewer than all.
      logits: float32 `[n, labels]`.

    Returns:
      float32 `[n]`.
    """

    @tf.custom_gradient
    def cross_entropy(logits: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        places = _places(labels)
        num_others = tf.shape(logits)[1] - tf.shape(labels)[1]
        each = probabilities[:, -1:] / tf.cast(num_others, tf.float32)
        log_shares = tf.nn.log_softmax(logits)
        log_kept = tf.gather_nd(log_shares, places)
        of_kept = tf.math.multiply_no_nan(log_kept, probabilities[:, :-1])
        of_others = tf.math.multiply_no_nan(
            tf.reduce_sum(log_shares, axis=1) - tf.reduce_sum(log_kept, axis=1), each[:, 0]
        )

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            weights = upstream[:, tf.newaxis]
            return tf.tensor_scatter_nd_update(
                (tf.exp(log_shares) - each) * weights,
                places,
                (tf.exp(log_kept) - probabilities[:, :-1]) * weights,
            )

        return -tf.reduce_sum(of_kept, axis=1) - of_others, gradient

    return cross_entropy(logits)


def _softened_top(teacher: TopLogits, num_labels: tf.Tensor, temperature: float) -> tf.Tensor:
    """Logits `[n, k + 1]` of the softened distribution, the last of the rest.

    The logarithm of the sum of exp(b t) is convex in b = 1 / T, so that between two temperatures a
    line is an upper bound, and beyond the lowest one a lower bound.
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


def _places(labels: tf.Tensor) -> tf.Tensor:
    """Row and column of labels `[n, k]`, int32 `[n, k, 2]`."""
    rows = tf.range(tf.shape(labels)[0])[:, tf.newaxis]
    return tf.stack([tf.broadcast_to(rows, tf.shape(labels)), labels], axis=2)


def _without(logits: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """Logits with those at some places so low that they count for nothing.

    Not minus infinity: a row of nothing else would have no softmax.
    """
    return tf.tensor_scatter_nd_update(logits, places, tf.fill(tf.shape(places)[:2], _NOTHING))
