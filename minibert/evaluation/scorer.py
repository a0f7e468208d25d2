"""What scores one task, batch by batch."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import tensorflow as tf

from minibert.data.input_pipeline import Batch


class Scorer(Protocol):
    """Counts how right the likeliest labels of one task are; made of its labels and the groups.

    A label that the training data lacks counts as an error; what has no label does not count.
    """

    def reset(self) -> None:
        """Forgets what was counted."""

    def of_batch(self, batch: Batch, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """What `add` needs of a batch; called in graph.

        Args:
          batch: the batch, with the right labels.
          logits: float32 `[rows, labels]`, of the rows of `rows_of_labels`.
        """

    def add(self, found: Mapping[str, np.ndarray]) -> None:
        """Counts what `of_batch` gave."""

    def figures(self) -> dict[str, float]:
        """Group to a figure from 0 to 1, without groups that have nothing to be right on."""
