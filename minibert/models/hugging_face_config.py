"""`config.json`, the configuration of encoders in the form of Hugging Face."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from minibert.errors import InputError
from minibert.json_files import read_json
from minibert.models.bert_config import Activation, BertConfig

CONFIG_NAME = "config.json"
# What the activations are called there. Theirs is the exact GELU unless it says otherwise.
_ACTIVATIONS: Mapping[str, Activation] = {
    "gelu": "gelu_erf",
    "gelu_python": "gelu_erf",
    "gelu_new": "gelu",
    "gelu_fast": "gelu",
    "gelu_pytorch_tanh": "gelu",
    "relu": "relu",
    "tanh": "tanh",
    "linear": "linear",
}
# Of layer norms in DistilBERT, whose configuration does not name it.
_DISTILBERT_EPSILON = 1e-12

_Size = Annotated[int, Meta(ge=1)]


class HuggingFaceConfig(msgspec.Struct, frozen=True, tag_field="model_type"):
    """A configuration; its class is the family of the encoder.

    Attributes:
      has_types: whether there is a table of types of tokens.
      vocab_size: the rows of the table of pieces, of which the last may be of none.
      max_position_embeddings: the rows of the table of positions.
      is_decoder: whether a piece sees those before it only.
    """

    has_types: ClassVar[bool] = True
    vocab_size: _Size = 30522
    max_position_embeddings: _Size = 512
    initializer_range: float = 0.02
    is_decoder: bool = False

    @property
    def first_position(self) -> int:
        """The row of the table of positions that the first piece of a text has."""
        return 0

    def fields(self) -> Mapping[str, Any]:
        """The fields of the `BertConfig` that differ from these."""
        raise NotImplementedError


class _Bert(HuggingFaceConfig, frozen=True, tag="bert"):
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    position_embedding_type: Literal["absolute"] | None = "absolute"

    def fields(self) -> Mapping[str, Any]:
        """See `HuggingFaceConfig`."""
        names = (
            *("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"),
            *("hidden_act", "hidden_dropout_prob", "attention_probs_dropout_prob"),
            "type_vocab_size",
        )
        return {
            **{name: getattr(self, name) for name in names},
            "norm_epsilon": self.layer_norm_eps,
        }


class _XlmRoberta(_Bert, frozen=True, tag="xlm-roberta"):
    # That of its vocabulary, from behind which fairseq counts positions.
    pad_token_id: Literal[1] = 1

    @property
    def first_position(self) -> int:
        """See `HuggingFaceConfig`."""
        return self.pad_token_id + 1


class _DistilBert(HuggingFaceConfig, frozen=True, tag="distilbert"):
    has_types: ClassVar[bool] = False
    dim: int = 768
    n_layers: int = 6
    n_heads: int = 12
    hidden_dim: int = 3072
    activation: str = "gelu"
    dropout: float = 0.1
    attention_dropout: float = 0.1

    def fields(self) -> Mapping[str, Any]:
        """See `HuggingFaceConfig`; there are no types of tokens: the one row is zero."""
        return {
            "hidden_size": self.dim,
            "num_hidden_layers": self.n_layers,
            "num_attention_heads": self.n_heads,
            "intermediate_size": self.hidden_dim,
            "hidden_act": self.activation,
            "hidden_dropout_prob": self.dropout,
            "attention_probs_dropout_prob": self.attention_dropout,
            "type_vocab_size": 1,
            "norm_epsilon": _DISTILBERT_EPSILON,
        }


_Family = _Bert | _XlmRoberta | _DistilBert
# Their names in `model_type`.
FAMILIES = tuple(str(kind.__struct_config__.tag) for kind in (_Bert, _XlmRoberta, _DistilBert))


def read_hugging_face_config(path: str | Path) -> HuggingFaceConfig:
    """Reads a configuration.

    Raises:
      InputError: the file cannot be read, or is of an encoder of a family that is not read.
    """
    remedy = "read are bert, xlm-roberta and distilbert, with absolute positions"
    return read_json(path, _Family, remedy)  # type: ignore[arg-type]


def to_bert_config(config: HuggingFaceConfig, path: str | Path) -> BertConfig:
    """The same shape as a `BertConfig`, with all rows of the table of pieces.

    Args:
      config: the configuration.
      path: its file, for messages.

    Raises:
      InputError: it has an activation that is not known, or a shape that no encoder can have.
    """
    fields = dict(config.fields())
    activation = fields["hidden_act"]
    if config.is_decoder:
        raise InputError(
            f"{path}: is_decoder, so that no word sees those behind it; give an encoder"
        )
    if activation not in _ACTIVATIONS:
        raise InputError(
            f"{path}: activation {activation!r:.100}, read are {' '.join(_ACTIVATIONS)}"
        )
    fields |= {
        "hidden_act": _ACTIVATIONS[activation],
        "vocab_size": config.vocab_size,
        "max_position_embeddings": config.max_position_embeddings - config.first_position,
        "initializer_range": config.initializer_range,
    }
    try:
        return msgspec.convert({**fields, "model_type": "bert"}, BertConfig)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: not as it must be ({error})") from error
