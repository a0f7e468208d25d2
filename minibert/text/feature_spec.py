"""What an encoder reads of words, described without the code that makes it, and without TensorFlow.

A spec is all that a directory of a model or an export has to hold of features. It gives the two
featurizers that make them: in graph, for training, SavedModels and TensorFlow Serving, and in
Python, for LiteRT. A new kind of features is a spec with its two featurizers, and a line in
`feature_kinds`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from minibert.text.normalization import Normalization

if TYPE_CHECKING:
    from minibert.text.featurizer import Featurizer

# The positions of words in the output of the encoder, and what fills them up in windows that have
# fewer words than others.
WORD_POSITIONS = "word_positions"
NO_POSITION = -1
# Where in its sentence each position of a packed row is, and of which sentence.
POSITION_IDS, SEGMENT_IDS = "position_ids", "segment_ids"


class Piece(NamedTuple):
    """An entry of the vocabulary of a tokenizer.

    Attributes:
      text: its characters, without any mark of the tokenizer.
      starts_word: whether it stands at the start of words, or continues them.
      is_special: whether it stands for no characters, such as `[UNK]`.
    """

    text: str
    starts_word: bool = True
    is_special: bool = False


class Window(NamedTuple):
    """What the encoder reads of a sentence at once, in Python.

    Attributes:
      features: name to values.
      word_positions: where in the output of the encoder each word is that belongs to the window.
    """

    features: Mapping[str, Sequence[int]]
    word_positions: Sequence[int]


class PythonFeaturizer(Protocol):
    """Makes the features of one encoder without TensorFlow."""

    def featurize(self, words: Sequence[str]) -> list[Window]:
        """Features of a pre-segmented sentence.

        Returns:
          The windows in reading order: taken together, `word_positions` has every word once, in
          order.
        """


@dataclass(frozen=True)
class FeatureSpec(ABC):
    """The features of one encoder.

    Attributes:
      kind: the name of the kind of features, as in files.
      file_names: the files that a directory must hold of it.
      size_feature: the feature whose size is that of a window, by which windows are batched.
      unit: what this size counts, in the plural.
      can_drop: whether its featurizer can drop a part of them.
      max_length: the longest window.
      normalization: what is made of words first.
    """

    kind: ClassVar[str]
    file_names: ClassVar[Sequence[str]] = ()
    size_feature: ClassVar[str]
    unit: ClassVar[str] = "words"
    can_drop: ClassVar[bool] = False
    max_length: int
    normalization: Normalization

    @property
    @abstractmethod
    def pad_values(self) -> Mapping[str, int]:
        """The names of the features, and what fills up those of shorter windows."""

    @property
    def padding(self) -> dict[str, int]:
        """What fills up all that a network reads: the features and the positions of words."""
        return {**self.pad_values, WORD_POSITIONS: NO_POSITION}

    @property
    def pieces(self) -> Sequence[Piece]:
        """The entries of its vocabulary of pieces, by id; none, if it has no such vocabulary."""
        return ()

    @property
    def num_pieces(self) -> int:
        """The number of `pieces`."""
        return len(self.pieces)

    @property
    def sha256(self) -> str:
        """A checksum of what its files say, whatever their form; of no other kind the same."""
        return self.kind

    def write(self, directory: Path) -> None:  # noqa: B027 - there may be no files
        """Writes `file_names` into a directory."""

    @classmethod
    def read(
        cls, directory: Path, *, max_length: int, normalization: Normalization
    ) -> "FeatureSpec":
        """Reads them.

        Raises:
          InputError: one is not as it must be.
        """
        return cls(max_length, normalization)

    @abstractmethod
    def in_graph(self) -> "Featurizer":
        """What makes the features in graph."""

    @abstractmethod
    def in_python(self) -> PythonFeaturizer:
        """What makes the same features of the same words in Python."""
