"""The files of an encoder: of flags, or beside the weights that it starts from."""

from pathlib import Path
from typing import NamedTuple

from minibert.errors import InputError
from minibert.models.encoder_config import EncoderConfig
from minibert.models.encoder_kinds import (
    file_name,
    find_encoder_config,
    model_type,
    resolve_encoder_config,
)
from minibert.models.hugging_face_config import CONFIG_NAME
from minibert.runs.trained_model import is_model, load_description
from minibert.text.feature_spec import FeatureSpec
from minibert.text.normalization import Normalization
from minibert.training.training_config import TrainingConfig
from minibert.weights.bert_checkpoint import BERT_CONFIG_NAME, VOCAB_NAME, find_checkpoint
from minibert.weights.hugging_face import is_hugging_face, vocab_file

_DEFAULT = "minibert"


class EncoderFiles(NamedTuple):
    """The files of an encoder.

    Attributes:
      bert_config: its shape, a name or a path.
      vocab_file: what it has vectors for.
    """

    bert_config: str
    vocab_file: str

    def read_features(self, *, max_length: int, normalization: Normalization) -> FeatureSpec:
        """See `EncoderConfig.read_features`."""
        config = find_encoder_config(self.bert_config)
        return config.read_features(
            self.vocab_file, max_length=max_length, normalization=normalization
        )

    def resolve(self, features: FeatureSpec, *, dropout: float) -> EncoderConfig:
        """See `resolve_encoder_config`."""
        return resolve_encoder_config(self.bert_config, features, self.vocab_file, dropout=dropout)


def encoder_files(config: TrainingConfig) -> EncoderFiles:
    """The files that the options mean; what they do not name is beside the initial weights.

    Raises:
      InputError: there is no vocabulary.
    """
    beside_shape, beside_vocab = (
        _beside(config.init_checkpoint) if config.init_checkpoint else (None, None)
    )
    vocab = config.vocab_file or beside_vocab
    if vocab is None:
        where = f" in {config.init_checkpoint} is none" if config.init_checkpoint else ""
        raise InputError(f"--vocab_file: needed,{where or ' for there is no --init_checkpoint'}")
    return EncoderFiles(config.bert_config or beside_shape or _DEFAULT, vocab)


def _beside(init_checkpoint: str) -> tuple[str | None, str | None]:
    """Shape and vocabulary beside initial weights."""
    path = Path(init_checkpoint)
    if is_model(path):
        description = load_description(path)
        names = (file_name(model_type(description.encoder)), *description.features.file_names)
    elif is_hugging_face(path):
        vocab = vocab_file(path)
        if vocab is None and (path / "tokenizer.json").is_file():
            vocab = path / "tokenizer.json"
        names = (CONFIG_NAME, *([vocab.name] if vocab else []))
    else:
        path = find_checkpoint(path).parent
        names = (BERT_CONFIG_NAME, VOCAB_NAME)
    found = [str(path / name) if (path / name).is_file() else None for name in names]
    return found[0], found[1] if len(found) > 1 else None
