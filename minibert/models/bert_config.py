"""`bert_config.json`, the configuration format of the public BERT checkpoints."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from minibert.errors import InputError
from minibert.json_files import read_json, write_json

ACTIVATIONS = ("gelu", "relu", "tanh", "linear")
# Larger than any published encoder; a file with more would only fill the memory, or take hours to
# build.
_LARGEST = {
    "vocab_size": 2_000_000,
    "hidden_size": 2**14,
    "num_hidden_layers": 256,
    "num_attention_heads": 2**14,
    "intermediate_size": 2**17,
    "max_position_embeddings": 2**16,
    "type_vocab_size": 2**16,
}
_MOST_WEIGHTS = 2**30


@dataclass(frozen=True)
class BertConfig:
    """The shape of a BERT encoder; the names are those of `bert_config.json`.

    Attributes:
      extra: fields of a file that the encoder does not use (`directionality`, `pooler_*`), kept
        so that what is written is what was read.
    """

    vocab_size: int
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = get_type_hints(BertConfig)
        for name, value in self.to_dict(with_extra=False).items():
            kind = kinds[name]
            accepted = (int, float) if kind is float else kind
            if not isinstance(value, accepted) or isinstance(value, bool):
                raise InputError(f"bert_config: {name} is {value!r}, expected {kind.__name__}")
            if kind is int and value < 1:
                raise InputError(f"bert_config: {name} is {value}, must be at least 1")
            if kind is int and value > _LARGEST[name]:
                raise InputError(
                    f"bert_config: {name} is {value}, must be at most {_LARGEST[name]}"
                )
            if kind is float and not 0 <= value < 1:
                raise InputError(f"bert_config: {name} is {value}, must be in [0, 1)")
        if self.hidden_act not in ACTIVATIONS:
            raise InputError(
                f"bert_config: hidden_act is {self.hidden_act!r}, known are {' '.join(ACTIVATIONS)}"
            )
        if self.hidden_size % self.num_attention_heads:
            raise InputError(
                f"bert_config: hidden_size {self.hidden_size} is not a multiple of "
                f"num_attention_heads {self.num_attention_heads}"
            )
        if self._num_weights > _MOST_WEIGHTS:
            raise InputError(
                f"bert_config: an encoder of {self._num_weights:,} weights, must be at most "
                f"{_MOST_WEIGHTS:,}"
            )

    @property
    def _num_weights(self) -> int:
        """The weights in tables and matrices, without biases and layer norms."""
        rows = self.vocab_size + self.max_position_embeddings + self.type_vocab_size
        layer = 4 * self.hidden_size + 2 * self.intermediate_size
        return self.hidden_size * (rows + self.num_hidden_layers * layer)

    @property
    def shape(self) -> tuple[Any, ...]:
        """What the weights must agree on: all but dropout, initialization and `extra`."""
        own = self.to_dict(with_extra=False)
        return tuple(
            own[name] for name in own if "dropout" not in name and name != "initializer_range"
        )

    def to_dict(self, *, with_extra: bool = True) -> dict[str, Any]:
        """The configuration as it stands in `bert_config.json`."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "extra"}
        return {**own, **self.extra} if with_extra else own

    def save(self, path: str | Path) -> None:
        """Writes `bert_config.json`, atomically."""
        write_json(path, self.to_dict())


# Tsai et al. 2019, section 2.2 and appendix A.2; 119,547 is the vocabulary of BERT-Base,
# Multilingual Cased.
PRESETS = {
    "mbert": BertConfig(vocab_size=119547),
    "minibert": BertConfig(
        vocab_size=119547,
        hidden_size=256,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=1024,
    ),
}


def load_bert_config(path: str | Path) -> BertConfig:
    """Reads `bert_config.json`.

    Raises:
      InputError: the file cannot be read, is not a JSON object, lacks `vocab_size`, or has a
        value that no encoder can have.
    """
    content = read_json(path, dict[str, Any], "give the bert_config.json of a checkpoint")
    known = {f.name for f in fields(BertConfig)} - {"extra"}
    if "vocab_size" not in content:
        raise InputError(f"{path}: no vocab_size in it; give the bert_config.json of a checkpoint")
    try:
        return BertConfig(
            **{name: value for name, value in content.items() if name in known},
            extra={name: value for name, value in content.items() if name not in known},
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def resolve_bert_config(
    name_or_path: str, vocab_size: int, vocab_file: str, *, dropout: float = -1.0
) -> BertConfig:
    """The configuration that a flag means, for a vocabulary.

    Args:
      name_or_path: the name of a preset, whose vocabulary size gives way to the real one; or a
        `bert_config.json`, whose must agree with it.
      vocab_size: the number of pieces in the vocabulary.
      vocab_file: where the vocabulary is from, for messages.
      dropout: takes the place of both dropout rates, unless it is negative.

    Raises:
      InputError: as `load_bert_config`, or the sizes differ.
    """
    if name_or_path in PRESETS:
        config = replace(PRESETS[name_or_path], vocab_size=vocab_size)
    elif Path(name_or_path).exists():
        config = load_bert_config(name_or_path)
    else:
        raise InputError(
            f"--bert_config={name_or_path}: neither a file nor one of {' '.join(PRESETS)}"
        )
    if config.vocab_size != vocab_size:
        raise InputError(
            f"{vocab_file}: {vocab_size} pieces, but {name_or_path} has vocab_size "
            f"{config.vocab_size}; give the vocabulary that belongs to the configuration"
        )
    if dropout < 0:
        return config
    return replace(config, hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout)
