"""Distills a student from what a teacher says of unlabeled text: Tsai et al. 2019, section 3."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from minibert.data.label_vocab import LabelVocab
from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.trained_model import ModelDescription
from minibert.text.vocab import read_vocab
from minibert.training.distill_config import DistillConfig
from minibert.training.distillation_loss import DistillationLoss
from minibert.training.distribution import is_chief
from minibert.training.init_checkpoint import fingerprint
from minibert.training.step_dropout import StepSeeds
from minibert.training.svd_embeddings import svd_initializer
from minibert.training.teaching import Teaching, kept_teaching, online_teaching
from minibert.training.training_run import check_start, start_training, train
from minibert.training.validation import best_table

# What it is called when student and teacher find the same label likeliest.
_MEASURE = "agreement"


def distill(config: DistillConfig) -> None:
    """Distills a student, or goes on with a run that was stopped.

    What is measured after each epoch is how often student and teacher find the same label
    likeliest, on text that was held out, by language (Tsai et al. 2019, section 4.2).

    Raises:
      InputError: bad input, or a model directory that holds another run.
    """
    strategy = start_training(config)
    vocab = read_vocab(config.vocab_file)
    teaching = _teaching(config, vocab)
    featurizer = teaching.featurizer
    initialize = embeddings = None
    if config.init_embeddings == "svd" and config.teacher_dir is not None:
        initialize = svd_initializer(config.teacher_dir, vocab)
        embeddings = fingerprint(config.teacher_dir)
    description = ModelDescription(
        check_start(config, len(vocab), featurizer.max_length),
        vocab,
        [LabelVocab(task, tuple(labels)) for task, labels in teaching.labels.items()],
        featurizer.max_length,
        featurizer.normalization,
        np.zeros(0, np.int64),
    )
    training, validation = teaching.load_batches()

    def create_loss(tagger: TaggingNetwork, seeds: StepSeeds) -> DistillationLoss:
        return DistillationLoss(
            tagger,
            teaching.teacher,
            list(teaching.labels),
            temperature=config.temperature,
            scale=config.scale_loss,
        )

    try:
        train(
            config,
            strategy,
            description,
            training,
            validation,
            create_loss,
            {
                **teaching.identity,
                "max_seq_length": featurizer.max_length,
                "embeddings": embeddings,
            },
            initialize,
            measure=_MEASURE,
        )
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError):
        # Says of which file it was, if it was one.
        for batches in (training, validation):
            batches.records.verify(batches.windows)
        raise
    if is_chief(strategy):
        print(best_table(Path(config.model_dir), _MEASURE))


def _teaching(config: DistillConfig, vocab: Sequence[str]) -> Teaching:
    if config.teacher_outputs_dir is not None:
        return kept_teaching(config, vocab, config.teacher_outputs_dir)
    assert config.teacher_dir is not None
    assert config.transfer_dir is not None
    return online_teaching(config, vocab, config.teacher_dir, config.transfer_dir)
