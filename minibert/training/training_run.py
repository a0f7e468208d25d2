"""A run of training from its first step, or its last checkpoint, to its end; of any job."""

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import tensorflow as tf
import tf_keras

from minibert.data.input_pipeline import EvaluationBatches
from minibert.errors import InputError
from minibert.evaluation.metrics import Metric
from minibert.files import sha256, writing
from minibert.models.bert_config import BertConfig, resolve_bert_config
from minibert.models.tagging_network import TaggingNetwork
from minibert.options import to_json
from minibert.runs.best_epoch import has_best
from minibert.runs.run_directory import MAY_CHANGE, check_run_directory, claim_run_directory
from minibert.runs.trained_model import ModelDescription
from minibert.training.distribution import (
    check_agreement,
    create_strategy,
    distribute_batches,
    is_chief,
)
from minibert.training.hardware import resolve_precision
from minibert.training.init_checkpoint import fingerprint, initial_weights, load_initial_weights
from minibert.training.optimization import WarmupLinearDecay
from minibert.training.step_dropout import StepSeeds
from minibert.training.tagger_training import Initializer, create_tagger_training
from minibert.training.train_step import Loss
from minibert.training.trainer import EpochResult, Schedule, Trainer
from minibert.training.training_config import TrainingConfig
from minibert.training.validation import Validator, best_line
from minibert.weights.checkpoint_files import check_prefix


class Batches(EvaluationBatches, Protocol):
    """What makes the batches of training or of validation, such as an `InputPipeline`."""

    def num_wordpieces(self, epoch: int) -> int:
        """The number of wordpieces in an epoch."""

    def training_batches(self, epoch: int, skip: int = 0) -> tf.data.Dataset:
        """The batches of an epoch of training, but for the first `skip`."""


def start_training(config: TrainingConfig) -> tf.distribute.Strategy:
    """Sets up TensorFlow; must come before any other use of it.

    Raises:
      InputError: as `create_strategy`.
    """
    strategy = create_strategy(config.distribute)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    tf_keras.utils.set_random_seed(config.seed)
    return strategy


def check_start(config: TrainingConfig, vocab_size: int, max_seq_length: int) -> BertConfig:
    """Checks what can be checked of a run before its data, which may take long, is read.

    Returns:
      The shape of the encoder that the options mean.

    Raises:
      InputError: as `resolve_bert_config`, the windows are longer than the encoder takes, there is
        no `config.init_checkpoint`, or the model directory holds something else.
    """
    model_dir = Path(config.model_dir)
    check_prefix(model_dir)
    resolve_precision(config.precision)
    check_run_directory(model_dir, config)
    if config.init_checkpoint is not None:
        initial_weights(config.init_checkpoint)
    bert_config = resolve_bert_config(
        config.bert_config, vocab_size, config.vocab_file, dropout=config.dropout
    )
    if max_seq_length > bert_config.max_position_embeddings:
        raise InputError(
            f"windows of {max_seq_length} wordpieces: the encoder of --bert_config has "
            f"{bert_config.max_position_embeddings} positions"
        )
    return bert_config


def train(
    config: TrainingConfig,
    strategy: tf.distribute.Strategy,
    description: ModelDescription,
    training: Batches,
    validation: Batches,
    create_loss: Callable[[TaggingNetwork, StepSeeds], Loss],
    data: Mapping[str, Any],
    initialize: Initializer | None = None,
    *,
    metric: type[Metric],
) -> None:
    """Trains a tagger, or goes on with a run that was stopped, in `config.model_dir`.

    Args:
      config: the options.
      strategy: as `start_training` gave it.
      description: what the tagger is.
      training: the batches to learn from.
      validation: the batches to measure on after each epoch.
      create_loss: as of `create_tagger_training`.
      data: what identifies the data, for a later start.
      initialize: as of `create_tagger_training`; `config.init_checkpoint` comes before it.
      metric: measures on the validation batches, and so chooses the best epoch.

    Raises:
      InputError: a model directory that holds another run, or a damaged one.
    """
    model_dir = Path(config.model_dir)
    resolved = {
        **data,
        "vocab": sha256(config.vocab_file),
        "bert_config": description.bert_config.to_dict(),
        "init_checkpoint": fingerprint(config.init_checkpoint) if config.init_checkpoint else None,
        "precision": resolve_precision(config.precision),
    }
    if config.init_checkpoint is not None:
        initialize = partial(load_initial_weights, description, config.init_checkpoint)
    with writing(model_dir) if is_chief(strategy) else nullcontext():
        if is_chief(strategy):
            check_run_directory(model_dir, config, resolved)
        steps = [training.num_steps(epoch) for epoch in range(config.epochs)]
        learning_rate = WarmupLinearDecay(
            peak=config.learning_rate,
            total_steps=sum(steps),
            warmup_steps=int(config.warmup_fraction * sum(steps)),
        )
        parts = create_tagger_training(
            config, description, create_loss, learning_rate, strategy, initialize
        )
        # Not before: weights that do not fit leave no directory of a run with them.
        if is_chief(strategy):
            claim_run_directory(model_dir, config, resolved)
            description.save(model_dir)
        trainer = Trainer(
            parts.step,
            Schedule(
                steps,
                [training.num_wordpieces(epoch) for epoch in range(config.epochs)],
                lambda epoch, skip: distribute_batches(
                    training.training_batches(epoch, skip), strategy
                ),
            ),
            model_dir,
            trackables={"tagger": parts.trained, "optimizer": parts.optimizer},
            loss_names=[*(vocab.task for vocab in description.label_vocabs), "gradient_norm"],
            learning_rate=learning_rate,
            checkpoint_steps=config.checkpoint_steps,
            precision=resolved["precision"],
            is_started=has_best(model_dir),
            is_chief=is_chief(strategy),
        )
        options = {name: value for name, value in to_json(config).items() if name not in MAY_CHANGE}
        check_agreement(
            strategy, json.dumps([options, resolved, trainer.epochs_done, trainer.steps_done])
        )
        if trainer.steps_done and is_chief(strategy):
            print(f"going on behind step {trainer.steps_done:,} of {sum(steps):,}", file=sys.stderr)
        validator = Validator(
            parts.plain,
            metric(parts.plain, validation),
            model_dir,
            epochs_done=trainer.epochs_done,
            is_chief=is_chief(strategy),
        )

        def after_epoch(result: EpochResult) -> None:
            parts.update_plain()
            validator.validate(result)

        trainer.run(after_epoch)
    if is_chief(strategy):
        print(best_line(model_dir, metric.name))
