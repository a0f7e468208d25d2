"""Distills a student from what a teacher says of unlabeled text: Tsai et al. 2019, section 3."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from minibert.evaluation.metrics import AGREEMENT, agreement_of
from minibert.runs.trained_model import ModelDescription
from minibert.text.normalization import NFC
from minibert.text.subword_features import NUM_SPECIAL_PIECES
from minibert.training.distill_config import DistillConfig
from minibert.training.distribution import is_chief
from minibert.training.encoder_files import EncoderFiles, encoder_files
from minibert.training.init_checkpoint import fingerprint
from minibert.training.objectives.softened_labels import SoftenedLabelObjective
from minibert.training.run import Run, check_start, start_training, train
from minibert.training.stage import Batches, Stage, bert_optimization
from minibert.training.svd_embeddings import svd_initializer
from minibert.training.teaching import Teaching, kept_teaching, online_teaching
from minibert.training.validation import best_table


def distill(config: DistillConfig) -> None:
    """Distills a student, or goes on with a run that was stopped.

    What is measured after each epoch is how often student and teacher find the same label
    likeliest, on text that was held out, by language (Tsai et al. 2019, section 4.2).

    Raises:
      InputError: bad input, or a model directory that holds another run.
    """
    strategy = start_training(config)
    files = encoder_files(config)
    teaching = _teaching(config, files)
    features = teaching.featurizer.spec
    initialize = embeddings = None
    if config.init_embeddings == "svd" and config.teacher_dir is not None:
        initialize = svd_initializer(config.teacher_dir, features)
        embeddings = fingerprint(config.teacher_dir)
    description = ModelDescription(
        check_start(config, files, features),
        features,
        teaching.label_vocabs,
        np.zeros(0, np.int64),
    )
    training, validation = teaching.load_batches()
    try:
        train(
            Run(
                config=config,
                strategy=strategy,
                vocab_file=files.vocab_file,
                description=description,
                stages=[teacher_stage(config, teaching, training, validation)],
                data={
                    **teaching.identity,
                    "max_seq_length": features.max_length,
                    "embeddings": embeddings,
                },
                initialize=initialize,
            )
        )
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError):
        # Says of which file it was, if it was one.
        for batches in (training, validation):
            batches.records.verify(batches.windows)
        raise
    if is_chief(strategy):
        print(best_table(Path(config.model_dir), AGREEMENT))


def teacher_stage(
    config: DistillConfig, teaching: Teaching, training: Batches, validation: Batches
) -> Stage:
    """The stage in which a student learns to say what its teacher says of text."""
    return Stage(
        objectives=[
            SoftenedLabelObjective(
                teaching.teacher,
                list(teaching.labels),
                temperature=config.temperature,
                scale=config.scale_loss,
            )
        ],
        training=training,
        validation=validation,
        metric=agreement_of(teaching.label_vocabs),
        epochs=config.epochs,
        optimization=bert_optimization(config),
    )


def _teaching(config: DistillConfig, files: EncoderFiles) -> Teaching:
    # The windows and the form of words are the teacher's, whatever stands here.
    features = files.read_features(max_length=NUM_SPECIAL_PIECES + 1, normalization=NFC)
    if config.teacher_outputs_dir is not None:
        return kept_teaching(config, features, config.teacher_outputs_dir)
    assert config.teacher_dir is not None
    assert config.transfer_dir is not None
    return online_teaching(config, features, config.teacher_dir, config.transfer_dir)
