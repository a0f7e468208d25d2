"""Sentences as people write them where nobody edits: what training has never seen, it tags badly.

The sentences of treebanks begin with a capital letter and end with a mark, nearly all of them. A
model that has seen no others takes both for signs of what they do not mean.
"""

import random
from collections.abc import Sequence

VARIATION_HELP = (
    "Part of the training sentences that lose the mark at their end, and part of those that begin "
    "with a letter of the other case, as sentences have it where nobody edits."
)
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
    if drops_mark:
        varied = without_final_mark(varied)
    if changes_case:
        varied = with_other_case(varied)
    return varied


def without_final_mark(words: Sequence[str]) -> tuple[str, ...]:
    """A sentence without the mark at its end, if it has one and anything else."""
    has_mark = len(words) > 1 and not words[-1].strip(_FINAL_MARKS)
    return tuple(words[:-1] if has_mark else words)


def with_other_case(words: Sequence[str]) -> tuple[str, ...]:
    """A sentence with a small first letter with a capital one, or the other way round.

    One with a capital behind its first letter, such as `NASA`, stays.
    """
    first, rest = "".join(words[:1])[:1], "".join(words[:1])[1:]
    other = first.lower() if first.isupper() else first.upper()
    is_changed = rest == rest.lower() and len(other) == 1
    return (other + rest, *words[1:]) if is_changed else tuple(words)


def vary_text(text: str, fraction: float, generator: random.Random) -> str:
    """As `vary_words`, of a sentence as it is written."""
    body = text.rstrip(_FINAL_MARKS).rstrip()
    marks = text[len(body) :]
    first, space, rest = body.partition(" ")
    ends = [marks.strip()] if body and marks else []
    varied = vary_words([first, *ends], fraction, generator)
    return f"{varied[0]}{space}{rest}{marks if len(varied) > len(ends) else ''}"
