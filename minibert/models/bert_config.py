"""`bert_config.json`, the configuration format of the public BERT checkpoints."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from minibert.errors import InputError
from minibert.models.encoder_config import MODEL_TYPE, EncoderConfig, Rate, Width
from minibert.text.feature_kinds import features_of_vocab
from minibert.text.feature_spec import FeatureSpec
from minibert.text.normalization import Normalization

if TYPE_CHECKING:
    import tf_keras

    from minibert.models.bert import BertEncoder

# `gelu` is the tanh form, as in the public BERT; `gelu_erf` the exact one, which is called gelu in
# the files of Hugging Face.
Activation = Literal["gelu", "gelu_erf", "relu", "tanh", "linear"]
# Of layer norms in the public BERT, whose configurations do not name it.
_NORM_EPSILON = 1e-12
# As of `Width`; of weights in tables and matrices.
_MOST_WEIGHTS = 2**30


class BertConfig(EncoderConfig, frozen=True, kw_only=True, tag="bert"):
    """The shape of a BERT encoder; the names are those of `bert_config.json`.

    Attributes:
      norm_epsilon: what layer norms add to the variance.
    """

    vocab_size: Annotated[int, Meta(ge=1, le=2_000_000)]
    hidden_size: Width = 768
    num_hidden_layers: Annotated[int, Meta(ge=1, le=256)] = 12
    num_attention_heads: Width = 12
    intermediate_size: Annotated[int, Meta(ge=1, le=2**17)] = 3072
    hidden_act: Activation = "gelu"
    hidden_dropout_prob: Rate = 0.1
    attention_probs_dropout_prob: Rate = 0.1
    max_position_embeddings: Annotated[int, Meta(ge=1, le=2**16)] = 512
    type_vocab_size: Annotated[int, Meta(ge=1, le=2**16)] = 2
    norm_epsilon: Annotated[float, Meta(gt=0, lt=1)] = _NORM_EPSILON

    def __post_init__(self) -> None:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} is not a multiple of "
                f"num_attention_heads {self.num_attention_heads}"
            )
        rows = self.vocab_size + self.max_position_embeddings + self.type_vocab_size
        layer = 4 * self.hidden_size + 2 * self.intermediate_size
        weights = self.hidden_size * (rows + self.num_hidden_layers * layer)
        if weights > _MOST_WEIGHTS:
            raise ValueError(f"{weights:,} weights, must be at most {_MOST_WEIGHTS:,}")

    def read_features(
        self, vocab_file: str, *, max_length: int, normalization: Normalization
    ) -> FeatureSpec:
        """See `EncoderConfig` and `features_of_vocab`."""
        return features_of_vocab(vocab_file, max_length=max_length, normalization=normalization)

    def create(
        self,
        features: FeatureSpec,
        *,
        embedding_layer: "tf_keras.layers.Layer | None" = None,
        xla: bool = False,
    ) -> "BertEncoder":
        """See `EncoderConfig`."""
        from minibert.models.bert import BertEncoder

        return BertEncoder(self, features.pad_values, embedding_layer=embedding_layer, xla=xla)

    @property
    def summary(self) -> str:
        """See `EncoderConfig`."""
        return (
            f"BERT of {self.num_hidden_layers} layers of {self.hidden_size}, "
            f"{self.num_attention_heads} heads, {self.hidden_act}"
        )

    def sized_for(self, features: FeatureSpec) -> "BertConfig":
        """See `EncoderConfig`."""
        return msgspec.structs.replace(self, vocab_size=features.num_pieces)

    def check_features(self, features: FeatureSpec, *, source: str, name: str) -> None:
        """See `EncoderConfig`."""
        if features.num_pieces != self.vocab_size:
            raise InputError(
                f"{source}: {features.num_pieces} pieces, but {name} has vocab_size "
                f"{self.vocab_size}; give the vocabulary that belongs to it"
            )
        if features.max_length > self.max_position_embeddings:
            raise InputError(
                f"windows of {features.max_length} wordpieces: {name} has "
                f"{self.max_position_embeddings} positions; give shorter windows"
            )

    def to_dict(self) -> dict[str, Any]:
        """See `EncoderConfig`; what the public BERT does not say is there only if it must be."""
        own = super().to_dict()
        if self.norm_epsilon == _NORM_EPSILON:
            del own["norm_epsilon"]
        if MODEL_TYPE not in self.extra:
            del own[MODEL_TYPE]
        return own
