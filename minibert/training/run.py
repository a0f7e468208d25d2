"""A run of training from its first step, or its last checkpoint, to its end; of any job."""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from minibert.errors import InputError
from minibert.files import sha256, writing
from minibert.models.encoder_config import EncoderConfig
from minibert.options import to_json
from minibert.runs.best_epoch import has_best
from minibert.runs.position import Checkpoints, current_stage
from minibert.runs.run_directory import MAY_CHANGE, check_run_directory, claim_run_directory
from minibert.runs.trained_model import ModelDescription, load_weights
from minibert.text.feature_spec import FeatureSpec
from minibert.training.distribution import check_agreement, create_strategy, is_chief
from minibert.training.encoder_files import EncoderFiles
from minibert.training.hardware import resolve_precision
from minibert.training.init_checkpoint import fingerprint, initial_weights, load_initial_weights
from minibert.training.stage import Stage
from minibert.training.stage_training import Initializer, create_stage_training
from minibert.training.train_step import GRADIENT_NORM
from minibert.training.trainer import EpochResult, Trainer
from minibert.training.training_config import TrainingConfig
from minibert.training.validation import Validator, best_line
from minibert.weights.checkpoint_files import check_prefix

# In what is recorded of a run: of how many rows of a large table only are trained.
TRAINED_ROWS = "trained_rows"


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


def check_start(
    config: TrainingConfig, files: EncoderFiles, features: FeatureSpec
) -> EncoderConfig:
    """Checks what can be checked of a run before its data, which may take long, is read.

    Args:
      config: the options.
      files: as `encoder_files` gives them.
      features: what the encoder reads.

    Returns:
      The shape of the encoder that the options mean.

    Raises:
      InputError: as `resolve_encoder_config`, there is no `config.init_checkpoint`, or the model
        directory is this, or holds something else.
    """
    model_dir = Path(config.model_dir)
    check_prefix(model_dir)
    resolve_precision(config.precision)
    initial = config.init_checkpoint
    if initial is not None and model_dir.resolve() == Path(initial).resolve():
        raise InputError(
            f"--model_dir={model_dir}: is the --init_checkpoint; name another --model_dir"
        )
    check_run_directory(model_dir, config)
    if initial is not None:
        initial_weights(initial)
    return files.resolve(features, dropout=config.dropout)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of training, of any job.

    Attributes:
      config: the options.
      strategy: as `start_training` gave it.
      vocab_file: where the features are from.
      description: what the tagger is.
      stages: what is trained, one after the other, each from the best epoch of the one before.
      data: what identifies the data, for a later start.
      initialize: sets the weights at the start; `config.init_checkpoint` comes before it.
      trained_rows: as of `create_stage_training`.
    """

    config: TrainingConfig
    strategy: tf.distribute.Strategy
    vocab_file: str
    description: ModelDescription
    stages: Sequence[Stage]
    data: Mapping[str, Any]
    initialize: Initializer | None = None
    trained_rows: np.ndarray | None = None

    @property
    def model_dir(self) -> Path:
        """The directory of the run."""
        return Path(self.config.model_dir)

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes."""
        return is_chief(self.strategy)

    @cached_property
    def resolved(self) -> dict[str, Any]:
        """What determines the result beside the options, as JSON has it."""
        config = self.config
        initial = config.init_checkpoint
        return {
            **self.data,
            "vocab": sha256(self.vocab_file),
            "bert_config": self.description.encoder.to_dict(),
            "init_checkpoint": fingerprint(initial) if initial else None,
            "precision": resolve_precision(config.precision),
            **({"stages": len(self.stages)} if len(self.stages) > 1 else {}),
            **({} if self.trained_rows is None else {TRAINED_ROWS: int(self.trained_rows.sum())}),
        }

    def initializer(self, stage: int) -> Initializer | None:
        """What sets the weights at the start of a stage, if they are not random."""
        initial = self.config.init_checkpoint
        if stage:
            return lambda tagger: frozenset(load_weights(tagger, self.description, self.model_dir))
        return (
            partial(load_initial_weights, self.description, initial) if initial else self.initialize
        )


def train(run: Run) -> None:
    """Trains a tagger, or goes on with a run that was stopped, in `run.model_dir`.

    Raises:
      InputError: a model directory that holds another run, or a damaged one.
    """
    with writing(run.model_dir) if run.is_chief else nullcontext():
        if run.is_chief:
            check_run_directory(run.model_dir, run.config, run.resolved)
        for number in range(current_stage(run.model_dir), len(run.stages)):
            _train_stage(run, number)
    if run.is_chief:
        print(best_line(run.model_dir, run.stages[-1].metric.name))


def _train_stage(run: Run, number: int) -> None:
    config, stage, strategy = run.config, run.stages[number], run.strategy
    if number:
        # What is random in a stage is to be the same in the process of the one before and in a new
        # one; before the first `start_training` has done so.
        tf_keras.utils.set_random_seed(config.seed + number)
    parts = create_stage_training(
        config,
        run.description,
        stage,
        strategy,
        run.initializer(number),
        number=number,
        trained_rows=run.trained_rows,
    )
    # Not before: weights that do not fit leave no directory of a run with them.
    if run.is_chief:
        claim_run_directory(run.model_dir, config, run.resolved)
        run.description.save(run.model_dir)
    trackables = {"tagger": parts.trained, "optimizer": parts.optimizer}
    if any(objective.variables for objective in stage.objectives):
        trackables["objectives"] = tf.train.Checkpoint(objectives=list(stage.objectives))
    checkpoints = Checkpoints(run.model_dir, trackables)
    names = [*stage.loss_names, GRADIENT_NORM]
    position = checkpoints.restore(stage.steps, names, is_started=has_best(run.model_dir))
    trainer = Trainer(
        parts.step,
        stage.schedule(strategy),
        checkpoints,
        position,
        run.model_dir,
        checkpoint_steps=config.checkpoint_steps,
        precision=run.resolved["precision"],
        is_chief=run.is_chief,
    )
    options = {name: value for name, value in to_json(config).items() if name not in MAY_CHANGE}
    check_agreement(strategy, json.dumps([options, run.resolved, asdict(position)]))
    if trainer.steps_done and run.is_chief:
        of = f"{sum(stage.steps):,}" + (f" of stage {number + 1}" if len(run.stages) > 1 else "")
        print(f"going on behind step {trainer.steps_done:,} of {of}", file=sys.stderr)
    validator = Validator(
        parts.plain,
        stage,
        run.model_dir,
        number=number,
        epochs_done=position.epochs_before + position.epoch,
        is_chief=run.is_chief,
    )

    def after_epoch(result: EpochResult) -> bool:
        parts.update_plain()
        validator.validate(result)
        return validator.is_over

    if not validator.is_over:
        trainer.run(after_epoch)
    if run.is_chief and number + 1 < len(run.stages):
        checkpoints.save_next_stage(trainer.position, trainer.steps_done)
