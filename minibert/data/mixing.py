"""Mixes data sets, in an order that the seed determines."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

# Elements are on disk in an order that is random, of large data within some 100 MB; this changes it
# from one epoch to the next.
SHUFFLE_BUFFER = 512
# A call takes as long as many of them.
_CHOICES_PER_CALL = 1024


def mix(
    datasets: Sequence[tf.data.Dataset],
    counts: Sequence[int],
    seed: Sequence[int],
    shuffle_buffer: int = SHUFFLE_BUFFER,
    *,
    forever: bool = False,
) -> tf.data.Dataset:
    """All elements of some data sets, mixed at random.

    Args:
      datasets: each is shuffled within a buffer.
      counts: the number of elements of each.
      seed: determines the order; of an epoch, for instance the seed of the run and its number.
      shuffle_buffer: the elements of a data set that are in memory to be shuffled.
      forever: whether there is no end; `counts` are then the shares of the data sets, which have
        no end either.

    Returns:
      A data set of all elements. Which data set the next element is of is as random as if all
      elements had been shuffled together.
    """
    shuffled = [
        dataset.shuffle(shuffle_buffer, seed=_dataset_seed(seed, index))
        for index, dataset in enumerate(datasets)
    ]
    # There may be as many elements as sentences in all Wikipedias: a number in a byte or two.
    order = np.repeat(np.arange(len(datasets), dtype=np.min_scalar_type(len(datasets))), counts)
    np.random.default_rng(seed).shuffle(order)
    choices = tf.data.Dataset.from_tensor_slices(order).batch(_CHOICES_PER_CALL)
    choices = choices.map(lambda index: tf.cast(index, tf.int64)).unbatch()
    if forever:
        choices = choices.repeat()
    return tf.data.Dataset.choose_from_datasets(shuffled, choices, stop_on_empty_dataset=False)


def smoothed(counts: Sequence[int], exponent: float) -> list[int]:
    """Numbers in proportion to others to a power, with about the same sum and none of them 0.

    Args:
      counts: 1 or more each.
      exponent: 1 for the same numbers, 0 for equal ones. For multilingual BERT it was 0.7
        (`multilingual.md` of google-research/bert).
    """
    weights = np.asarray(counts, np.float64) ** exponent
    return np.maximum(1, np.rint(weights * (sum(counts) / weights.sum()))).astype(int).tolist()


def _dataset_seed(seed: Sequence[int], index: int) -> int:
    return int(np.random.SeedSequence([*seed, index]).generate_state(1)[0])
