"""Fills the weights of an encoder with those of a file, each once, or says what does not fit."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from minibert.errors import InputError

# The most names that a message lists.
MAX_LISTED = 8


class StoredWeight(NamedTuple):
    """A weight in a file.

    Attributes:
      name: what it is called in the encoder.
      key: what it is called in the file.
      shape: as in the encoder; the heads of attention may be joined.
      dtype: the name of its type.
      read: reads it.
    """

    name: str
    key: str
    shape: Sequence[int]
    dtype: str
    read: Callable[[], np.ndarray]


def fill(
    weights: Mapping[str, tf.Variable],
    stored: Sequence[StoredWeight],
    *,
    source: str,
    remedy: str,
    dtypes: Sequence[str],
) -> None:
    """Fills weights, each once.

    Args:
      weights: by the names that the model garden has for them.
      stored: what there is.
      source: where it is from, for messages.
      remedy: the end of messages.
      dtypes: the types that weights may have.

    Raises:
      InputError: weights are missing, left over, there twice, or of another shape or type. All of
        them are looked for before one is filled, and are named. Or one is not finite.
    """
    problems = _problems(weights, stored, dtypes)
    if problems:
        more = len(problems) - MAX_LISTED
        raise InputError(
            f"{source}: does not fit the encoder: {'; '.join(problems[:MAX_LISTED])}"
            f"{f'; and {more} more' if more > 0 else ''}; {remedy}"
        )
    for weight in stored:
        variable = weights[weight.name]
        values = np.reshape(weight.read(), variable.shape).astype(np.float32)
        if not np.isfinite(values).all():
            raise InputError(f"{source}: {weight.key} has values that are no finite numbers")
        variable.assign(values)


def _problems(
    weights: Mapping[str, tf.Variable], stored: Sequence[StoredWeight], dtypes: Sequence[str]
) -> list[str]:
    """What keeps these weights from being filled."""
    counts = Counter(weight.name for weight in stored)
    problems = [f"{name} is missing" for name in weights if not counts[name]]
    problems += [f"{name} is there twice" for name in counts if counts[name] > 1]
    for weight in stored:
        if weight.name not in weights:
            problems.append(f"{weight.key} is left over")
            continue
        expected = weights[weight.name].shape.as_list()
        if list(weight.shape) not in (expected, _joined_heads(weight.name, expected)):
            problems.append(f"{weight.key} has shape {list(weight.shape)}, not {expected}")
        elif weight.dtype not in dtypes:
            problems.append(f"{weight.key} is {weight.dtype}, not {' or '.join(dtypes)}")
    return problems


def _joined_heads(name: str, shape: list[int]) -> list[int]:
    """The shape of a weight where the heads of attention are joined."""
    if "/self_attention/" not in name or name.endswith("attention_output/bias"):
        return shape
    if name.endswith("attention_output/kernel"):
        return [shape[0] * shape[1], shape[2]]
    return [*shape[:-2], shape[-2] * shape[-1]]
