"""Published scores, for comparison; they are in `published.tsv`."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).with_name("published.tsv")
MACRO = "macro"


@dataclass(frozen=True)
class PublishedScore:
    """A score in a paper.

    Attributes:
      source: paper and table.
      system: the model, as the paper calls it.
      task: `upos` or `feats`.
      treebank: of which, or `macro`.
      f1: in per cent.
    """

    source: str
    system: str
    task: str
    treebank: str
    f1: float


def published_scores() -> Sequence[PublishedScore]:
    """All of them, in the order of the file."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return [
            PublishedScore(
                row["source"], row["system"], row["task"], row["treebank"], float(row["f1"])
            )
            for row in csv.DictReader(lines, dialect="excel-tab")
        ]
