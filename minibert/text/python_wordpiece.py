"""The tokenizer without TensorFlow: the wordpieces that `WordpieceTokenizer` gives, in Python.

For where a model runs that must start at once and be small, and TensorFlow is neither.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from minibert.text.normalization import Normalization, normalize
from minibert.text.vocab import CLS, CONTINUATION, PAD, SEP, UNK

# What TF Text counts as punctuation, and as format characters, of what Unicode has added since
# version 13, which is that of Python 3.10.
_NEW_PUNCTUATION = frozenset(
    "\u061d\u1b4e\u1b4f\u1b7d\u1b7e\u1b7f"
    "\u2e53\u2e54\u2e55\u2e56\u2e57\u2e58\u2e59\u2e5a\u2e5b\u2e5c\u2e5d"
    "\U00010d6e\U00010f86\U00010f87\U00010f88\U00010f89"
    "\U000113d4\U000113d5\U000113d7\U000113d8\U000116b9"
    "\U00011b00\U00011b01\U00011b02\U00011b03\U00011b04"
    "\U00011b05\U00011b06\U00011b07\U00011b08\U00011b09\U00011be1"
    "\U00011f43\U00011f44\U00011f45\U00011f46\U00011f47\U00011f48\U00011f49"
    "\U00011f4a\U00011f4b\U00011f4c\U00011f4d\U00011f4e\U00011f4f"
    "\U00012ff1\U00012ff2\U00016d6d\U00016d6e\U00016d6f\U0001e5ff"
)
_NEW_FORMAT = frozenset(
    "\u0890\u0891\U00013439\U0001343a\U0001343b\U0001343c\U0001343d\U0001343e\U0001343f"
)
# ASCII that is no punctuation to Unicode and is to BERT.
_SYMBOLS = frozenset("$+<=>^`|~")
_CJK = (
    range(0x3400, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xF900, 0xFB00),
    range(0x20000, 0x2A6E0),
    range(0x2A700, 0x2B740),
    range(0x2B740, 0x2B820),
    range(0x2B820, 0x2CEB0),
    range(0x2F800, 0x2FA20),
)
# As of `WordpieceTokenizer`.
_MAX_BYTES_PER_TOKEN = 800
# Of words whose pieces are kept: enough for most words of a text, in 10 MB. Long ones are rare.
_CACHED_WORDS = 2**15
_MAX_CACHED_CHARACTERS = 40


class PythonWordpieceTokenizer:
    """Wordpiece ids of words; of each the same as `WordpieceTokenizer` gives.

    Attributes:
      pad_id, unk_id, cls_id, sep_id: ids of the special pieces.
    """

    def __init__(self, vocab: Sequence[str], *, normalization: Normalization):
        """Takes what `WordpieceTokenizer` takes."""
        self._first: dict[str, int] = {}
        self._continuations: dict[str, int] = {}
        for index, piece in enumerate(vocab):
            continuation = piece.removeprefix(CONTINUATION)
            if continuation and continuation != piece:
                self._continuations[continuation] = index
            else:
                self._first[piece] = index
        self._longest = max(map(len, vocab))
        self.pad_id, self.unk_id, self.cls_id, self.sep_id = (
            self._first[piece] for piece in (PAD, UNK, CLS, SEP)
        )
        self._normalization = normalization
        self._tokenize_cached = lru_cache(maxsize=_CACHED_WORDS)(self._tokenize)

    def tokenize(self, word: str) -> tuple[int, ...]:
        """The wordpiece ids of a word, one at least."""
        if len(word) > _MAX_CACHED_CHARACTERS:
            return self._tokenize(word)
        return self._tokenize_cached(word)

    def _tokenize(self, word: str) -> tuple[int, ...]:
        tokens = basic_tokens(word, self._normalization)
        return tuple(piece for token in tokens for piece in self._match(token)) or (self.unk_id,)

    def _match(self, token: str) -> list[int]:
        """Greedy longest match first."""
        if (
            4 * len(token) > _MAX_BYTES_PER_TOKEN
            and len(token.encode("utf-8")) > _MAX_BYTES_PER_TOKEN
        ):
            return [self.unk_id]
        pieces = []
        table, start = self._first, 0
        while start < len(token):
            for end in range(min(len(token), start + self._longest), start, -1):
                piece = table.get(token[start:end])
                if piece is not None:
                    break
            else:
                return [self.unk_id]
            pieces.append(piece)
            table, start = self._continuations, end
        return pieces


def basic_tokens(text: str, normalization: Normalization) -> list[str]:
    """What of a text is split into wordpieces, each by itself.

    Control and format characters are deleted, the form is set, and then white space separates, and
    punctuation marks and Chinese characters stand alone.
    """
    text = normalize(text.translate(_CLEANING), normalization)
    return [token for token in text.translate(_SEPARATION).split(" ") if token]


class _Cleaning(dict[int, str]):
    """For `str.translate`: deletes control and format characters."""

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        is_deleted = character not in "\t\n\r" and (
            # Lone surrogates are what UTF-8 has not.
            unicodedata.category(character) in ("Cc", "Cf", "Cs")
            or character == "\ufffd"
            or character in _NEW_FORMAT
        )
        self[code_point] = text = "" if is_deleted else character
        return text


class _Separation(dict[int, str]):
    """For `str.translate`: makes white space a space, and puts some around what is a token."""

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        category = unicodedata.category(character)
        if character in "\t\n\r" or category in ("Zs", "Zl", "Zp"):
            text = " "
        elif (
            category.startswith("P")
            or character in _SYMBOLS
            or character in _NEW_PUNCTUATION
            or any(code_point in block for block in _CJK)
        ):
            text = f" {character} "
        else:
            text = character
        self[code_point] = text
        return text


_CLEANING, _SEPARATION = _Cleaning(), _Separation()
