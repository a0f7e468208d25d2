"""Published scores, for comparison; they are in `published.tsv`."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("published.tsv")
_PAPER = "Tsai et al. 2019"
MACRO, CODEMIXED = "macro", "codemixed"
# What each table of the paper has. 1 is of a model for each treebank, 4 and 7 of one for all.
HEADLINE_TABLES = (1, 4, 7)
LOW_RESOURCE_TABLE, CODEMIXED_TABLE = 5, 6
TREEBANK_TABLES = {"upos": 8, "feats": 9}
# A model for all treebanks, as those here, comes first.
SYSTEMS = ("mMiniBERT", "mBERT", "mMeta-LSTM", "BERT", "Meta-LSTM")
MULTILINGUAL = SYSTEMS[:3]


@dataclass(frozen=True)
class PublishedScore:
    """A score in a paper.

    Attributes:
      source: paper and table.
      system: the model, as the paper calls it.
      task: `upos` or `feats`.
      treebank: of which, or `macro`, or `codemixed`.
      f1: in per cent.
    """

    source: str
    system: str
    task: str
    treebank: str
    f1: float


@cache
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


def scores_in_table(number: int | None, task: str) -> dict[str, dict[str, float]]:
    """A table of Tsai et al. 2019.

    Args:
      number: the table; None of no scores.
      task: of which it may have none.

    Returns:
      System to treebank to F1 in per cent, in the order of the file.
    """
    scores: dict[str, dict[str, float]] = {}
    for score in published_scores():
        if (score.source, score.task) == (f"{_PAPER}, table {number}", task):
            scores.setdefault(score.system, {})[score.treebank] = score.f1
    return scores


def scores_of_treebanks(task: str) -> dict[str, dict[str, float]]:
    """System to treebank to F1 in per cent; none for a task that the paper has not."""
    return scores_in_table(TREEBANK_TABLES.get(task), task)


def headlines(task: str) -> dict[str, float]:
    """System to the macro average that the paper states, in per cent."""
    return {
        system: scores[MACRO]
        for number in HEADLINE_TABLES
        for system, scores in scores_in_table(number, task).items()
    }
