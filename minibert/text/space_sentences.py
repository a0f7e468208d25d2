"""Cuts text of scripts that have no terminator at its spaces."""

import re
from collections.abc import Collection

SPACE_LANGUAGES = frozenset({"th", "lo"})
# A sentence of Thai has a hundred characters, about. From the one length on it is cut before a word
# that begins clauses, from the other on at any space.
_MIN_CHARACTERS = 80
_MAX_CHARACTERS = 160
_MIN_LAST_CHARACTERS = 40
# Within so many characters a bracket or quote must be closed.
_BRACKET_CHARACTERS = 200
# The signs of repetition and abbreviation belong to the word before them.
_EVENT = re.compile(
    r"(?P<open>[(\[“])|(?P<close>[)\]”])"
    r"|(?<=[\u0e01-\u0eff])(?P<space>\s+)(?=[\u0e01-\u0eff])(?![ๆฯໆຯ])"
)


def split_at_spaces(text: str, clause_words: Collection[str]) -> list[str]:
    """Cuts a text at a space between words of Thai or Lao behind each 80 to 160 characters.

    Nothing is cut inside brackets and quotes, before or behind digits and other scripts, nor less
    than 40 characters before the end. Takes time in proportion to the length.

    Args:
      text: the text.
      clause_words: the words before which it is cut from 80 characters on, elsewhere from 160 on.
    """
    first_words = tuple(clause_words)
    sentences = []
    start = 0
    opened = -_BRACKET_CHARACTERS
    for match in _EVENT.finditer(text):
        position, end = match.span()
        if match.lastgroup == "open":
            opened = position
        elif match.lastgroup == "close":
            opened = -_BRACKET_CHARACTERS
        elif (
            position - start >= _MIN_CHARACTERS
            and (position - start >= _MAX_CHARACTERS or text.startswith(first_words, end))
            and position - opened >= _BRACKET_CHARACTERS
            and len(text) - end >= _MIN_LAST_CHARACTERS
        ):
            sentences.append(text[start:position])
            start = end
    return [*sentences, text[start:]]
