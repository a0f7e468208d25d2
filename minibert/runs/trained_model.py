"""A trained model on disk: everything that is needed to tag with it, in one directory.

    MODEL_DIR/
      model.json            kinds of encoder and features, longest window, tasks with their labels,
                            checksums of the next three
      bert_config.json      shape of the encoder, KIND_config.json if it is of another kind
      vocab.txt             files of the features, such as wordpieces
      train_words.int64     hashes of the words of the training data, little-endian
      best.json, weights-*  the best epoch: see `best_epoch`

The files hold data only: nothing that is loaded from them is code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import tensorflow as tf
import tf_keras

from minibert import __version__
from minibert.data.label_vocab import UNKNOWN, LabelVocab
from minibert.errors import InputError
from minibert.files import atomic_file, check_sha256, read_bytes, sha256
from minibert.json_files import read_json, write_json
from minibert.models.encoder_config import EncoderConfig
from minibert.models.encoder_kinds import (
    config_class,
    file_name,
    model_type,
    read_encoder_config,
    write_encoder_config,
)
from minibert.models.tagging_network import TaggingNetwork, create_heads
from minibert.runs.best_epoch import REMEDY, best_weights, read_best
from minibert.text.feature_kinds import read_features, spec_class
from minibert.text.feature_spec import FeatureSpec
from minibert.text.featurizer import Featurizer
from minibert.text.normalization import NONE, Normalization
from minibert.weights.checkpoint_files import read_checkpoint

FORMAT_VERSION = 3
# Had no normalization.
_OLDEST_VERSION = 2
_MODEL, _WORDS = "model.json", "train_words.int64"
_HASH_TYPE = "<i8"
_MAX_WORDS_BYTES = 2**30


@dataclass(frozen=True)
class ModelDescription:
    """All of a model but its weights.

    Attributes:
      encoder: the shape of the encoder.
      features: what it reads.
      label_vocabs: the labels of each task.
      train_words: int64, sorted: `hash_words` of the words of the training data.
    """

    encoder: EncoderConfig
    features: FeatureSpec
    label_vocabs: Sequence[LabelVocab]
    train_words: np.ndarray

    @cached_property
    def featurizer(self) -> Featurizer:
        """Makes the features in graph; one of them, for a large vocabulary is half a second."""
        return self.features.in_graph()

    def create_tagger(
        self,
        *,
        dropout: float = 0.1,
        xla: bool = False,
        create_variables: bool = True,
        embedding_layer: tf_keras.layers.Layer | None = None,
        heads: Mapping[str, tf_keras.layers.Layer] | None = None,
    ) -> TaggingNetwork:
        """A new tagger of this shape.

        Args:
          dropout: as of `TaggingNetwork`.
          xla: as of `EncoderConfig.create`.
          create_variables: as of `TaggingNetwork`.
          embedding_layer: as of `EncoderConfig.create`.
          heads: take the place of the dense layers of their tasks.
        """
        labels = {vocab.task: len(vocab) for vocab in self.label_vocabs}
        plain = create_heads(labels, stddev=self.encoder.initializer_range)
        return TaggingNetwork(
            self.encoder.create(self.features, embedding_layer=embedding_layer, xla=xla),
            {**plain, **(heads or {})},
            dropout=dropout,
            create_variables=create_variables,
        )

    def save(self, model_dir: Path) -> None:
        """Writes the description into a directory that exists."""
        kind = model_type(self.encoder)
        with atomic_file(model_dir / _WORDS) as file:
            file.write(self.train_words.astype(_HASH_TYPE).tobytes())
        self.features.write(model_dir)
        write_encoder_config(model_dir / file_name(kind), self.encoder)
        described = (file_name(kind), *self.features.file_names, _WORDS)
        content = {
            "format_version": FORMAT_VERSION,
            "tool": f"minibert {__version__}",
            "encoder": kind,
            "features": self.features.kind,
            "max_seq_length": self.features.max_length,
            "normalization": self.features.normalization,
            "labels": {vocab.task: list(vocab.labels) for vocab in self.label_vocabs},
            "sha256": {name: sha256(model_dir / name) for name in described},
        }
        write_json(model_dir / _MODEL, content)


@dataclass(frozen=True)
class _ModelFile:
    """What `model.json` holds."""

    max_seq_length: Annotated[int, msgspec.Meta(ge=3)]
    labels: Annotated[Mapping[str, Sequence[str]], msgspec.Meta(min_length=1)]
    sha256: Mapping[str, str]
    normalization: Normalization = NONE
    # Before there were others.
    encoder: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]+\Z")] = "bert"
    features: str = "wordpiece"

    def label_vocabs(self) -> list[LabelVocab]:
        return [LabelVocab(task, tuple(labels)) for task, labels in self.labels.items()]


@dataclass(frozen=True)
class TrainedModel:
    """A model that is ready to tag.

    Attributes:
      description: what it is.
      tagger: its network, with the weights of the best epoch.
      epoch: that epoch, counted from 1.
    """

    description: ModelDescription
    tagger: TaggingNetwork
    epoch: int

    @property
    def featurizer(self) -> Featurizer:
        """Makes its features in graph."""
        return self.description.featurizer


def is_model(path: str | Path) -> bool:
    """Whether a path is a directory of a model, whole or not."""
    return (Path(path) / _MODEL).is_file()


def load_description(model_dir: str | Path) -> ModelDescription:
    """Reads the description of a model.

    Raises:
      InputError: the directory holds no model, or its files are damaged or do not fit together.
    """
    model_dir = Path(model_dir)
    if not is_model(model_dir):
        raise InputError(f"{model_dir}: no {_MODEL} there, so no model; {REMEDY}")
    content = read_json(
        model_dir / _MODEL, _ModelFile, REMEDY, version=FORMAT_VERSION, oldest=_OLDEST_VERSION
    )
    try:
        label_vocabs = content.label_vocabs()
        config_class(content.encoder)
        feature_files = spec_class(content.features).file_names
    except InputError as error:
        raise InputError(f"{model_dir / _MODEL}: {error}; {REMEDY}") from error
    config_file = file_name(content.encoder)
    for name in (config_file, *feature_files, _WORDS):
        check_sha256(
            model_dir / name,
            content.sha256.get(name),
            otherwise=f"not the file that {_MODEL} was written with",
            remedy=REMEDY,
        )
    words = read_bytes(model_dir / _WORDS, _MAX_WORDS_BYTES)
    if len(words) % np.dtype(_HASH_TYPE).itemsize:
        raise InputError(f"{model_dir / _WORDS}: {len(words)} bytes, not whole hashes; {REMEDY}")
    features = read_features(
        content.features,
        model_dir,
        max_length=content.max_seq_length,
        normalization=content.normalization,
    )
    encoder = read_encoder_config(model_dir / config_file, kind=content.encoder)
    encoder.check_features(features, source=str(model_dir), name=str(model_dir / config_file))
    return ModelDescription(encoder, features, label_vocabs, np.frombuffer(words, _HASH_TYPE))


def load_trained_model(model_dir: str | Path) -> TrainedModel:
    """Loads a model with the weights of its best epoch.

    Raises:
      InputError: as `load_description`, or its weights are missing, cut short, or of another
        shape.
    """
    model_dir = Path(model_dir)
    description = load_description(model_dir)
    best = read_best(model_dir)
    tagger = description.create_tagger(create_variables=False)
    read_checkpoint(
        tf.train.Checkpoint(tagger=tagger),
        model_dir / best.weights,
        remedy=REMEDY,
        create_variables=tagger.create_variables,
    )
    return TrainedModel(description, tagger, best.epoch)


def load_weights(
    tagger: TaggingNetwork, description: ModelDescription, model_dir: str | Path
) -> dict[str, int]:
    """Fills a tagger from the best epoch of another model, which may have other tasks and labels.

    The encoder is filled whole. Of the heads the output vectors are filled of the labels that both
    models have; the others stay as they are.

    Returns:
      The tasks that both models have, with the number of labels that are filled.

    Raises:
      InputError: as `load_trained_model`, or the other model has another encoder or vocabulary, or
        no label of a task that both have.
    """
    model_dir = Path(model_dir)
    other = load_description(model_dir)
    config = description.encoder
    if other.encoder.shape != config.shape or other.features.sha256 != description.features.sha256:
        raise InputError(
            f"{model_dir}: its encoder has another shape or vocabulary; give the same "
            "--bert_config and --vocab_file, or another --init_checkpoint"
        )
    wanted = {vocab.task: vocab for vocab in description.label_vocabs}
    heads = {}
    for vocab in other.label_vocabs:
        if vocab.task in wanted:
            if not set(vocab.labels) & set(wanted[vocab.task].labels):
                raise InputError(
                    f"{model_dir}: none of its {vocab.task} labels is one of the data, it has "
                    f"{' '.join(vocab.labels[:5])} …; give a model of the same labels"
                )
            heads[vocab.task] = tf_keras.layers.Dense(len(vocab))
            heads[vocab.task].build([None, config.hidden_size])
    source = tf.train.Checkpoint(
        tagger=tf.train.Checkpoint(encoder=tagger.encoder, heads=tf.train.Checkpoint(**heads))
    )
    read_checkpoint(source, best_weights(model_dir), remedy=REMEDY, partial=True)
    return {
        vocab.task: _copy_labels(
            heads[vocab.task], vocab, tagger.heads[vocab.task], wanted[vocab.task]
        )
        for vocab in other.label_vocabs
        if vocab.task in heads
    }


def _copy_labels(
    source: tf_keras.layers.Dense,
    source_vocab: LabelVocab,
    target: tf_keras.layers.Dense,
    target_vocab: LabelVocab,
) -> int:
    """Copies the output vectors and biases of the labels that both heads have; says how many."""
    ids = np.array(source_vocab.ids(target_vocab.labels))
    known = ids != UNKNOWN
    kernel, bias = target.kernel.numpy(), target.bias.numpy()
    kernel[:, known] = source.kernel.numpy()[:, ids[known]]
    bias[known] = source.bias.numpy()[ids[known]]
    target.set_weights([kernel, bias])
    return int(known.sum())
