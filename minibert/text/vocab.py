"""Vocabularies of wordpieces: `vocab.txt` of the public checkpoints."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from minibert.errors import InputError
from minibert.files import read_bytes

# What a wordpiece starts with that continues a word.
CONTINUATION = "##"
PAD, UNK, CLS, SEP = SPECIAL_PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")

# Longest vocabulary that is read. The largest public one has half a million entries.
_MAX_VOCAB_BYTES = 64 * 2**20
_MAX_PIECE_CHARACTERS = 200


def read_vocab(path: str | Path) -> list[str]:
    """Reads a wordpiece vocabulary: UTF-8, one piece a line, the line number is the id.

    Args:
      path: the `vocab.txt` of a public checkpoint, or one of the same form.

    Returns:
      The pieces, in the order of their ids.

    Raises:
      InputError: the file cannot be read, is not UTF-8, is empty, holds a piece twice or one
        that no word can have, lacks one of `[PAD] [UNK] [CLS] [SEP]`, or holds nothing else.
    """
    path = Path(path)
    try:
        # Split on line feeds only: some pieces are characters that str.splitlines() splits at.
        lines = read_bytes(path, _MAX_VOCAB_BYTES).decode("utf-8").split("\n")
    except OSError as error:
        raise InputError(f"{path}: cannot read the vocabulary: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}; convert the file") from error
    if lines and not lines[-1]:
        lines.pop()
    pieces = [line.removesuffix("\r") for line in lines]
    first_line: dict[str, int] = {}
    for number, piece in enumerate(pieces, start=1):
        if len(piece) > _MAX_PIECE_CHARACTERS or "\0" in piece:
            raise InputError(
                f"{path}:{number}: a piece of over {_MAX_PIECE_CHARACTERS} characters, or with a "
                "NUL; is this a vocabulary?"
            )
        if piece in first_line:
            raise InputError(
                f"{path}:{number}: piece {piece!r} is also on line {first_line[piece]}; "
                "a vocabulary must hold every piece once"
            )
        first_line[piece] = number
    for piece in SPECIAL_PIECES:
        if piece not in first_line:
            raise InputError(
                f"{path}: the vocabulary lacks {piece}; give the vocab.txt of a BERT checkpoint"
            )
    if len(pieces) == len(SPECIAL_PIECES):
        raise InputError(f"{path}: a vocabulary of nothing but special pieces; give another")
    return pieces


def vocab_sha256(vocab: Sequence[str]) -> str:
    """A checksum of a vocabulary, whatever the line ends of its file."""
    return hashlib.sha256("\n".join(vocab).encode()).hexdigest()
