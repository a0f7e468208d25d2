"""Accuracy of labels on gold segmentation; see `gold_words` for what it is to CoNLL 2018."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from minibert.data.input_pipeline import EvaluationBatches, rows_of_labels
from minibert.data.label_vocab import UNANNOTATED
from minibert.data.tasks import ACCURACY
from minibert.models.tagging_network import TaggingNetwork
from minibert.progress import progress


class Accuracy:
    """How often the likeliest label is the gold one: a `Metric`.

    A label that the training data lacks counts as an error; what has no label does not count.
    """

    name = ACCURACY

    def __init__(self, tagger: TaggingNetwork, batches: EvaluationBatches):
        """Takes the tagger and what it is to be right on."""
        self._tagger = tagger
        self._groups = list(batches.groups)
        self._num_batches = batches.num_steps(0)
        self._batches = batches.evaluation_batches()
        self._count = tf.function(self._count_batch, input_signature=[self._batches.element_spec])

    def measure(self) -> dict[str, dict[str, float]]:
        """As of `Metric`."""
        # Of each task the right labels and all of each group.
        counts = {task: np.zeros([2, len(self._groups)]) for task in self._tagger.heads}
        for batch in progress(
            self._batches, total=self._num_batches, unit=" batches", desc="validate", leave=False
        ):
            for task, of_batch in self._count(batch).items():
                counts[task] += of_batch.numpy()
        return {
            task: {
                group: float(right / labeled)
                for group, right, labeled in zip(self._groups, *of_task, strict=True)
                if labeled
            }
            for task, of_task in counts.items()
        }

    def _count_batch(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Task to the right labels of each group and to all labels, int32 `[2, groups]`."""
        counts = {}
        for task, logits in self._tagger.logits(batch).items():
            labels, group = rows_of_labels(batch, task)
            is_right = tf.argmax(logits, axis=1, output_type=tf.int32) == labels
            counted = tf.cast(tf.stack([is_right, labels != UNANNOTATED], axis=1), tf.int32)
            counts[task] = tf.transpose(
                tf.math.unsorted_segment_sum(counted, group, len(self._groups))
            )
        return counts


class Agreement(Accuracy):
    """How often a student finds that label likeliest which its teacher does.

    The teacher's stands in the batches, where for accuracy the gold one does.
    """

    name = "agreement"
