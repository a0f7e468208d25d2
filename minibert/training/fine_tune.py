"""Trains a tagger on labeled data: Tsai et al. 2019, section 2.2."""

from pathlib import Path

import tensorflow as tf
import tf_keras

from minibert.data.corpus import scan_corpus
from minibert.data.dataset_info import DatasetInfo, count_labels, load_dataset_info
from minibert.data.input_pipeline import Batching, InputPipeline
from minibert.data.label_vocab import LabelVocab
from minibert.errors import InputError
from minibert.evaluation.accuracy import AccuracyEvaluator
from minibert.files import sha256
from minibert.models.bert_config import BertConfig, resolve_bert_config
from minibert.models.trained_model import ModelDescription, load_encoder_weights
from minibert.text.wordpiece import WordpieceTokenizer
from minibert.training.composition import create_composed_tagger, fold
from minibert.training.fine_tune_config import FineTuneConfig
from minibert.training.hardware import resolve_precision
from minibert.training.optimization import WarmupLinearDecay, create_optimizer
from minibert.training.run_directory import claim_run_directory, data_fingerprint
from minibert.training.step_dropout import StepSeeds, seed_dropout
from minibert.training.tagging_loss import TaggingLoss
from minibert.training.train_loop import (
    TrainStep,
    create_strategy,
    distribute_batches,
    is_chief,
)
from minibert.training.trainer import EpochResult, Schedule, Trainer
from minibert.training.validation import Validator

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
    precision = resolve_precision(config.precision)
    model_dir = Path(config.model_dir)
    if is_chief(strategy):
        claim_run_directory(
            model_dir,
            config,
            {
                "data": data_fingerprint(config.data_dir),
                "vocab": sha256(config.vocab_file),
                "precision": precision,
            },
        )
        description.save(model_dir)

    steps = [training.num_steps(epoch) for epoch in range(config.epochs)]
    learning_rate = WarmupLinearDecay(
        peak=config.learning_rate,
        total_steps=sum(steps),
        warmup_steps=int(config.warmup_fraction * sum(steps)),
    )
    with strategy.scope():
        # What is validated, saved and used: without composition it is also what is trained.
        plain = description.create_tagger(dropout=config.head_dropout, xla=config.xla)
        if config.init_checkpoint:
            load_encoder_weights(plain, bert_config, tokenizer.vocab, config.init_checkpoint)
        tagger = plain
        if config.composition:
            tagger = create_composed_tagger(
                description,
                start_from=plain if config.init_checkpoint else None,
                dropout=config.head_dropout,
                xla=config.xla,
            )
        optimizer = create_optimizer(
            tagger.trainable_variables,
            learning_rate,
            weight_decay=config.weight_decay,
            embedding_tables=tagger.encoder.embedding_layer.weights,
            touched_rows_only=config.embedding_update == "touched",
        )
        seeds = StepSeeds(config.seed, optimizer.iterations)
        seed_dropout(tagger, seeds)
    trainer = Trainer(
        TrainStep(
            TaggingLoss(tagger, tokenizer, seeds, wordpiece_dropout=config.wordpiece_dropout),
            tagger.trainable_variables,
            optimizer,
            clip_norm=config.clip_norm,
            strategy=strategy,
        ),
        Schedule(
            steps,
            [training.num_wordpieces(epoch) for epoch in range(config.epochs)],
            lambda epoch, skip: distribute_batches(
                training.training_batches(epoch, skip), strategy
            ),
        ),
        model_dir,
        trackables={"tagger": tagger, "optimizer": optimizer},
        loss_names=[*config.tasks, "gradient_norm"],
        learning_rate=learning_rate,
        checkpoint_steps=config.checkpoint_steps,
        precision=precision,
        is_chief=is_chief(strategy),
    )
    validator = Validator(
        plain,
        AccuracyEvaluator(plain, validation),
        model_dir,
        epochs_done=trainer.epochs_done,
        is_chief=is_chief(strategy),
    )

    def after_epoch(result: EpochResult) -> None:
        if config.composition:
            fold(tagger, plain)
        validator.validate(result)

    trainer.run(after_epoch)
    print(validator.summary())


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
        scan_corpus(info, training_parts, tokenizer, config.max_seq_length),
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
        scan_corpus(info, validation_parts, tokenizer, config.max_seq_length),
        tokenizer,
        label_vocabs,
        Batching(
            config.max_seq_length,
            wordpieces=max(_VALIDATION_WORDPIECES, config.max_seq_length),
            static_shapes=config.xla,
        ),
    )
    return training, validation, label_vocabs
