"""Trains a tagger on labeled data: Tsai et al. 2019, section 2.2."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from minibert.data.corpus import scan_corpus
from minibert.data.datasets import Datasets, label_counts
from minibert.data.input_pipeline import Batching, InputPipeline
from minibert.data.label_vocab import LabelVocab
from minibert.errors import InputError
from minibert.evaluation.metrics import metric_of
from minibert.runs.run_directory import recorded_resolved
from minibert.runs.trained_model import ModelDescription
from minibert.text.feature_spec import FeatureSpec
from minibert.text.featurizer import Featurizer
from minibert.training.encoder_files import encoder_files
from minibert.training.fine_tune_config import FineTuneConfig
from minibert.training.objectives.labels import LabelObjective
from minibert.training.run import TRAINED_ROWS, Run, check_start, start_training, train
from minibert.training.stage import Batches, Stage, bert_optimization
from minibert.training.stage_training import composes_pieces

# Wordpieces in a batch of validation; only speed depends on it.
_VALIDATION_WORDPIECES = 4096
# A table of more rows, more than multilingual BERT has, is not trained whole.
_MOST_ROWS = 150_000
_NO_LABELS_REMEDY = "prepare data that has them, or choose other treebanks or --tasks"


def fine_tune(config: FineTuneConfig) -> None:
    """Trains a tagger, or goes on with a run that was stopped.

    Raises:
      InputError: bad input, or a model directory that holds another run.
    """
    strategy = start_training(config)
    files = encoder_files(config)
    features = files.read_features(
        max_length=config.max_seq_length, normalization=config.unicode_normalization
    )
    if config.wordpiece_dropout and not features.can_drop:
        raise InputError(
            f"--wordpiece_dropout={config.wordpiece_dropout}: the encoder of --bert_config reads "
            f"{features.unit}, of which none can be dropped; give 0"
        )
    datasets = Datasets.load(config.data_dir)
    encoder = check_start(config, files, features)
    featurizer = features.in_graph()
    training, validation, label_vocabs = _pipelines(config, datasets, featurizer)
    description = ModelDescription(encoder, features, label_vocabs, training.corpus.word_hashes)
    train(
        Run(
            config=config,
            strategy=strategy,
            vocab_file=files.vocab_file,
            description=description,
            stages=[label_stage(config, training, validation, featurizer, label_vocabs)],
            data={"data": datasets.sha256},
            trained_rows=_trained_rows(config, features, training, featurizer),
        )
    )


def label_stage(
    config: FineTuneConfig,
    training: Batches,
    validation: Batches,
    featurizer: Featurizer,
    label_vocabs: Sequence[LabelVocab],
) -> Stage:
    """The stage in which labels are learned, from batches that have them."""
    return Stage(
        objectives=[LabelObjective([vocab.task for vocab in label_vocabs])],
        training=training,
        validation=validation,
        metric=metric_of(label_vocabs),
        epochs=config.epochs,
        optimization=bert_optimization(config),
        featurizer=featurizer,
        feature_dropout=config.wordpiece_dropout,
    )


def _label_vocab(task: str, counts: Mapping[str, int], least: int) -> LabelVocab:
    """The labels that are counted so often."""
    frequent = {label: count for label, count in counts.items() if count >= least}
    if not frequent:
        raise InputError(
            f"--min_label_count={least}: no label of {task} is there so often, the most frequent "
            f"{max(counts.values()):,} times"
        )
    return LabelVocab.from_counts(task, frequent)


def _trained_rows(
    config: FineTuneConfig, features: FeatureSpec, training: InputPipeline, featurizer: Featurizer
) -> np.ndarray | None:
    """The rows of a large table of pieces that training can meet: of the data, and special ones."""
    is_exact = config.embedding_update == "touched"
    if features.num_pieces <= _MOST_ROWS or not is_exact or composes_pieces(config):
        return None
    recorded = recorded_resolved(Path(config.model_dir))
    if recorded is not None and TRAINED_ROWS not in recorded:
        # A run of before, whose checkpoints have all.
        return None
    special = [piece.is_special for piece in features.pieces]
    return training.corpus.pieces(featurizer) | np.array(special)


def _pipelines(
    config: FineTuneConfig, datasets: Datasets, featurizer: Featurizer
) -> tuple[InputPipeline, InputPipeline, list[LabelVocab]]:
    """The pipelines of training and validation data, and the labels of the training data."""
    datasets.check_tasks(config.tasks)
    training_parts = datasets.select(config.train_splits, config.treebanks)
    validation_parts = datasets.select((config.validation_split,), config.treebanks)
    if not validation_parts:
        raise InputError(
            f"--validation_split={config.validation_split}: none of the treebanks has it"
        )
    for parts in (training_parts, validation_parts):
        datasets.check_labels(parts, config.tasks, _NO_LABELS_REMEDY)
    label_vocabs = [
        _label_vocab(task, label_counts(training_parts, task), config.min_label_count)
        for task in config.tasks
    ]
    training = InputPipeline(
        scan_corpus(training_parts, config.tasks, featurizer),
        featurizer,
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
        scan_corpus(validation_parts, config.tasks, featurizer),
        featurizer,
        label_vocabs,
        Batching(
            config.max_seq_length,
            wordpieces=max(_VALIDATION_WORDPIECES, config.max_seq_length),
            static_shapes=config.xla,
        ),
    )
    return training, validation, label_vocabs
