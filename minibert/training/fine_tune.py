"""Trains a tagger on labeled data: Tsai et al. 2019, section 2.2."""

from minibert.data.corpus import scan_corpus
from minibert.data.dataset_info import DatasetInfo, count_labels, load_dataset_info
from minibert.data.input_pipeline import Batching, InputPipeline
from minibert.data.label_vocab import LabelVocab
from minibert.data.prepared import data_sha256
from minibert.errors import InputError
from minibert.evaluation.metrics import metric_of
from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.trained_model import ModelDescription
from minibert.text.featurizer import Featurizer
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.wordpiece import WordpieceTokenizer
from minibert.training.fine_tune_config import FineTuneConfig
from minibert.training.step_dropout import StepSeeds
from minibert.training.tagging_loss import TaggingLoss
from minibert.training.training_run import check_start, start_training, train

# Wordpieces in a batch of validation; only speed depends on it.
_VALIDATION_WORDPIECES = 4096
_NO_LABELS_REMEDY = "prepare data that has them, or choose other treebanks or --tasks"


def fine_tune(config: FineTuneConfig) -> None:
    """Trains a tagger, or goes on with a run that was stopped.

    Raises:
      InputError: bad input, or a model directory that holds another run.
    """
    strategy = start_training(config)
    tokenizer = WordpieceTokenizer.from_file(
        config.vocab_file, normalization=config.unicode_normalization
    )
    featurizer = SubwordFeaturizer(tokenizer, config.max_seq_length)
    info = load_dataset_info(config.data_dir)
    bert_config = check_start(config, len(tokenizer.vocab), config.max_seq_length)
    training, validation, label_vocabs = _pipelines(config, info, featurizer)
    description = ModelDescription(
        bert_config,
        tokenizer.vocab,
        label_vocabs,
        config.max_seq_length,
        tokenizer.normalization,
        training.corpus.word_hashes,
    )

    def create_loss(tagger: TaggingNetwork, seeds: StepSeeds) -> TaggingLoss:
        return TaggingLoss(tagger, featurizer, seeds, wordpiece_dropout=config.wordpiece_dropout)

    data, metric = {"data": data_sha256(info)}, metric_of(config.tasks)
    train(config, strategy, description, training, validation, create_loss, data, metric=metric)


def _pipelines(
    config: FineTuneConfig, info: DatasetInfo, featurizer: Featurizer
) -> tuple[InputPipeline, InputPipeline, list[LabelVocab]]:
    """The pipelines of training and validation data, and the labels of the training data."""
    info.check_tasks(config.tasks)
    training_parts = info.select(config.train_splits, config.treebanks)
    validation_parts = info.select((config.validation_split,), config.treebanks)
    if not validation_parts:
        raise InputError(
            f"--validation_split={config.validation_split}: none of the treebanks has it"
        )
    for parts in (training_parts, validation_parts):
        info.check_labels(parts, config.tasks, _NO_LABELS_REMEDY)
    label_vocabs = [
        LabelVocab.from_counts(task, count_labels(training_parts, task)) for task in config.tasks
    ]
    training = InputPipeline(
        scan_corpus(info, training_parts, config.tasks, featurizer),
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
        scan_corpus(info, validation_parts, config.tasks, featurizer),
        featurizer,
        label_vocabs,
        Batching(
            config.max_seq_length,
            wordpieces=max(_VALIDATION_WORDPIECES, config.max_seq_length),
            static_shapes=config.xla,
        ),
    )
    return training, validation, label_vocabs
