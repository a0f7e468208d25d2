"""The kinds of encoders that files and flags may name."""

from pathlib import Path
from typing import Any

import msgspec

from minibert.errors import InputError
from minibert.json_files import read_json, write_json
from minibert.models.bert_config import BertConfig
from minibert.models.encoder_config import MODEL_TYPE, EncoderConfig
from minibert.models.hugging_face_config import (
    CONFIG_NAME,
    FAMILIES,
    read_hugging_face_config,
    to_bert_config,
)
from minibert.text.feature_spec import FeatureSpec

# Tsai et al. 2019, section 2.2 and appendix A.2; 119,547 is the vocabulary of BERT-Base,
# Multilingual Cased.
PRESETS: dict[str, EncoderConfig] = {
    "mbert": BertConfig(vocab_size=119547),
    "minibert": BertConfig(
        vocab_size=119547,
        hidden_size=256,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=1024,
    ),
}
# Tables are filled up to sizes that suit the hardware, or for pieces that were never added.
_MAX_SPARE_ROWS = 1024
_REMEDY = "give the bert_config.json or config.json of a checkpoint"
_kinds: dict[str, type[EncoderConfig]] = {}


def register(config_class: type[EncoderConfig]) -> None:
    """Makes a kind of encoder known to what reads configurations."""
    _kinds[model_type(config_class)] = config_class


def model_type(config: EncoderConfig | type[EncoderConfig]) -> str:
    """The name of the kind of a configuration."""
    return str(config.__struct_config__.tag)


register(BertConfig)


def file_name(model_type: str) -> str:
    """The name of the file of a configuration in a directory of a model."""
    return f"{model_type}_config.json"


def write_encoder_config(path: Path, config: EncoderConfig) -> None:
    """Writes a configuration, atomically."""
    write_json(path, config.to_dict())


def config_class(kind: Any) -> type[EncoderConfig]:
    """The class of the configurations of a kind of encoder.

    Raises:
      InputError: there is no such kind.
    """
    if not isinstance(kind, str) or kind not in _kinds:
        raise InputError(
            f"an encoder of {MODEL_TYPE} {kind!r:.100}, this release has {' '.join(sorted(_kinds))}"
        )
    return _kinds[kind]


def read_encoder_config(path: str | Path, *, kind: str | None = None) -> EncoderConfig:
    """Reads the configuration of an encoder of any kind.

    Args:
      path: the file. One that does not say what kind it is of is a `bert_config.json`, as of the
        public checkpoints.
      kind: what it is of, whatever it says.

    Raises:
      InputError: the file cannot be read, or holds no shape that an encoder can have.
    """
    content = read_json(path, dict[str, Any], _REMEDY)
    kind = kind or content.get(MODEL_TYPE, model_type(BertConfig))
    try:
        kind_class = config_class(kind)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    fields = {*kind_class.__struct_fields__} - {"extra"}
    extra = {name: content.pop(name) for name in content.keys() - fields}
    try:
        return msgspec.convert({**content, MODEL_TYPE: kind, "extra": extra}, kind_class)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: not as it must be ({error})") from error


def find_encoder_config(name_or_path: str) -> EncoderConfig:
    """The configuration that a flag means: the name of a preset, or the path of a file.

    The file is one of this package, a `bert_config.json`, or a `config.json` of Hugging Face.

    Raises:
      InputError: as `read_encoder_config` and `read_hugging_face_config`, or it is neither.
    """
    return _find(name_or_path)[0]


def resolve_encoder_config(
    name_or_path: str, features: FeatureSpec, vocab_file: str, *, dropout: float = -1.0
) -> EncoderConfig:
    """The configuration that a flag means, for some features.

    Args:
      name_or_path: as of `find_encoder_config`; the sizes of a preset give way to the real ones,
        and rows that a public table has behind its last piece are left out.
      features: what the encoder reads.
      vocab_file: where they are from, for messages.
      dropout: as of `EncoderConfig.with_dropout`, unless it is negative.

    Raises:
      InputError: as `find_encoder_config`, or the encoder cannot read such features.
    """
    config, may_have_spare_rows = _find(name_or_path)
    spare_rows = config.vocab_size - features.num_pieces if isinstance(config, BertConfig) else 0
    has_spare_rows = may_have_spare_rows and 0 < spare_rows <= _MAX_SPARE_ROWS
    if name_or_path in PRESETS or has_spare_rows:
        config = config.sized_for(features)
    config.check_features(features, source=vocab_file, name=f"--bert_config={name_or_path}")
    return config if dropout < 0 else config.with_dropout(dropout)


def _is_of_hugging_face(path: str | Path) -> bool:
    """Whether a file is a configuration of Hugging Face.

    It says what family it is of. Of BERT a `bert_config.json` may say that too, but their own are
    called `config.json`.
    """
    kind = read_json(path, dict[str, Any], _REMEDY).get(MODEL_TYPE)
    if Path(path).name == CONFIG_NAME:
        return kind is not None and (kind == model_type(BertConfig) or kind not in _kinds)
    return kind in FAMILIES and kind not in _kinds


def _find(name_or_path: str) -> tuple[EncoderConfig, bool]:
    """As `find_encoder_config`, and whether it is of Hugging Face, where tables have spare rows."""
    if name_or_path in PRESETS:
        return PRESETS[name_or_path], False
    if not Path(name_or_path).exists():
        raise InputError(
            f"--bert_config={name_or_path}: neither a file nor one of {' '.join(PRESETS)}"
        )
    if _is_of_hugging_face(name_or_path):
        return to_bert_config(read_hugging_face_config(name_or_path), name_or_path), True
    return read_encoder_config(name_or_path), False
