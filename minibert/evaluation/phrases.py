"""Phrases that tags mean, and how many of them two sequences of tags have in common.

By seqeval (Nakayama 2018): as conlleval reads tags (Tjong Kim Sang & Buchholz 2000), where a tag
that continues nothing begins a phrase; or strictly in IOB2, where it is none.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, Tokens

from minibert.data.entity_tags import Entity

# What reads phrases from the tags of a sentence.
PhraseReader = Callable[[Sequence[str]], list[Entity]]


class PhraseCounts(NamedTuple):
    """Phrases by type: those of the gold tags, of the system's, and of both."""

    gold: Counter[str]
    system: Counter[str]
    correct: Counter[str]


def conlleval_phrases(tags: Sequence[str]) -> list[Entity]:
    """The phrases of tags as conlleval reads them."""
    return [Entity(start, last + 1, type_) for type_, start, last in get_entities(list(tags))]


def strict_phrases(tags: Sequence[str]) -> list[Entity]:
    """The phrases of tags that are right in IOB2."""
    found = Tokens(list(tags), IOB2).entities
    return [Entity(phrase.start, phrase.end, phrase.tag) for phrase in found]


def count_phrases(
    gold: Sequence[str], system: Sequence[str], read: PhraseReader = conlleval_phrases
) -> PhraseCounts:
    """Counts the phrases of one sentence; one is right if its words and its type are."""
    of_gold, of_system = read(gold), read(system)
    of_both = set(of_gold) & set(of_system)
    return PhraseCounts(*(Counter(p.type for p in of) for of in (of_gold, of_system, of_both)))
