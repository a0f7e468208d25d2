"""The loss of a tagger on labeled data: Tsai et al. 2019, section 2.2."""

import tensorflow as tf

from minibert.data.input_pipeline import Batch
from minibert.models.tagging_network import TaggingNetwork
from minibert.text.feature_spec import WORD_POSITIONS
from minibert.text.featurizer import Featurizer
from minibert.training.step_dropout import StepSeeds
from minibert.training.train_step import LossSum

# Beyond the streams of dropout layers, which are numbered from 0.
_WORDPIECE_STREAM = 1_000_000


class TaggingLoss:
    """The cross-entropy of each task at the first wordpiece of each word."""

    def __init__(
        self,
        tagger: TaggingNetwork,
        featurizer: Featurizer,
        seeds: StepSeeds,
        *,
        wordpiece_dropout: float = 0.0,
    ):
        """Takes the tagger and how its input is disturbed.

        Args:
          tagger: the tagger.
          featurizer: makes the features that it reads.
          seeds: of the random choices of a step.
          wordpiece_dropout: the part of the wordpieces that are dropped (`Featurizer.drop`), so
            that the model learns to do without those that it has hardly seen.
        """
        self._tagger = tagger
        self._featurizer = featurizer
        self._seeds = seeds
        self._wordpiece_dropout = wordpiece_dropout

    def __call__(self, batch: Batch) -> dict[str, LossSum]:
        """Computes the losses of a batch of `InputPipeline`.

        Returns:
          Task to the cross-entropy, in nats, summed over the words whose label is known, and the
          number of these.
        """
        is_word = batch[WORD_POSITIONS] >= 0
        logits = self._tagger.logits(self._drop_wordpieces(batch), training=True)
        losses = {}
        for task, task_logits in logits.items():
            labels = tf.boolean_mask(batch[task], is_word)
            is_known = labels >= 0
            cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
                tf.maximum(labels, 0), task_logits
            )
            losses[task] = (
                tf.reduce_sum(tf.where(is_known, cross_entropy, 0.0)),
                tf.math.count_nonzero(is_known),
            )
        return losses

    def _drop_wordpieces(self, batch: Batch) -> Batch:
        if not self._wordpiece_dropout:
            return batch
        seed = self._seeds.seed(_WORDPIECE_STREAM)
        return self._featurizer.drop(batch, self._wordpiece_dropout, seed)
