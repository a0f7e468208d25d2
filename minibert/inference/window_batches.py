"""Batches of windows outside of `tf.data`: about the same length in each, padded."""

from collections.abc import Iterator

import numpy as np


def batches_by_length(lengths: np.ndarray, max_wordpieces: int) -> Iterator[np.ndarray]:
    """Groups windows of about the same length, by index, the longest first.

    Args:
      lengths: int `[windows]`, in wordpieces.
      max_wordpieces: the most in a batch, padding included, unless one window alone has more.

    Yields:
      int `[batch]`, indices into `lengths`.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, max_wordpieces // lengths[order[start]])
        yield order[start : start + size]
        start += size


def pad_rows(values: np.ndarray, splits: np.ndarray, rows: np.ndarray, filler: int) -> np.ndarray:
    """Rows of a ragged array, given by its flat values and row splits, as a dense one."""
    lengths = splits[rows + 1] - splits[rows]
    dense = np.full([len(rows), lengths.max()], filler, values.dtype)
    for index, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        dense[index, :length] = values[splits[row] : splits[row] + length]
    return dense
