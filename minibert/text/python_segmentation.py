"""Raw text to words without TensorFlow: the words that `segmentation.segment` gives, in Python."""

from functools import cache
from typing import Any, NamedTuple

import regex

from minibert.text.word_pattern import IS_WORD, PIECE

# What UTF-8 has not.
_SURROGATE = regex.compile("[\ud800-\udfff]")


class SegmentedWord(NamedTuple):
    """A word of a text.

    Attributes:
      form: the word.
      start, end: where it begins and ends, in characters of the text.
    """

    form: str
    start: int
    end: int


def segment(text: str) -> list[SegmentedWord]:
    """Cuts a text into words.

    Returns:
      The words, in order. White space, control characters, and the marks and invisible characters
      behind them are in none. A lone surrogate is the replacement character.
    """
    piece, is_word = _patterns()
    return [
        SegmentedWord(match[0], *match.span())
        for match in piece.finditer(_SURROGATE.sub("\ufffd", text))
        if is_word.match(match[0])
    ]


@cache
def _patterns() -> tuple[Any, Any]:
    """Compiled when they are needed, which takes some hundredths of a second."""
    return regex.compile(_translated(PIECE)), regex.compile(_translated(IS_WORD))


def _translated(pattern: str) -> str:
    """A pattern of RE2 as that of `regex`, which has no code points in braces."""
    return regex.sub(r"\\x\{([0-9A-F]+)\}", lambda match: rf"\U{int(match[1], 16):08x}", pattern)
