"""Metrics: figures by task and group that say how right a tagger is, and the one of a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import tensorflow as tf

from minibert.data.input_pipeline import Batch, EvaluationBatches
from minibert.data.label_vocab import LabelVocab
from minibert.data.tasks import ACCURACY, PHRASE_F1, metric_name
from minibert.evaluation.accuracy import AccuracyScorer
from minibert.evaluation.phrase_f1 import PhraseF1Scorer
from minibert.evaluation.scorer import Scorer
from minibert.models.tagging_network import TaggingNetwork
from minibert.progress import progress

AGREEMENT = "agreement"


class Metric(Protocol):
    """Measures a tagger on batches, as often as it is asked to."""

    def measure(self) -> dict[str, dict[str, float]]:
        """Runs the tagger, as it is now, over all batches.

        Returns:
          Task to group to a figure from 0 to 1, in the order of the groups; a group that has
          nothing to be right on is left out.
        """


class MetricKind(Protocol):
    """Makes a metric of a tagger and what it is to be right on."""

    @property
    def name(self) -> str:
        """What the figures are called."""

    def __call__(self, tagger: TaggingNetwork, batches: EvaluationBatches) -> Metric:
        """Makes it."""


# Those that tasks are judged by.
_SCORERS: Mapping[str, Callable[[LabelVocab, Sequence[str]], Scorer]] = {
    ACCURACY: AccuracyScorer,
    PHRASE_F1: PhraseF1Scorer,
}


@dataclass(frozen=True)
class LabelMetric:
    """How right the likeliest labels are, each task by a measure of its own: a `MetricKind`.

    Attributes:
      name: what the figures are called.
      scorers: task to what makes a scorer for groups.
    """

    name: str
    scorers: Mapping[str, Callable[[Sequence[str]], Scorer]]

    def __call__(self, tagger: TaggingNetwork, batches: EvaluationBatches) -> Metric:
        """As of `MetricKind`."""
        return _Measurement(self, tagger, batches)


def metric_of(label_vocabs: Sequence[LabelVocab]) -> LabelMetric:
    """The metric that chooses the best epoch of a run which learns some tasks."""
    measures = {vocab.task: metric_name(vocab.task) for vocab in label_vocabs}
    return LabelMetric(
        " and ".join(dict.fromkeys(measures.values())),
        {vocab.task: partial(_SCORERS[measures[vocab.task]], vocab) for vocab in label_vocabs},
    )


def agreement_of(label_vocabs: Sequence[LabelVocab]) -> LabelMetric:
    """How often a student finds that label likeliest which its teacher does.

    The teacher's stands in the batches, where else the gold one does.
    """
    return LabelMetric(
        AGREEMENT, {vocab.task: partial(AccuracyScorer, vocab) for vocab in label_vocabs}
    )


class _Measurement:
    """A `LabelMetric` of a tagger: one pass over the batches for all tasks."""

    def __init__(self, kind: LabelMetric, tagger: TaggingNetwork, batches: EvaluationBatches):
        self._scorers = {task: make(list(batches.groups)) for task, make in kind.scorers.items()}
        self._tagger = tagger
        self._num_batches = batches.num_steps(0)
        self._batches = batches.evaluation_batches()
        self._of_batch = tf.function(
            self._score_batch, input_signature=[self._batches.element_spec]
        )

    def measure(self) -> dict[str, dict[str, float]]:
        for scorer in self._scorers.values():
            scorer.reset()
        for batch in progress(
            self._batches, total=self._num_batches, unit=" batches", desc="validate", leave=False
        ):
            for task, found in self._of_batch(batch).items():
                self._scorers[task].add({name: values.numpy() for name, values in found.items()})
        return {task: scorer.figures() for task, scorer in self._scorers.items()}

    def _score_batch(self, batch: Batch) -> dict[str, dict[str, tf.Tensor]]:
        logits = self._tagger.logits(batch)
        return {
            task: scorer.of_batch(batch, logits[task]) for task, scorer in self._scorers.items()
        }
