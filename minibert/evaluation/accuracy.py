"""Accuracy of labels on gold segmentation; see `gold_words` for what it is to CoNLL 2018."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from minibert.data.label_vocab import UNANNOTATED
from minibert.models.tagging_network import TaggingNetwork
from minibert.progress import progress


class AccuracyEvaluator:
    """Counts the right labels of a tagger over batches, by task and group.

    Attributes:
      groups: the treebanks or languages, in the order of the results.
    """

    def __init__(
        self,
        tagger: TaggingNetwork,
        batches: tf.data.Dataset,
        *,
        groups: Sequence[str],
        num_batches: int,
    ):
        """Takes the tagger and what it is to be right on.

        Args:
          tagger: the tagger.
          batches: the features that it reads, and int32 tensors `word_positions` [windows, words],
            `group` [windows], and for each task its labels [windows, words].
          groups: what the ids in `group` stand for.
          num_batches: the number of batches.
        """
        self._tagger = tagger
        self.groups = list(groups)
        self._batches = batches
        self._num_batches = num_batches
        self._count = tf.function(self._count_batch, input_signature=[batches.element_spec])

    def evaluate(self) -> dict[str, dict[str, float]]:
        """Runs the tagger over the whole corpus.

        Returns:
          Task to group to accuracy, in the order of `groups`. A label that the training data lacks
          counts as an error; a word without a label does not count, and a group without words
          that have one is left out.
        """
        correct = {task: np.zeros(len(self.groups)) for task in self._tagger.heads}
        words = {task: np.zeros(len(self.groups)) for task in self._tagger.heads}
        batches = progress(
            self._batches,
            total=self._num_batches,
            unit=" batches",
            desc="validate",
            leave=False,
        )
        for batch in batches:
            for task, (batch_correct, batch_words) in self._count(batch).items():
                correct[task] += batch_correct.numpy()
                words[task] += batch_words.numpy()
        return {
            task: {
                group: float(right / labeled)
                for group, right, labeled in zip(self.groups, correct[task], counts, strict=True)
                if labeled
            }
            for task, counts in words.items()
        }

    def _count_batch(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        """Task to the words with the right label and with any, int32 `[groups]` each."""
        is_word = batch["word_positions"] >= 0
        logits = self._tagger.logits(batch)
        group = tf.gather(batch["group"], tf.where(is_word)[:, 0])

        def by_group(values: tf.Tensor) -> tf.Tensor:
            return tf.math.unsorted_segment_sum(tf.cast(values, tf.int32), group, len(self.groups))

        labels = {task: tf.boolean_mask(batch[task], is_word) for task in logits}
        return {
            task: (
                by_group(tf.argmax(task_logits, axis=1, output_type=tf.int32) == labels[task]),
                by_group(labels[task] != UNANNOTATED),
            )
            for task, task_logits in logits.items()
        }
