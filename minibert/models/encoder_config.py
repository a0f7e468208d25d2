"""The shape of an encoder: one of several kinds, told apart by `model_type` in its JSON file.

Fields have the names of public configurations, in which `model_type` stands as well. A kind of
encoder is a subclass with a tag, which `encoder_kinds` lists.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from minibert.text.feature_spec import FeatureSpec
from minibert.text.normalization import Normalization

if TYPE_CHECKING:
    import tf_keras

    from minibert.models.encoder import Encoder

MODEL_TYPE = "model_type"
# Larger than that of any published encoder; more would only fill the memory.
Width = Annotated[int, Meta(ge=1, le=2**14)]
Rate = Annotated[float, Meta(ge=0, lt=1)]

Self = TypeVar("Self", bound="EncoderConfig")


class EncoderConfig(msgspec.Struct, frozen=True, kw_only=True, tag_field=MODEL_TYPE):
    """The shape of an encoder, without any weights.

    Attributes:
      hidden_size: the width of its output.
      initializer_range: the standard deviation of random weights.
      extra: fields of a file that the encoder does not use (`directionality`, `pooler_*`), kept
        so that what is written is what was read.
    """

    hidden_size: Width
    initializer_range: Rate = 0.02
    extra: Mapping[str, Any] = msgspec.field(default_factory=dict)

    @abstractmethod
    def read_features(
        self, vocab_file: str, *, max_length: int, normalization: Normalization
    ) -> FeatureSpec:
        """The features that it reads.

        Args:
          vocab_file: what it has vectors for, or is to have.
          max_length: the longest window.
          normalization: what is made of words first.

        Raises:
          InputError: the file is not as it must be.
        """

    @abstractmethod
    def create(
        self,
        features: FeatureSpec,
        *,
        embedding_layer: "tf_keras.layers.Layer | None" = None,
        xla: bool = False,
    ) -> "Encoder":
        """A new encoder with random weights.

        Args:
          features: what it reads.
          embedding_layer: takes the place of its table of pieces, if `features` have pieces.
          xla: compile it with XLA, once for each shape of a batch.
        """

    def sized_for(self: Self, features: FeatureSpec) -> Self:
        """The same shape with the sizes that depend on what it reads."""
        return self

    def check_features(self, features: FeatureSpec, *, source: str, name: str) -> None:
        """Checks that it can read some features.

        Args:
          features: the features.
          source: where they are from, for messages.
          name: what the configuration is called in them.

        Raises:
          InputError: it cannot; by default it can read all that `read_features` gives.
        """

    def with_dropout(self: Self, rate: float) -> Self:
        """The same shape with a rate of dropout in all places."""
        rates = [name for name in self.__struct_fields__ if "dropout" in name]
        return msgspec.structs.replace(self, **dict.fromkeys(rates, rate))

    @property
    @abstractmethod
    def summary(self) -> str:
        """What it is, for people, in some words."""

    @property
    def shape(self) -> Mapping[str, Any]:
        """What weights must agree on: all but dropout, initialization and `extra`."""
        return {
            name: getattr(self, name)
            for name in self.__struct_fields__
            if "dropout" not in name and name not in ("initializer_range", "extra")
        }

    def to_dict(self) -> dict[str, Any]:
        """The configuration as it stands in its file."""
        own = msgspec.to_builtins(self)
        extra = own.pop("extra")
        return {**own, **extra}
