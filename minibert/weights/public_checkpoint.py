"""Weights of public checkpoints, into encoders of the kinds that there are public ones of."""

from pathlib import Path

from minibert.errors import InputError
from minibert.models.bert import BertEncoder
from minibert.models.bert_config import BertConfig
from minibert.models.encoder import Encoder
from minibert.models.encoder_config import EncoderConfig
from minibert.text.feature_spec import FeatureSpec
from minibert.text.wordpiece_features import WordpieceFeatures
from minibert.weights.bert_checkpoint import load_bert_weights


def load_encoder_weights(
    encoder: Encoder, config: EncoderConfig, features: FeatureSpec, path: str | Path
) -> None:
    """Fills every weight of an encoder from a public checkpoint, each once.

    Args:
      encoder: the encoder.
      config: its shape.
      features: what it reads.
      path: see `find_checkpoint`.

    Raises:
      InputError: as `load_bert_weights`, or there are no public checkpoints of such encoders.
    """
    if not (
        isinstance(encoder, BertEncoder)
        and isinstance(config, BertConfig)
        and isinstance(features, WordpieceFeatures)
    ):
        raise InputError(
            f"{path}: no model of this package; of public checkpoints only those of BERT with "
            f"wordpieces are read, and --bert_config is {config.summary}"
        )
    load_bert_weights(encoder, config, features.vocab, path)
