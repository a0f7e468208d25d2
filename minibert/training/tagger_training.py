"""Puts together what trains a tagger: network, optimizer, random streams, loss, step."""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf
import tf_keras

from minibert.models.composition import composed_layers, fold, start_from
from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.trained_model import ModelDescription
from minibert.training.optimization import WarmupLinearDecay, create_optimizer
from minibert.training.step_dropout import StepSeeds, seed_dropout
from minibert.training.train_step import Loss, TrainStep
from minibert.training.training_config import TrainingConfig

# Sets the encoder of a tagger; gives the tasks whose heads it has set as well.
Initializer = Callable[[TaggingNetwork], frozenset[str]]


@dataclass(frozen=True)
class TaggerTraining:
    """A tagger in training.

    Attributes:
      trained: what the step updates.
      plain: what is validated, saved and used; without composition it is `trained` itself.
      optimizer: of the weights of `trained`.
      step: makes one update.
    """

    trained: TaggingNetwork
    plain: TaggingNetwork
    optimizer: tf_keras.optimizers.Optimizer
    step: TrainStep

    def update_plain(self) -> None:
        """Makes `plain` compute what `trained` does."""
        if self.plain is not self.trained:
            fold(self.trained, self.plain)


def create_tagger_training(
    config: TrainingConfig,
    description: ModelDescription,
    create_loss: Callable[[TaggingNetwork, StepSeeds], Loss],
    learning_rate: WarmupLinearDecay,
    strategy: tf.distribute.Strategy,
    initialize: Initializer | None = None,
) -> TaggerTraining:
    """Builds a tagger and what trains it, under a strategy.

    Args:
      config: the options.
      description: what the tagger is.
      create_loss: makes the loss of a tagger, which draws at random by the given seeds.
      learning_rate: of each step.
      strategy: what the variables are created under.
      initialize: sets weights of a tagger whose weights are random.

    Raises:
      InputError: as `initialize`.
    """
    with strategy.scope():
        dropout, xla = config.head_dropout, config.xla
        plain = trained = description.create_tagger(dropout=dropout, xla=xla)
        filled = initialize(plain) if initialize else None
        if config.composition:
            layers = composed_layers(
                description.features, description.label_vocabs, description.encoder
            )
            trained = description.create_tagger(dropout=dropout, xla=xla, **layers)
            if filled is not None:
                start_from(trained, plain, filled)
        embeddings = trained.encoder.embedding_layer
        optimizer = create_optimizer(
            trained.trainable_variables,
            learning_rate,
            weight_decay=config.weight_decay,
            embedding_tables=embeddings.weights if embeddings else [],
            touched_rows_only=config.embedding_update == "touched",
        )
        seeds = StepSeeds(config.seed, optimizer.iterations)
        seed_dropout(trained, seeds)
    step = TrainStep(
        create_loss(trained, seeds),
        trained.trainable_variables,
        optimizer,
        clip_norm=config.clip_norm,
        strategy=strategy,
    )
    return TaggerTraining(trained, plain, optimizer, step)
