"""The loss of a student on unlabeled text: Tsai et al. 2019, section 3."""

from collections.abc import Sequence

import tensorflow as tf

from minibert.data.input_pipeline import Batch
from minibert.models.tagging_network import TaggingNetwork
from minibert.training.softened_cross_entropy import softened_cross_entropy
from minibert.training.teaching import Teacher
from minibert.training.train_step import LossSum


class DistillationLoss:
    """H(softmax(t / T), softmax(s / T)) of each task, the mean over all wordpieces.

    `[CLS]`, `[SEP]` and padding are no wordpieces. A wordpiece that is in two windows of a long
    sentence counts in both: the teacher was asked in both.
    """

    def __init__(
        self,
        tagger: TaggingNetwork,
        teacher: Teacher,
        tasks: Sequence[str],
        *,
        temperature: float,
        scale: bool = False,
    ):
        """Takes the student and its teacher.

        Args:
          tagger: the student.
          teacher: what the teacher says of a batch.
          tasks: what the student learns.
          temperature: T.
          scale: multiply by the square of T.
        """
        self._tagger = tagger
        self._teacher = teacher
        self._tasks = list(tasks)
        self._temperature = temperature
        self._factor = temperature**2 if scale else 1.0

    def __call__(self, batch: Batch) -> dict[str, LossSum]:
        """Computes the losses of a batch of `Teaching`.

        Returns:
          Task to the cross-entropy, in nats, summed over the wordpieces, and their number.
        """
        logits = self._tagger.logits(batch, training=True)
        targets = self._teacher(batch)
        losses = {}
        for task in self._tasks:
            cross_entropy = softened_cross_entropy(targets[task], logits[task], self._temperature)
            losses[task] = (self._factor * tf.reduce_sum(cross_entropy), tf.size(cross_entropy))
        return losses
