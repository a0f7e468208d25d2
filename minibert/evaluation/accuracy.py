"""Accuracy of labels on gold segmentation, where it is the F1 of the CoNLL 2018 shared task."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from minibert.data.input_pipeline import InputPipeline
from minibert.models.tagger import Tagger
from minibert.progress import progress


class AccuracyEvaluator:
    """Counts the right labels of a tagger over prepared records, by task and treebank.

    Attributes:
      treebanks: the treebanks, in the order of the results.
    """

    def __init__(self, tagger: Tagger, pipeline: InputPipeline):
        """Takes the tagger and what makes the batches."""
        self._tagger = tagger
        self._pipeline = pipeline
        self.treebanks = pipeline.corpus.treebanks
        self._num_treebanks = len(self.treebanks)
        self._batches = pipeline.evaluation_batches()
        self._count = tf.function(self._count_batch, input_signature=[self._batches.element_spec])

    def evaluate(self) -> dict[str, np.ndarray]:
        """Runs the tagger over the whole corpus.

        Returns:
          Task to accuracy by treebank, float64 `[treebanks]` in the order of
          `treebanks`. A label that the training data lacks counts as an error.
        """
        correct = {task: np.zeros(self._num_treebanks) for task in self._tagger.heads}
        words = np.zeros(self._num_treebanks)
        batches = progress(
            self._batches,
            total=self._pipeline.num_steps(0),
            unit=" batches",
            desc="validate",
            leave=False,
        )
        for batch in batches:
            batch_correct, batch_words = self._count(batch)
            words += batch_words.numpy()
            for task, counts in batch_correct.items():
                correct[task] += counts.numpy()
        return {task: counts / words for task, counts in correct.items()}

    def _count_batch(
        self, batch: Mapping[str, tf.Tensor]
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        is_word = batch["word_positions"] >= 0
        logits = self._tagger(
            {name: batch[name] for name in ("input_ids", "word_positions")}, training=False
        )
        treebank = tf.gather(batch["treebank"], tf.where(is_word)[:, 0])

        def by_treebank(values: tf.Tensor) -> tf.Tensor:
            return tf.math.unsorted_segment_sum(
                tf.cast(values, tf.int32), treebank, self._num_treebanks
            )

        correct = {
            task: by_treebank(
                tf.argmax(task_logits, axis=1, output_type=tf.int32)
                == tf.boolean_mask(batch[task], is_word)
            )
            for task, task_logits in logits.items()
        }
        return correct, by_treebank(tf.ones_like(treebank))


def macro_average(by_treebank: Sequence[float] | np.ndarray) -> float:
    """The mean over treebanks, each counting the same whatever its size (Tsai et al. 2019, B.2)."""
    return float(np.mean(by_treebank))
