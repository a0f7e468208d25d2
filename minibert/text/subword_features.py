"""The features of BERT: ids of the pieces of a subword tokenizer."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from minibert.text.feature_spec import FeatureSpec, PythonFeaturizer

if TYPE_CHECKING:
    import tensorflow as tf

    from minibert.text.featurizer import Featurizer

# The name of the only feature: int32, ids of pieces.
INPUT_IDS = "input_ids"
# [CLS] before the pieces of a window and [SEP] behind them.
NUM_SPECIAL_PIECES = 2


class SpecialIds(Protocol):
    """What every tokenizer has.

    Attributes:
      pad_id, unk_id, cls_id, sep_id: the ids of `[PAD]`, `[UNK]`, `[CLS]` and `[SEP]`, whatever
        they are called in the vocabulary.
    """

    pad_id: int
    unk_id: int
    cls_id: int
    sep_id: int


class SubwordTokenizer(SpecialIds, Protocol):
    """Splits words into pieces, in graph."""

    def tokenize(self, words: "tf.Tensor") -> "tf.RaggedTensor":
        """Splits words.

        Args:
          words: string `[words]`, UTF-8.

        Returns:
          int32 `[words, (pieces)]`, at least one piece a word.
        """

    def split_text(self, text: "tf.Tensor") -> "tf.RaggedTensor":
        """Cuts text where it cuts it whatever stands there.

        The pieces of the parts are those of the whole, but that a part without any has `[UNK]`.

        Args:
          text: string `[sentences]`.

        Returns:
          string `[sentences, (parts)]`.
        """


class PythonSubwordTokenizer(SpecialIds, Protocol):
    """Splits a word into the same pieces without TensorFlow."""

    def tokenize(self, word: str) -> Sequence[int]:
        """The ids of its pieces, one at least."""


@dataclass(frozen=True)
class SubwordFeatures(FeatureSpec):
    """Pieces between `[CLS]` and `[SEP]`; a word is at its first one."""

    size_feature: ClassVar[str] = INPUT_IDS
    unit: ClassVar[str] = "wordpieces"
    can_drop: ClassVar[bool] = True

    @property
    @abstractmethod
    def pad_id(self) -> int:
        """The id of `[PAD]`."""

    @property
    def pad_values(self) -> Mapping[str, int]:
        """See `FeatureSpec`."""
        return {INPUT_IDS: self.pad_id}

    @abstractmethod
    def tokenizer(self) -> SubwordTokenizer:
        """A new tokenizer in graph."""

    @abstractmethod
    def python_tokenizer(self) -> PythonSubwordTokenizer:
        """A new tokenizer without TensorFlow."""

    def in_graph(self) -> "Featurizer":
        """See `FeatureSpec`."""
        from minibert.text.subword_featurizer import SubwordFeaturizer

        return SubwordFeaturizer(self)

    def in_python(self) -> PythonFeaturizer:
        """See `FeatureSpec`."""
        from minibert.text.python_subword_featurizer import PythonSubwordFeaturizer

        return PythonSubwordFeaturizer(self)
