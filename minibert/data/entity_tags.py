"""The tags of named entities, brought into IOB2: `B-TYPE` begins an entity, `I-TYPE` continues it.

Schemes of files (Ramshaw & Marcus 1995; Tjong Kim Sang & Veenstra 1999; Ratinov & Roth 2009):

    IOB2    every entity begins with B-
    IOB1    I-, and B- only where an entity follows one of the same type at once
    BIOES   also E- for the last word of an entity and S- for one of a single word; so BILOU, with
            L- and U-
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from minibert.data.label_vocab import NO_LABEL
from minibert.data.line_reader import shown

IOB2, IOB1, BIOES = SCHEMES = ("iob2", "iob1", "bioes")
OUTSIDE = "O"
_TAG = re.compile(r"O|[BI]-\S+")
_LONG_TAG = re.compile(r"O|[BIESLU]-\S+")
# What the letters of BIOES and BILOU are in IOB2.
_LETTERS = {"B": "B", "I": "I", "E": "I", "L": "I", "S": "B", "U": "B"}
# Those that continue an entity, and those behind which it goes on.
_CONTINUES, _GOES_ON = "IEL", "BI"


def is_tag(tag: str) -> bool:
    """Whether a tag is one of IOB2."""
    return _TAG.fullmatch(tag) is not None


class TagError(ValueError):
    """A tag that cannot stand where it does.

    Attributes:
      index: of the tag in its sentence.
    """

    def __init__(self, index: int, message: str):
        super().__init__(message)
        self.index = index


class Entity(NamedTuple):
    """An entity of a sentence.

    Attributes:
      start, end: its words, `end` not included.
      type: `PER` for instance.
    """

    start: int
    end: int
    type: str


def to_iob2(tags: Sequence[str], scheme: str, *, repair: bool = False) -> tuple[list[str], int]:
    """The tags of a sentence in IOB2.

    Args:
      tags: in a scheme; `NO_LABEL` is of a word that nobody has annotated.
      scheme: one of `SCHEMES`.
      repair: whether a tag that continues an entity where there is none begins one, as conlleval
        reads it; else it is an error. In BIOES an entity that has no end is then as it is.

    Returns:
      The tags, and how many were repaired.

    Raises:
      TagError: a tag is none of the scheme, or cannot stand where it does.
    """
    found: list[str] = []
    repaired = 0
    before = OUTSIDE
    for index, tag in enumerate(tags):
        if tag != NO_LABEL and not (_LONG_TAG if scheme == BIOES else _TAG).fullmatch(tag):
            letters = "B, I, E or S" if scheme == BIOES else "B or I"
            raise TagError(index, f"tag {shown(tag)} is not {scheme.upper()}: O, or {letters}-TYPE")
        letter, type_ = tag[:1], tag[2:]
        continues = letter in _CONTINUES and type_ != ""
        is_open = before[2:] == type_ and before[:1] in (
            _GOES_ON if scheme == BIOES else _GOES_ON + _CONTINUES
        )
        must_continue = scheme == BIOES and before[:1] in _GOES_ON and before != OUTSIDE
        is_wrong = (continues and not is_open) or (must_continue and not (continues and is_open))
        if is_wrong and scheme != IOB1:
            if not repair:
                raise TagError(
                    index,
                    f"tag {shown(tag)} after {shown(before)}: in {scheme.upper()} an entity "
                    + ("starts with B-" if continues else "of several words ends with E-"),
                )
            repaired += 1
        if type_:
            letter = "B" if continues and not is_open else _LETTERS[letter]
            found.append(f"{letter}-{type_}")
        else:
            found.append(tag)
        before = tag or OUTSIDE
    if scheme == BIOES and before[:1] in _GOES_ON and before != OUTSIDE:
        if not repair:
            raise TagError(len(tags) - 1, f"tag {shown(before)}: the entity has no end, E-")
        repaired += 1
    return found, repaired


def entities(tags: Sequence[str]) -> list[Entity]:
    """The entities that the tags of a sentence mean, as conlleval reads them.

    Args:
      tags: `O`, `B-TYPE` and `I-TYPE`; an `I-` behind anything but its type begins an entity.
    """
    found: list[Entity] = []
    start, type_ = 0, ""
    for index, tag in enumerate([*tags, OUTSIDE]):
        if type_ and tag != f"I-{type_}":
            found.append(Entity(start, index, type_))
            type_ = ""
        if not type_ and tag[2:]:
            start, type_ = index, tag[2:]
    return found
