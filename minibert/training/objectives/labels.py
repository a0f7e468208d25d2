"""To give words the labels that they have: Tsai et al. 2019, section 2.2."""

from collections.abc import Mapping

import tensorflow as tf

from minibert.data.input_pipeline import Batch, rows_of_labels
from minibert.models.tagging_network import Outputs
from minibert.training.objectives.objective import LossSum, Objective


class LabelObjective(Objective):
    """The cross-entropy of each task, by which its loss is named, at the position of each word."""

    def __call__(self, batch: Batch, outputs: Outputs) -> Mapping[str, LossSum]:
        """Sums up the losses of a batch of `InputPipeline`.

        Returns:
          Task to the cross-entropy, in nats, summed over the words whose label is known, and the
          number of these.
        """
        losses = {}
        for task in self.names:
            labels, _ = rows_of_labels(batch, task)
            is_known = labels >= 0
            cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
                tf.maximum(labels, 0), outputs.logits[task]
            )
            losses[task] = (
                tf.reduce_sum(tf.where(is_known, cross_entropy, 0.0)),
                tf.math.count_nonzero(is_known),
            )
        return losses
