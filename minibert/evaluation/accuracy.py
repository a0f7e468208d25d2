"""Accuracy of labels on gold segmentation; see `gold_words` for what it is to CoNLL 2018."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from minibert.data.input_pipeline import Batch, rows_of_labels
from minibert.data.label_vocab import UNANNOTATED, LabelVocab

_COUNTS = "counts"


class AccuracyScorer:
    """How often the likeliest label is the right one: a `Scorer`."""

    def __init__(self, vocab: LabelVocab, groups: Sequence[str]):
        """Takes the labels and the groups."""
        self._task = vocab.task
        self._groups = groups
        self.reset()

    def reset(self) -> None:
        """As of `Scorer`."""
        # The right labels of each group and all that count.
        self._counts = np.zeros([2, len(self._groups)])

    def of_batch(self, batch: Batch, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """As of `Scorer`."""
        labels, group = rows_of_labels(batch, self._task)
        is_right = tf.argmax(logits, axis=1, output_type=tf.int32) == labels
        counted = tf.cast(tf.stack([is_right, labels != UNANNOTATED], axis=1), tf.int32)
        sums = tf.math.unsorted_segment_sum(counted, group, len(self._groups))
        return {_COUNTS: tf.transpose(sums)}

    def add(self, found: Mapping[str, np.ndarray]) -> None:
        """As of `Scorer`."""
        self._counts += found[_COUNTS]

    def figures(self) -> dict[str, float]:
        """As of `Scorer`."""
        return {
            group: float(right / labeled)
            for group, right, labeled in zip(self._groups, *self._counts, strict=True)
            if labeled
        }
