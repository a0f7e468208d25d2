"""The features of BERT: the ids of wordpieces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from minibert.files import atomic_file
from minibert.text.feature_spec import FeatureSpec, Piece, PythonFeaturizer
from minibert.text.normalization import Normalization
from minibert.text.vocab import CONTINUATION, PAD, read_vocab, vocab_sha256

if TYPE_CHECKING:
    from minibert.text.featurizer import Featurizer

# The name of the only feature: int32, ids of wordpieces.
INPUT_IDS = "input_ids"
_VOCAB = "vocab.txt"


@dataclass(frozen=True)
class WordpieceFeatures(FeatureSpec):
    """Wordpieces between `[CLS]` and `[SEP]`; a word is at its first one.

    Attributes:
      vocab: the wordpieces by id.
    """

    kind: ClassVar[str] = "wordpiece"
    file_names: ClassVar[Sequence[str]] = (_VOCAB,)
    size_feature: ClassVar[str] = INPUT_IDS
    unit: ClassVar[str] = "wordpieces"
    can_drop: ClassVar[bool] = True
    vocab: Sequence[str]

    @cached_property
    def pad_values(self) -> Mapping[str, int]:
        """See `FeatureSpec`."""
        return {INPUT_IDS: list(self.vocab).index(PAD)}

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
        return cls(max_length, normalization, read_vocab(directory / _VOCAB))

    def in_graph(self) -> "Featurizer":
        """See `FeatureSpec`."""
        from minibert.text.subword_featurizer import SubwordFeaturizer
        from minibert.text.wordpiece import WordpieceTokenizer

        tokenizer = WordpieceTokenizer(self.vocab, normalization=self.normalization)
        return SubwordFeaturizer(tokenizer, self.max_length)

    def in_python(self) -> PythonFeaturizer:
        """See `FeatureSpec`."""
        from minibert.text.python_subword_featurizer import PythonSubwordFeaturizer
        from minibert.text.python_wordpiece import PythonWordpieceTokenizer

        tokenizer = PythonWordpieceTokenizer(self.vocab, normalization=self.normalization)
        return PythonSubwordFeaturizer(tokenizer, self.max_length)


def as_piece(wordpiece: str) -> Piece:
    """What an entry of a `vocab.txt` stands for."""
    is_special = len(wordpiece) > 2 and wordpiece.startswith("[") and wordpiece.endswith("]")
    continues = wordpiece.startswith(CONTINUATION)
    return Piece(wordpiece.removeprefix(CONTINUATION), not continues, is_special)
