"""How Mukherjee & Awadallah 2020 have counted phrases: by wordpieces (their code, of 2020).

A sentence is cut behind so many wordpieces, in the gold tags too; the first wordpiece of a word has
its tag, and each other continues what is before it; the sentences of a language stand one behind
the other without a boundary.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, chain

from minibert.data.entity_tags import OUTSIDE
from minibert.evaluation.phrases import PhraseCounts, PhraseReader

# Of a wordpiece that is not the first of its word.
CONTINUATION = "X"


def piece_tags(tags: Sequence[str], pieces: Sequence[int], most: int) -> list[str]:
    """The tags of the wordpieces of a sentence.

    Args:
      tags: those of its words.
      pieces: how many wordpieces each word has.
      most: how many of them count.
    """
    found: list[str] = []
    for tag, count in zip(tags, pieces, strict=True):
        found += [tag, *[CONTINUATION] * (count - 1)]
    return found[:most]


def continued(tags: Sequence[str]) -> list[str]:
    """Tags in which `CONTINUATION` is the I- of what is before it, or O behind O."""
    found: list[str] = []
    for tag in tags:
        if tag == CONTINUATION:
            type_ = found[-1][2:] if found else ""
            tag = f"I-{type_}" if type_ else OUTSIDE
        found.append(tag)
    return found


def count_phrases_of_pieces(
    gold: Sequence[Sequence[str]], system: Sequence[Sequence[str]], read: PhraseReader
) -> list[PhraseCounts]:
    """Counts the phrases of the sentences of a language, each where it begins.

    Args:
      gold: the right tags of the wordpieces of each sentence.
      system: those of the system.
      read: reads phrases from tags.
    """
    of_gold, of_system = (
        read(continued(list(chain.from_iterable(tags)))) for tags in (gold, system)
    )
    starts = list(accumulate(map(len, gold), initial=0))
    counts = [PhraseCounts(Counter(), Counter(), Counter()) for _ in gold]
    for kind, phrases in enumerate((of_gold, of_system, set(of_gold) & set(of_system))):
        for phrase in phrases:
            counts[bisect_right(starts, phrase.start) - 1][kind][phrase.type] += 1
    return counts
