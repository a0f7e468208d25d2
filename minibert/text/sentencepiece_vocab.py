"""Vocabularies of SentencePiece models with the ids of XLM-R."""

from pathlib import Path
from typing import Any

from minibert.errors import InputError
from minibert.files import read_bytes
from minibert.packages import import_package

# What stands for the space before a word.
WORD_START = "\u2581"
# The ids of fairseq (Ott et al. 2019), in which XLM-R was trained: four pieces of its own take the
# place of the model's first three, the others move up by one, and the mask is behind them.
BOS, PAD, EOS, UNK, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
CLS_ID, PAD_ID, SEP_ID, UNK_ID = range(4)
MODEL_FIRST_PIECES = [UNK, BOS, EOS]
MODEL_UNK_ID = 0
SHIFT = 1

# The largest public model, of 256,000 pieces, has 5 MB.
_MAX_MODEL_BYTES = 64 * 2**20


def read_model(path: str | Path) -> bytes:
    """Reads a `sentencepiece.bpe.model`, or one of the same form.

    Raises:
      InputError: the file cannot be read, is no such model, or has special pieces of its own; or
        SentencePiece is not installed.
    """
    try:
        model = read_bytes(Path(path), _MAX_MODEL_BYTES)
    except OSError as error:
        raise InputError(f"{path}: cannot read the vocabulary: {error.strerror}") from error
    try:
        first = load_processor(model).id_to_piece(list(range(len(MODEL_FIRST_PIECES))))
    except (RuntimeError, IndexError) as error:
        raise InputError(
            f"{path}: no model of SentencePiece; give the sentencepiece.bpe.model of a checkpoint"
        ) from error
    if first != MODEL_FIRST_PIECES:
        raise InputError(
            f"{path}: begins with the pieces {' '.join(first)} where those of XLM-R have "
            f"{' '.join(MODEL_FIRST_PIECES)}; models with other special pieces are not read"
        )
    return model


def load_processor(model: bytes) -> Any:
    """SentencePiece with a model.

    Raises:
      InputError: the package is not installed.
      RuntimeError: the bytes are no model.
    """
    package = import_package("sentencepiece", needed_for="a vocabulary of SentencePiece")
    processor = package.SentencePieceProcessor()
    processor.load_from_serialized_proto(model)
    return processor
