"""To find labels as likely as a teacher does, on unlabeled text: Tsai et al. 2019, section 3."""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from minibert.data.input_pipeline import Batch
from minibert.models.tagging_network import Outputs
from minibert.training.objectives.objective import LossSum, Objective
from minibert.training.softened_cross_entropy import softened_cross_entropy
from minibert.training.teaching import Teacher


class SoftenedLabelObjective(Objective):
    """H(softmax(t / T), softmax(s / T)) of each task, the mean over all that the teacher was asked.

    That is every wordpiece, but `[CLS]`, `[SEP]` and padding, or every word. A wordpiece that is in
    two windows of a long sentence counts in both: the teacher was asked in both. Losses are named
    by tasks.
    """

    def __init__(
        self, teacher: Teacher, tasks: Sequence[str], *, temperature: float, scale: bool = False
    ):
        """Takes the teacher.

        Args:
          teacher: what it says of a batch.
          tasks: what is learned of it.
          temperature: T.
          scale: multiply by the square of T.
        """
        super().__init__(tasks)
        self._teacher = teacher
        self._temperature = temperature
        self._factor = temperature**2 if scale else 1.0

    def __call__(self, batch: Batch, outputs: Outputs) -> Mapping[str, LossSum]:
        """Sums up the losses of a batch of `Teaching`.

        Returns:
          Task to the cross-entropy, in nats, summed over the wordpieces or words, and their number.
        """
        targets = self._teacher(batch)
        losses = {}
        for task in self.names:
            cross_entropy = softened_cross_entropy(
                targets[task], outputs.logits[task], self._temperature
            )
            losses[task] = (self._factor * tf.reduce_sum(cross_entropy), tf.size(cross_entropy))
        return losses
