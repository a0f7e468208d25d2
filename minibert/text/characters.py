"""Which characters are seen, and which only belong to others: the same in graph and in Python.

A word begins with a character that is seen. Marks and invisible characters behind it are part of
it; behind white space, or at the start of a text, they belong to nothing. Lines end where
`str.splitlines` ends them, so also at form feeds and at the line separator of Unicode.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# The inside of a class of regular expressions, of Python's and of RE2. Those with the property
# Default_Ignorable_Code_Point, among them variation selectors and the fillers of Hangul, and format
# characters that are not shown. The signs that are written around numbers, such as U+06DD, which
# are format characters too, are shown.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Braille without a dot, which is a symbol to Unicode, and the space of Braille to who writes it.
BLANK = "\u2800"
_INVISIBLE = re.compile(f"[{INVISIBLE}{BLANK}]")
# The ends of lines of `str.splitlines` but for line feeds and carriage returns.
_SEPARATOR = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x9f{BLANK}]")
_AFTER_SPACE = re.compile(r"(?<!\S)[^\s!-~]+")
_UNSEEN_CATEGORIES = frozenset({"Mn", "Mc", "Me", "Zs", "Zl", "Zp", "Cc"})
# More than are in use at a time.
_CACHED_CHARACTERS = 2**16


@lru_cache(_CACHED_CHARACTERS)
def is_seen(character: str) -> bool:
    """Whether a word may begin with a character: no mark, white space, control or invisible one."""
    return not (
        unicodedata.category(character) in _UNSEEN_CATEGORIES or _INVISIBLE.match(character)
    )


class _Seen(dict[int, str]):
    """For `str.translate`: deletes what is not seen."""

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        self[code_point] = text = character if is_seen(character) else ""
        return text


_SEEN = _Seen()


def seen(text: str) -> str:
    """The characters of a text that are seen."""
    return text.translate(_SEEN)


def seen_lines(text: str) -> Iterator[str]:
    """Yields the lines of a text in which something is seen, without white space around them."""
    for line in text.splitlines():
        if seen(line):
            yield line.strip()


def split_start(text: str) -> tuple[str, str]:
    """Splits a text before the first character that is seen."""
    start = next((i for i, character in enumerate(text) if is_seen(character)), len(text))
    return text[:start], text[start:]


def plain_paragraph(text: str) -> str:
    """A paragraph in which nothing unseen but white space follows white space.

    Marks and invisible characters that do are dropped; other control characters become spaces, and
    ends of lines that are no line feeds blank lines.
    """
    text = _CONTROL.sub(" ", _SEPARATOR.sub("\n\n", text))
    return _AFTER_SPACE.sub(lambda match: split_start(match[0])[1], text)
