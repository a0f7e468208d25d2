"""Shape and vocabulary of an encoder: of flags, or beside the weights that it starts from."""

from pathlib import Path
from typing import NamedTuple

from minibert.errors import InputError
from minibert.models.encoder_config import EncoderConfig
from minibert.models.encoder_kinds import find_encoder_config, resolve_encoder_config
from minibert.models.hugging_face_config import CONFIG_NAME
from minibert.runs.trained_model import is_model, load_description
from minibert.text.feature_spec import FeatureSpec
from minibert.text.normalization import Normalization
from minibert.training.training_config import TrainingConfig
from minibert.weights.bert_checkpoint import BERT_CONFIG_NAME, VOCAB_NAME, find_checkpoint
from minibert.weights.hugging_face import is_hugging_face, vocab_file

_DEFAULT = "minibert"
# Of a run that starts from a model, whatever that was trained with.
_DROPOUT = 0.1


class EncoderFiles(NamedTuple):
    """Shape and vocabulary of an encoder.

    Attributes:
      bert_config: its shape, as of `find_encoder_config`, or the directory of a model.
      vocab_file: what it has vectors for.
      of_model: the shape, if it is that of a model.
    """

    bert_config: str
    vocab_file: str
    of_model: EncoderConfig | None = None

    def read_features(self, *, max_length: int, normalization: Normalization) -> FeatureSpec:
        """See `EncoderConfig.read_features`."""
        config = self.of_model or find_encoder_config(self.bert_config)
        return config.read_features(
            self.vocab_file, max_length=max_length, normalization=normalization
        )

    def resolve(self, features: FeatureSpec, *, dropout: float) -> EncoderConfig:
        """The shape for some features; see `resolve_encoder_config`."""
        if self.of_model is None:
            return resolve_encoder_config(
                self.bert_config, features, self.vocab_file, dropout=dropout
            )
        self.of_model.check_features(features, source=self.vocab_file, name=self.bert_config)
        return self.of_model.with_dropout(_DROPOUT if dropout < 0 else dropout)


def encoder_files(config: TrainingConfig) -> EncoderFiles:
    """What the options mean; what they do not name is beside the initial weights.

    Raises:
      InputError: there is no vocabulary.
    """
    vocab, shape = config.vocab_file, config.bert_config
    initial = Path(config.init_checkpoint) if config.init_checkpoint else None
    if initial is None:
        if vocab is None:
            raise InputError("--vocab_file: needed where there is no --init_checkpoint")
        return EncoderFiles(shape or _DEFAULT, vocab)
    if is_model(initial):
        description = load_description(initial)
        names = description.features.file_names
        vocab = vocab or next((str(initial / name) for name in names), None)
        if shape is None and vocab is not None:
            return EncoderFiles(str(initial), vocab, description.encoder)
    elif is_hugging_face(initial):
        shape = shape or _in(initial, CONFIG_NAME)
        if shape is None:
            raise InputError(f"{initial}: no {CONFIG_NAME} there; download the checkpoint again")
        vocab = str(vocab_file(initial, vocab))
    else:
        initial = find_checkpoint(initial).parent
        shape, vocab = shape or _in(initial, BERT_CONFIG_NAME), vocab or _in(initial, VOCAB_NAME)
    if vocab is None:
        raise InputError(f"--vocab_file: needed, for in {initial} is none")
    return EncoderFiles(shape or _DEFAULT, vocab)


def _in(directory: Path, name: str) -> str | None:
    return str(directory / name) if (directory / name).is_file() else None
