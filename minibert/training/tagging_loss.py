"""The loss of a tagger on labeled data: Tsai et al. 2019, section 2.2."""

import tensorflow as tf

from minibert.data.input_pipeline import Batch
from minibert.models.tagging_network import TaggingNetwork
from minibert.text.wordpiece import WordpieceTokenizer
from minibert.training.step_dropout import StepSeeds
from minibert.training.train_step import LossSum

# Beyond the streams of dropout layers, which are numbered from 0.
_WORDPIECE_STREAM = 1_000_000


class TaggingLoss:
    """The cross-entropy of each task at the first wordpiece of each word."""

    def __init__(
        self,
        tagger: TaggingNetwork,
        tokenizer: WordpieceTokenizer,
        seeds: StepSeeds,
        *,
        wordpiece_dropout: float = 0.0,
    ):
        """Takes the tagger and how its input is disturbed.

        Args:
          tagger: the tagger.
          tokenizer: gives the ids of special wordpieces.
          seeds: of the random choices of a step.
          wordpiece_dropout: the part of the wordpieces that are replaced by `[UNK]`, so that the
            model learns to do without those that it has hardly seen.
        """
        self._tagger = tagger
        self._unk_id = tokenizer.unk_id
        self._kept_ids = (tokenizer.pad_id, tokenizer.cls_id, tokenizer.sep_id)
        self._seeds = seeds
        self._wordpiece_dropout = wordpiece_dropout

    def __call__(self, batch: Batch) -> dict[str, LossSum]:
        """Computes the losses of a batch of `InputPipeline`.

        Returns:
          Task to the cross-entropy, in nats, summed over the words whose label is known, and the
          number of these.
        """
        positions = batch["word_positions"]
        is_word = positions >= 0
        logits = self._tagger(
            {"input_ids": self._drop_wordpieces(batch["input_ids"]), "word_positions": positions},
            training=True,
        )
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

    def _drop_wordpieces(self, input_ids: tf.Tensor) -> tf.Tensor:
        if not self._wordpiece_dropout:
            return input_ids
        uniform = tf.random.stateless_uniform(
            tf.shape(input_ids), self._seeds.seed(_WORDPIECE_STREAM)
        )
        dropped = uniform < self._wordpiece_dropout
        for kept_id in self._kept_ids:
            dropped &= input_ids != kept_id
        return tf.where(dropped, self._unk_id, input_ids)
