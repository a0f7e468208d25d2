"""Puts together what trains the network of a stage: optimizer, random streams, step."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tf_keras

from minibert.errors import InputError
from minibert.models.composition import ComposedEmbedding, composed_heads, fold, start_from
from minibert.models.tagging_network import TaggingNetwork
from minibert.models.trained_rows import TrainedRows
from minibert.runs.trained_model import ModelDescription
from minibert.training.stage import Stage
from minibert.training.step_dropout import StepSeeds, seed_dropout
from minibert.training.train_step import TrainStep
from minibert.training.training_config import TrainingConfig

# Sets the encoder of a tagger; gives the tasks whose heads it has set as well.
Initializer = Callable[[TaggingNetwork], frozenset[str]]


@dataclass(frozen=True)
class StageTraining:
    """The network of a stage in training.

    Attributes:
      trained: what the step updates.
      plain: what is validated, saved and used; where all weights are plain, `trained` itself.
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


def create_stage_training(
    config: TrainingConfig,
    description: ModelDescription,
    stage: Stage,
    strategy: tf.distribute.Strategy,
    initialize: Initializer | None = None,
    *,
    number: int = 0,
    trained_rows: np.ndarray | None = None,
) -> StageTraining:
    """Builds the network of a stage and what trains it, under a strategy.

    Args:
      config: the options.
      description: what the network is.
      stage: the stage.
      strategy: what the variables are created under.
      initialize: sets weights of a tagger whose weights are random.
      number: that of the stage, counted from 0, of which the random streams are its own.
      trained_rows: bool `[pieces]`, the rows of the table of pieces that training can meet; all, if
        it is not given.

    Raises:
      InputError: as `initialize`; a head has no such rank.
    """
    with strategy.scope():
        dropout, xla = config.head_dropout, config.xla
        plain = trained = description.create_tagger(dropout=dropout, xla=xla)
        filled = initialize(plain) if initialize else None
        embedding_layer, heads = _layers(config, description, trained_rows)
        if embedding_layer or heads:
            trained = description.create_tagger(
                dropout=dropout, xla=xla, embedding_layer=embedding_layer, heads=heads
            )
            if filled is not None:
                start_from(trained, plain, filled)
        variables = list(stage.trainable(trained))
        for objective in stage.objectives:
            objective.build(trained)
            variables += objective.trainable_variables
        optimizer = stage.optimization.create_optimizer(
            variables,
            sum(stage.steps),
            embedding_tables=trained.encoder.embedding_tables,
            heads=[w for head in trained.heads.values() for w in head.trainable_weights],
        )
        seeds = StepSeeds(config.seed, optimizer.iterations, stage=number)
        seed_dropout(trained, seeds)
    step = TrainStep(
        lambda batch: stage.losses(trained, batch, seeds),
        variables,
        optimizer,
        clip_norm=stage.optimization.clip_norm,
        strategy=strategy,
    )
    return StageTraining(trained, plain, optimizer, step)


def composes_pieces(config: TrainingConfig) -> bool:
    """Whether vectors of pieces are trained as sums, where there are pieces."""
    return config.composition and config.compose_pieces


def _layers(
    config: TrainingConfig, description: ModelDescription, trained_rows: np.ndarray | None
) -> tuple[tf_keras.layers.Layer | None, dict[str, tf_keras.layers.Layer]]:
    """The layers that take the place of plain ones: that of pieces, and heads."""
    encoder, pieces = description.encoder, description.features.pieces
    embedding_layer = None
    if pieces and composes_pieces(config):
        embedding_layer = ComposedEmbedding(pieces, encoder)
    elif trained_rows is not None:
        embedding_layer = TrainedRows(trained_rows, encoder)
    heads = {}
    if config.head_rank >= encoder.hidden_size:
        raise InputError(
            f"--head_rank={config.head_rank}: must be less than the width of the encoder, "
            f"{encoder.hidden_size}"
        )
    if config.composition:
        heads = composed_heads(description.label_vocabs, encoder, rank=config.head_rank)
    return embedding_layer, heads
