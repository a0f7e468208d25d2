"""Weights of public checkpoints, into encoders of the kinds that there are public ones of."""

from pathlib import Path

from minibert.errors import InputError
from minibert.models.bert import BertEncoder
from minibert.models.bert_config import BertConfig
from minibert.models.encoder import Encoder
from minibert.models.encoder_config import EncoderConfig
from minibert.text.feature_spec import FeatureSpec
from minibert.text.wordpiece_features import WordpieceFeatures
from minibert.weights.bert_checkpoint import find_checkpoint, load_bert_weights
from minibert.weights.checkpoint_files import values_files
from minibert.weights.hugging_face import (
    is_hugging_face,
    load_hugging_face_weights,
    weight_files,
)


def find_weights(path: str | Path) -> list[Path]:
    """The files of the weights of a public checkpoint, without their table of contents.

    Args:
      path: a directory in the form of Hugging Face; or the directory or prefix of a checkpoint of
        TensorFlow.

    Raises:
      InputError: there are none.
    """
    if is_hugging_face(path):
        return weight_files(path)
    return values_files(find_checkpoint(path))


def load_encoder_weights(
    encoder: Encoder, config: EncoderConfig, features: FeatureSpec, path: str | Path
) -> None:
    """Fills every weight of an encoder from a public checkpoint, each once.

    Args:
      encoder: the encoder.
      config: its shape.
      features: what it reads.
      path: see `find_weights`.

    Raises:
      InputError: as `load_bert_weights` and `load_hugging_face_weights`, or there are no public
        checkpoints of such encoders.
    """
    if not (isinstance(encoder, BertEncoder) and isinstance(config, BertConfig)):
        raise InputError(
            f"{path}: no model of this package; of public checkpoints only those of BERT and its "
            f"like are read, and --bert_config is {config.summary}"
        )
    if is_hugging_face(path):
        load_hugging_face_weights(encoder, config, path)
    elif isinstance(features, WordpieceFeatures):
        load_bert_weights(encoder, config, features.vocab, path)
    else:
        raise InputError(
            f"{path}: checkpoints of TensorFlow are read with wordpieces alone; give a directory "
            "in the form of Hugging Face"
        )
