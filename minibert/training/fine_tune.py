"""Trains a tagger on labeled data: Tsai et al. 2019, section 2.2."""

import json
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras

from minibert.data.corpus import scan_corpus
from minibert.data.dataset_info import DatasetInfo, count_labels, load_dataset_info
from minibert.data.input_pipeline import Batching, InputPipeline
from minibert.data.label_vocab import LabelVocab
from minibert.errors import InputError
from minibert.evaluation.accuracy import AccuracyEvaluator
from minibert.files import sha256, writing
from minibert.models.bert_config import BertConfig, resolve_bert_config
from minibert.models.checkpoint_files import check_prefix
from minibert.models.trained_model import ModelDescription, has_best
from minibert.options import to_json
from minibert.text.wordpiece import WordpieceTokenizer
from minibert.training.distribution import (
    check_agreement,
    create_strategy,
    distribute_batches,
    is_chief,
)
from minibert.training.fine_tune_config import FineTuneConfig
from minibert.training.hardware import resolve_precision
from minibert.training.init_checkpoint import fingerprint
from minibert.training.optimization import WarmupLinearDecay
from minibert.training.run_directory import MAY_CHANGE, claim_run_directory, data_fingerprint
from minibert.training.tagger_training import create_tagger_training
from minibert.training.trainer import EpochResult, Schedule, Trainer
from minibert.training.validation import Validator, best_line

# Wordpieces in a batch of validation; only speed depends on it.
_VALIDATION_WORDPIECES = 4096


def fine_tune(config: FineTuneConfig) -> None:
    """Trains a tagger, or goes on with a run that was stopped.

    Raises:
      InputError: bad input, or a model directory that holds another run.
    """
    strategy = create_strategy(config.distribute)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    tf_keras.utils.set_random_seed(config.seed)
    tokenizer = WordpieceTokenizer.from_file(config.vocab_file)
    info = load_dataset_info(config.data_dir)
    bert_config = _bert_config(config, tokenizer)
    training, validation, label_vocabs = _pipelines(config, info, tokenizer)
    description = ModelDescription(
        bert_config,
        tokenizer.vocab,
        label_vocabs,
        config.max_seq_length,
        training.corpus.word_hashes,
    )
    model_dir = Path(config.model_dir)
    check_prefix(model_dir)
    resolved = {
        "data": data_fingerprint(info),
        "vocab": sha256(config.vocab_file),
        "bert_config": bert_config.to_dict(),
        "init_checkpoint": fingerprint(config.init_checkpoint) if config.init_checkpoint else None,
        "precision": resolve_precision(config.precision),
    }
    with writing(model_dir) if is_chief(strategy) else nullcontext():
        if is_chief(strategy):
            claim_run_directory(model_dir, config, resolved)
            description.save(model_dir)
        _train(config, description, tokenizer, training, validation, resolved, strategy)
    if is_chief(strategy):
        print(best_line(model_dir))


def _train(
    config: FineTuneConfig,
    description: ModelDescription,
    tokenizer: WordpieceTokenizer,
    training: InputPipeline,
    validation: InputPipeline,
    resolved: Mapping[str, Any],
    strategy: tf.distribute.Strategy,
) -> None:
    """Trains from the last checkpoint, or the start, to the end."""
    steps = [training.num_steps(epoch) for epoch in range(config.epochs)]
    learning_rate = WarmupLinearDecay(
        peak=config.learning_rate,
        total_steps=sum(steps),
        warmup_steps=int(config.warmup_fraction * sum(steps)),
    )
    parts = create_tagger_training(config, description, tokenizer, learning_rate, strategy)
    model_dir = Path(config.model_dir)
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
        loss_names=[*config.tasks, "gradient_norm"],
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
        AccuracyEvaluator(
            parts.plain,
            validation.evaluation_batches(),
            groups=validation.corpus.treebanks,
            num_batches=validation.num_steps(0),
        ),
        model_dir,
        epochs_done=trainer.epochs_done,
        is_chief=is_chief(strategy),
    )

    def after_epoch(result: EpochResult) -> None:
        parts.update_plain()
        validator.validate(result)

    trainer.run(after_epoch)


def _bert_config(config: FineTuneConfig, tokenizer: WordpieceTokenizer) -> BertConfig:
    bert_config = resolve_bert_config(
        config.bert_config, len(tokenizer.vocab), config.vocab_file, dropout=config.dropout
    )
    if config.max_seq_length > bert_config.max_position_embeddings:
        raise InputError(
            f"--max_seq_length={config.max_seq_length}: the encoder has "
            f"{bert_config.max_position_embeddings} positions"
        )
    return bert_config


def _pipelines(
    config: FineTuneConfig, info: DatasetInfo, tokenizer: WordpieceTokenizer
) -> tuple[InputPipeline, InputPipeline, list[LabelVocab]]:
    """The pipelines of training and validation data, and the labels of the training data."""
    info.check_tasks(config.tasks)
    training_parts = info.select(config.train_splits, config.treebanks)
    validation_parts = info.select((config.validation_split,), config.treebanks)
    if not validation_parts:
        raise InputError(
            f"--validation_split={config.validation_split}: none of the treebanks has it"
        )
    label_vocabs = [
        LabelVocab.from_counts(task, count_labels(training_parts, task)) for task in config.tasks
    ]
    training = InputPipeline(
        scan_corpus(info, training_parts, config.tasks, tokenizer, config.max_seq_length),
        tokenizer,
        label_vocabs,
        Batching(
            config.max_seq_length,
            wordpieces=0 if config.batch_size else config.batch_wordpieces,
            windows=config.batch_size,
            static_shapes=config.xla,
        ),
        seed=config.seed,
        sentences_per_treebank=config.sentences_per_treebank,
    )
    validation = InputPipeline(
        scan_corpus(info, validation_parts, config.tasks, tokenizer, config.max_seq_length),
        tokenizer,
        label_vocabs,
        Batching(
            config.max_seq_length,
            wordpieces=max(_VALIDATION_WORDPIECES, config.max_seq_length),
            static_shapes=config.xla,
        ),
    )
    return training, validation, label_vocabs
