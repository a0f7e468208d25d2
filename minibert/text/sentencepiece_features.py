"""The features of XLM-R and of what has its vocabulary: pieces of a SentencePiece model."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from minibert.files import atomic_file
from minibert.text.feature_spec import Piece
from minibert.text.normalization import Normalization
from minibert.text.sentencepiece_vocab import (
    BOS,
    EOS,
    MASK,
    MODEL_FIRST_PIECES,
    PAD,
    PAD_ID,
    SHIFT,
    UNK,
    WORD_START,
    load_processor,
    read_model,
)
from minibert.text.subword_features import SubwordFeatures

if TYPE_CHECKING:
    from minibert.text.python_sentencepiece import PythonSentencePieceTokenizer
    from minibert.text.sentencepiece_tokenizer import SentencePieceTokenizer

_FILE = "sentencepiece.bpe.model"


@dataclass(frozen=True)
class SentencePieceFeatures(SubwordFeatures):
    """Pieces of a SentencePiece model with the ids of fairseq; see `SubwordFeatures`.

    Attributes:
      model: the content of its file.
    """

    kind: ClassVar[str] = "sentencepiece"
    file_names: ClassVar[Sequence[str]] = (_FILE,)
    pad_id: ClassVar[int] = PAD_ID
    model: bytes

    @cached_property
    def _processor(self) -> Any:
        return load_processor(self.model)

    @cached_property
    def pieces(self) -> Sequence[Piece]:
        """See `FeatureSpec`."""
        count = self._processor.get_piece_size()
        names = self._processor.id_to_piece(list(range(len(MODEL_FIRST_PIECES), count)))
        special = [Piece(name, is_special=True) for name in (BOS, PAD, EOS, UNK)]
        return [*special, *map(_as_piece, names), Piece(MASK, is_special=True)]

    @property
    def num_pieces(self) -> int:
        """See `FeatureSpec`."""
        return int(self._processor.get_piece_size()) + SHIFT + 1

    @cached_property
    def sha256(self) -> str:
        """See `FeatureSpec`."""
        return hashlib.sha256(self.model).hexdigest()

    def write(self, directory: Path) -> None:
        """See `FeatureSpec`."""
        with atomic_file(directory / _FILE) as file:
            file.write(self.model)

    @classmethod
    def read(
        cls, directory: Path, *, max_length: int, normalization: Normalization
    ) -> "SentencePieceFeatures":
        """See `FeatureSpec`."""
        return cls.from_file(directory / _FILE, max_length=max_length, normalization=normalization)

    @classmethod
    def from_file(
        cls, path: str | Path, *, max_length: int, normalization: Normalization
    ) -> "SentencePieceFeatures":
        """Those of a `sentencepiece.bpe.model`; see `read_model`."""
        return cls(max_length, normalization, read_model(path))

    def tokenizer(self) -> "SentencePieceTokenizer":
        """See `SubwordFeatures`."""
        from minibert.text.sentencepiece_tokenizer import SentencePieceTokenizer

        return SentencePieceTokenizer(self.model, normalization=self.normalization)

    def python_tokenizer(self) -> "PythonSentencePieceTokenizer":
        """See `SubwordFeatures`."""
        from minibert.text.python_sentencepiece import PythonSentencePieceTokenizer

        return PythonSentencePieceTokenizer(self.model, normalization=self.normalization)


def _as_piece(name: str) -> Piece:
    return Piece(name.removeprefix(WORD_START), starts_word=name.startswith(WORD_START))
