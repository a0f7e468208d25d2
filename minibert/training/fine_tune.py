"""Trains a tagger on labeled data: Tsai et al. 2019, section 2.2."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras
from tqdm import tqdm

from minibert.data.corpus import scan_corpus
from minibert.data.dataset_info import DatasetInfo, count_labels, load_dataset_info
from minibert.data.input_pipeline import Batch, Batching, InputPipeline
from minibert.data.label_vocab import LabelVocab
from minibert.errors import InputError
from minibert.evaluation.accuracy import AccuracyEvaluator, macro_average
from minibert.files import sha256
from minibert.models.bert_config import BertConfig, resolve_bert_config
from minibert.models.tagger import Tagger
from minibert.models.trained_model import ModelDescription, load_encoder_weights, write_best
from minibert.text.wordpiece import WordpieceTokenizer
from minibert.training.fine_tune_config import FineTuneConfig
from minibert.training.hardware import resolve_precision
from minibert.training.optimization import WarmupLinearDecay, create_optimizer
from minibert.training.run_directory import History, claim_run_directory, data_fingerprint
from minibert.training.step_dropout import StepSeeds, seed_dropout
from minibert.training.train_loop import (
    LossSum,
    TrainStep,
    create_strategy,
    distribute_batches,
    is_chief,
)
from minibert.training.trainer import EpochResult, Schedule, Trainer
from minibert.training.training_curves import plot_training_curves

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
        tagger = description.create_tagger(dropout=bert_config.hidden_dropout_prob, xla=config.xla)
        if config.init_checkpoint:
            load_encoder_weights(tagger, bert_config, tokenizer.vocab, config.init_checkpoint)
        optimizer = create_optimizer(
            tagger.trainable_variables,
            learning_rate,
            weight_decay=config.weight_decay,
            embedding_table=tagger.encoder.word_embeddings,
            touched_rows_only=config.embedding_update == "touched",
        )
        seed_dropout(tagger, StepSeeds(config.seed, optimizer.iterations))
    trainer = Trainer(
        TrainStep(
            lambda batch: tagging_loss(tagger, batch),
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
    validator = _Validator(
        tagger, AccuracyEvaluator(tagger, validation), model_dir, trainer, is_chief(strategy)
    )
    trainer.run(validator.after_epoch)
    print(validator.summary())


def tagging_loss(tagger: Tagger, batch: Batch) -> dict[str, LossSum]:
    """The cross-entropy of each task, summed over the words whose label is known.

    Args:
      tagger: the tagger, in training.
      batch: a batch of `InputPipeline`.

    Returns:
      Task to the sum and the number of words.
    """
    is_word = batch["word_positions"] >= 0
    inputs = {name: batch[name] for name in ("input_ids", "word_positions")}
    losses = {}
    for task, logits in tagger(inputs, training=True).items():
        labels = tf.boolean_mask(batch[task], is_word)
        is_known = labels >= 0
        cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
            tf.maximum(labels, 0), logits
        )
        losses[task] = (
            tf.reduce_sum(tf.where(is_known, cross_entropy, 0.0)),
            tf.math.count_nonzero(is_known),
        )
    return losses


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


class _Validator:
    """Validates after each epoch, keeps the best weights, and writes what was measured."""

    def __init__(
        self,
        tagger: Tagger,
        evaluator: AccuracyEvaluator,
        model_dir: Path,
        trainer: Trainer,
        is_chief: bool,
    ):
        self._tagger = tagger
        self._evaluator = evaluator
        self._model_dir = model_dir
        self._is_chief = is_chief
        self._history = History(model_dir, trainer.epochs_done)

    def after_epoch(self, result: EpochResult) -> None:
        accuracy = self._evaluator.evaluate()
        if not self._is_chief:
            return
        measured = _measured(result, accuracy, self._evaluator.treebanks)
        best = max((entry["score"] for entry in self._history.epochs), default=-1.0)
        if measured["score"] > best:
            scores = {task: values["macro"] for task, values in measured["accuracy"].items()}
            write_best(self._model_dir, self._tagger, epoch=result.epoch, scores=scores)
        self._history.add(measured)
        plot_training_curves(self._model_dir / "training_curves.png", self._history.epochs)
        for task, values in measured["accuracy"].items():
            tf.summary.scalar(f"validation/{task}", values["macro"], step=result.steps)
            for treebank, value in values["by_treebank"].items():
                tf.summary.scalar(f"validation_{task}/{treebank}", value, step=result.steps)
        tqdm.write(_epoch_line(measured), file=sys.stderr)

    def summary(self) -> str:
        if not self._is_chief:
            return ""
        best = max(self._history.epochs, key=lambda entry: entry["score"])
        return f"{self._model_dir}: best epoch is {_epoch_line(best)}"


def _measured(
    result: EpochResult, accuracy: Mapping[str, np.ndarray], treebanks: list[str]
) -> dict[str, Any]:
    """The entry of an epoch in `history.json`."""
    by_task = {
        task: {
            "macro": macro_average(values),
            "by_treebank": dict(zip(treebanks, values.tolist(), strict=True)),
        }
        for task, values in accuracy.items()
    }
    return {
        "epoch": result.epoch,
        "steps": result.steps,
        "training_seconds": round(result.seconds, 1),
        "loss": dict(result.losses),
        "accuracy": by_task,
        # The mean over tasks, by which the best epoch is chosen.
        "score": float(np.mean([values["macro"] for values in by_task.values()])),
    }


def _epoch_line(measured: Mapping[str, Any]) -> str:
    tasks = ", ".join(
        f"{task} {100 * values['macro']:.2f}" for task, values in measured["accuracy"].items()
    )
    return (
        f"epoch {measured['epoch']}: macro accuracy {tasks} "
        f"({measured['training_seconds'] / 60:.1f} min of training)"
    )
