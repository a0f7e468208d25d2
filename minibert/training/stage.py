"""A stage of training: what is learned, from what, by which weights, for how long."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import tensorflow as tf

from minibert.data.input_pipeline import Batch, EvaluationBatches
from minibert.evaluation.metrics import MetricKind
from minibert.models.tagging_network import TaggingNetwork
from minibert.text.featurizer import Featurizer
from minibert.training.distribution import distribute_batches
from minibert.training.objectives.objective import LossSum, Objective
from minibert.training.optimization import BertOptimization, Optimization
from minibert.training.step_dropout import FEATURE_STREAM, StepSeeds
from minibert.training.trainer import Schedule
from minibert.training.training_config import TrainingConfig


class Batches(EvaluationBatches, Protocol):
    """What makes the batches of training or of validation, such as an `InputPipeline`."""

    def num_wordpieces(self, epoch: int) -> int:
        """The number of wordpieces in an epoch."""

    def training_batches(self, epoch: int, skip: int = 0) -> tf.data.Dataset:
        """The batches of an epoch of training, but for the first `skip`."""


def all_weights(tagger: TaggingNetwork) -> Sequence[tf.Variable]:
    """All weights of a network that can be trained."""
    return tagger.trainable_variables


def bert_optimization(config: TrainingConfig) -> BertOptimization:
    """How options say that weights are to be updated."""
    return BertOptimization(
        learning_rate=config.learning_rate,
        head_learning_rate=config.head_learning_rate,
        warmup_fraction=config.warmup_fraction,
        weight_decay=config.weight_decay,
        clip_norm=config.clip_norm,
        touched_rows_only=config.embedding_update == "touched",
    )


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of a run.

    Attributes:
      objectives: whose losses are added up.
      training: the batches to learn from.
      validation: the batches to measure on after each epoch.
      metric: measures on these, and so chooses the best epoch.
      epochs: the most epochs.
      patience: epochs without a better one after which the stage is over; 0 for none.
      optimization: how weights are updated.
      trainable: the weights of the network that are trained.
      featurizer: makes the features, of which a part is dropped.
      feature_dropout: this part (`Featurizer.drop`), so that the model learns to do without what
        it has hardly seen.
    """

    objectives: Sequence[Objective]
    training: Batches
    validation: Batches
    metric: MetricKind
    epochs: int
    optimization: Optimization
    patience: int = 0
    trainable: Callable[[TaggingNetwork], Sequence[tf.Variable]] = all_weights
    featurizer: Featurizer | None = None
    feature_dropout: float = 0.0

    def __post_init__(self) -> None:
        if len(set(self.loss_names)) < len(self.loss_names):
            raise ValueError(f"two losses of one name: {' '.join(self.loss_names)}")

    @cached_property
    def steps(self) -> Sequence[int]:
        """The number of batches in each epoch."""
        return [self.training.num_steps(epoch) for epoch in range(self.epochs)]

    def schedule(self, strategy: tf.distribute.Strategy) -> Schedule:
        """What is trained on in which epoch, cut into parts for the replicas of a strategy."""
        return Schedule(
            self.steps,
            [self.training.num_wordpieces(epoch) for epoch in range(self.epochs)],
            lambda epoch, skip: distribute_batches(
                self.training.training_batches(epoch, skip), strategy
            ),
            self.optimization.learning_rates(sum(self.steps)),
        )

    @property
    def loss_names(self) -> Sequence[str]:
        """The names of all losses."""
        return [name for objective in self.objectives for name in objective.names]

    def losses(
        self, tagger: TaggingNetwork, batch: Batch, seeds: StepSeeds
    ) -> Mapping[str, LossSum]:
        """The sums of all losses of a batch, by name; called under a gradient tape."""
        read = batch
        if self.featurizer and self.feature_dropout:
            seed = seeds.seed(FEATURE_STREAM)
            read = self.featurizer.drop(batch, self.feature_dropout, seed)
        outputs = tagger.forward(read, training=True)
        sums: dict[str, LossSum] = {}
        for objective in self.objectives:
            sums |= objective(batch, outputs)
        return sums
