"""The features of XLM-R and of what has its vocabulary: pieces of a SentencePiece model."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from minibert.errors import InputError
from minibert.files import atomic_file, read_bytes
from minibert.packages import import_package
from minibert.text.feature_spec import Piece
from minibert.text.normalization import Normalization
from minibert.text.subword_features import SubwordFeatures

if TYPE_CHECKING:
    from minibert.text.python_sentencepiece import PythonSentencePieceTokenizer
    from minibert.text.sentencepiece_tokenizer import SentencePieceTokenizer

# What stands for the space before a word.
WORD_START = "\u2581"
# The ids of fairseq (Ott et al. 2019), in which XLM-R was trained: four pieces of its own take the
# place of the model's first three, the others move up by one, and the mask is behind them.
BOS, PAD, EOS, UNK, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
CLS_ID, PAD_ID, SEP_ID, UNK_ID = range(4)
MODEL_FIRST_PIECES = [UNK, BOS, EOS]
SHIFT = 1

_FILE = "sentencepiece.bpe.model"
# The largest public model, of 256,000 pieces, has 5 MB.
_MAX_MODEL_BYTES = 64 * 2**20


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
    def pieces(self) -> Sequence[Piece]:
        """See `FeatureSpec`."""
        processor = load_processor(self.model)
        count = processor.get_piece_size()
        names = processor.id_to_piece(list(range(len(MODEL_FIRST_PIECES), count)))
        special = [Piece(name, is_special=True) for name in (BOS, PAD, EOS, UNK)]
        return [*special, *map(_as_piece, names), Piece(MASK, is_special=True)]

    @cached_property
    def num_pieces(self) -> int:
        """See `FeatureSpec`."""
        return int(load_processor(self.model).get_piece_size()) + SHIFT + 1

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
        """Those of a `sentencepiece.bpe.model`, or of one of the same form.

        Raises:
          InputError: the file cannot be read, is no such model, or has special pieces of its own.
        """
        try:
            model = read_bytes(Path(path), _MAX_MODEL_BYTES)
        except OSError as error:
            raise InputError(f"{path}: cannot read the vocabulary: {error.strerror}") from error
        try:
            processor = load_processor(model)
            first = processor.id_to_piece(list(range(len(MODEL_FIRST_PIECES))))
        except (RuntimeError, IndexError) as error:
            raise InputError(
                f"{path}: no model of SentencePiece; give the sentencepiece.bpe.model of a "
                "checkpoint"
            ) from error
        if first != MODEL_FIRST_PIECES:
            raise InputError(
                f"{path}: begins with the pieces {' '.join(first)} where those of XLM-R have "
                f"{' '.join(MODEL_FIRST_PIECES)}; models with other special pieces are not read"
            )
        return cls(max_length, normalization, model)

    def tokenizer(self) -> "SentencePieceTokenizer":
        """See `SubwordFeatures`."""
        from minibert.text.sentencepiece_tokenizer import SentencePieceTokenizer

        return SentencePieceTokenizer(self.model, normalization=self.normalization)

    def python_tokenizer(self) -> "PythonSentencePieceTokenizer":
        """See `SubwordFeatures`."""
        from minibert.text.python_sentencepiece import PythonSentencePieceTokenizer

        return PythonSentencePieceTokenizer(self.model, normalization=self.normalization)


def load_processor(model: bytes) -> Any:
    """SentencePiece with a model.

    Raises:
      InputError: the package is not installed.
      RuntimeError: the bytes are no model.
    """
    package = import_package(
        "sentencepiece", needed_for="a vocabulary of SentencePiece", install="'sentencepiece<0.2.2'"
    )
    processor = package.SentencePieceProcessor()
    processor.load_from_serialized_proto(model)
    return processor


def _as_piece(name: str) -> Piece:
    return Piece(name.removeprefix(WORD_START), starts_word=name.startswith(WORD_START))
