"""What abbreviations and what first words of sentences a language has; `abbreviations.tsv`."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("abbreviations.tsv")
_EVERY_LANGUAGE = "*"
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Abbreviations:
    """The abbreviations of a language, without their last period, and words that begin sentences.

    Attributes:
      never_final: a sentence goes on behind them.
      before_number: a sentence goes on behind them if a number follows.
      final: they may end a sentence, though they look like the others.
      starters: words in lower case that begin a sentence so often that they end the one before
        behind what may be an abbreviation.
    """

    never_final: frozenset[str]
    before_number: frozenset[str]
    final: frozenset[str]
    starters: frozenset[str]


def abbreviations(language: str) -> Abbreviations:
    """Those of a language by its Wikipedia code; those of every language for an unknown one."""
    words = {
        kind: of_kind.get(_EVERY_LANGUAGE, _NONE) | of_kind.get(language, _NONE)
        for kind, of_kind in _read().items()
    }
    return Abbreviations(
        words["never_final"], words["before_number"], words["final"], words["starter"]
    )


@cache
def _read() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Kind to language to words."""
    found: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    with _FILE.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        for row in csv.DictReader(lines, dialect="excel-tab", quoting=csv.QUOTE_NONE):
            words = frozenset(row["words"].split())
            for language in row["languages"].split(","):
                of_kind = found[row["kind"]]
                of_kind[language] = of_kind.get(language, _NONE) | words
    return found
