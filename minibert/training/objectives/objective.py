"""What every objective is."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import tensorflow as tf

from minibert.data.input_pipeline import Batch
from minibert.models.tagging_network import Outputs

# The sum of a loss over its terms (a float32 scalar), and their number.
LossSum = tuple[tf.Tensor, tf.Tensor]


class Objective(Protocol):
    """Makes the losses of a batch of what the network gives for it.

    Several objectives of a stage share one pass of the network.
    """

    @property
    def names(self) -> Sequence[str]:
        """The names of its losses, which no other objective of the stage has."""

    def __call__(self, batch: Batch, outputs: Outputs) -> Mapping[str, LossSum]:
        """Sums up its losses, by name; called under a gradient tape."""
