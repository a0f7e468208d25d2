"""Sentences as people write them where nobody edits: what training has never seen, it tags badly.

The sentences of treebanks begin with a capital letter and end with a mark, nearly all of them. A
model that has seen no others takes both for signs of what they do not mean.
"""

import random
from collections.abc import Sequence

_FINAL_MARKS = ".!?…。！？｡।॥؟۔։።"


def vary_words(words: Sequence[str], fraction: float, generator: random.Random) -> tuple[str, ...]:
    """A sentence with its first letter in the other case, without its final mark, both, or neither.

    Args:
      words: the sentence.
      fraction: the part of the sentences that lose a mark, and of those that begin otherwise; of
        each only if there is what can be changed.
      generator: chooses, in two steps whatever the sentence.

    Returns:
      The words, all of them or all but the last.
    """
    changes_case, drops_mark = (generator.random() < fraction for _ in range(2))
    varied = tuple(words)
    if drops_mark and len(varied) > 1 and not varied[-1].strip(_FINAL_MARKS):
        varied = varied[:-1]
    if changes_case and varied:
        varied = (_with_other_case(varied[0]), *varied[1:])
    return varied


def vary_text(text: str, fraction: float, generator: random.Random) -> str:
    """As `vary_words`, of a sentence as it is written."""
    body = text.rstrip(_FINAL_MARKS).rstrip()
    marks = text[len(body) :]
    first, space, rest = body.partition(" ")
    ends = [marks.strip()] if body and marks else []
    varied = vary_words([first, *ends], fraction, generator)
    return f"{varied[0]}{space}{rest}{marks if len(varied) > len(ends) else ''}"


def _with_other_case(word: str) -> str:
    """A word that begins with a small letter with a capital one, or the other way round.

    One with a capital behind its first letter, such as `NASA`, stays.
    """
    first, rest = word[:1], word[1:]
    other = first.lower() if first.isupper() else first.upper()
    return other + rest if rest == rest.lower() and len(other) == 1 else word
