"""The features of the public BERT: wordpieces of a `vocab.txt`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from minibert.files import atomic_file
from minibert.text.feature_spec import Piece
from minibert.text.normalization import Normalization
from minibert.text.subword_features import SubwordFeatures
from minibert.text.vocab import CONTINUATION, PAD, read_vocab, vocab_sha256

if TYPE_CHECKING:
    from minibert.text.python_wordpiece import PythonWordpieceTokenizer
    from minibert.text.wordpiece import WordpieceTokenizer

_VOCAB = "vocab.txt"


@dataclass(frozen=True)
class WordpieceFeatures(SubwordFeatures):
    """Wordpieces; see `SubwordFeatures`.

    Attributes:
      vocab: the wordpieces by id.
    """

    kind: ClassVar[str] = "wordpiece"
    file_names: ClassVar[Sequence[str]] = (_VOCAB,)
    vocab: Sequence[str]

    @cached_property
    def pad_id(self) -> int:
        """See `SubwordFeatures`."""
        return list(self.vocab).index(PAD)

    @cached_property
    def pieces(self) -> Sequence[Piece]:
        """See `FeatureSpec`."""
        return [as_piece(wordpiece) for wordpiece in self.vocab]

    @property
    def num_pieces(self) -> int:
        """See `FeatureSpec`."""
        return len(self.vocab)

    @property
    def sha256(self) -> str:
        """See `FeatureSpec`."""
        return vocab_sha256(self.vocab)

    def write(self, directory: Path) -> None:
        """See `FeatureSpec`."""
        with atomic_file(directory / _VOCAB, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{piece}\n" for piece in self.vocab)

    @classmethod
    def read(
        cls, directory: Path, *, max_length: int, normalization: Normalization
    ) -> "WordpieceFeatures":
        """See `FeatureSpec`."""
        return cls.from_file(directory / _VOCAB, max_length=max_length, normalization=normalization)

    @classmethod
    def from_file(
        cls, path: str | Path, *, max_length: int, normalization: Normalization
    ) -> "WordpieceFeatures":
        """Those of a `vocab.txt`; see `read_vocab`."""
        return cls(max_length, normalization, read_vocab(path))

    def tokenizer(self) -> "WordpieceTokenizer":
        """See `SubwordFeatures`."""
        from minibert.text.wordpiece import WordpieceTokenizer

        return WordpieceTokenizer(self.vocab, normalization=self.normalization)

    def python_tokenizer(self) -> "PythonWordpieceTokenizer":
        """See `SubwordFeatures`."""
        from minibert.text.python_wordpiece import PythonWordpieceTokenizer

        return PythonWordpieceTokenizer(self.vocab, normalization=self.normalization)


def as_piece(wordpiece: str) -> Piece:
    """What an entry of a `vocab.txt` stands for."""
    is_special = len(wordpiece) > 2 and wordpiece.startswith("[") and wordpiece.endswith("]")
    continues = wordpiece.startswith(CONTINUATION)
    return Piece(wordpiece.removeprefix(CONTINUATION), not continues, is_special)
