"""What every objective is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import tensorflow as tf

from minibert.data.input_pipeline import Batch
from minibert.models.tagging_network import Outputs, TaggingNetwork

# The sum of a loss over its terms (a float32 scalar), and their number.
LossSum = tuple[tf.Tensor, tf.Tensor]


class Objective(tf.Module, ABC):
    """Makes the losses of a batch of what the network gives for it.

    Several objectives of a stage share one pass of the network. One may have weights of its own, a
    projection or a head that is not wanted later: they are trained with the network in this stage,
    are in its checkpoints, and are not in the model.

    Attributes:
      names: those of its losses, which no other objective of the stage has.
    """

    def __init__(self, names: Sequence[str]):
        """Takes the names."""
        super().__init__()
        self.names = tuple(names)

    def build(self, tagger: TaggingNetwork) -> None:  # noqa: B027 - most have no weights
        """Creates its weights, for a network."""

    @abstractmethod
    def __call__(self, batch: Batch, outputs: Outputs) -> Mapping[str, LossSum]:
        """Sums up its losses, by name; called under a gradient tape."""
