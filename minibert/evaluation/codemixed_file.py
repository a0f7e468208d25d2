"""`codemixed.json`: what an evaluation on code-mixed text has counted, by tweet."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta

from minibert.evaluation.bootstrap import SentenceCounts
from minibert.evaluation.evaluated import Counts, Name, Options, check_within
from minibert.json_files import write_json

CODEMIXED_FILE = "codemixed.json"
ALL = "all"
ACCURACY, WITHOUT_X, X_FIRST = CODEMIXED_MEASURES = ("accuracy", "without X", "X first")
_MAX_LANGUAGES = 100


@dataclass(frozen=True)
class LanguageCounts:
    """Of the words of one language, by tweet; see `codemixed.CodemixedCounts`."""

    words: Counts
    correct: Counts
    correct_without_x: Counts
    x_first: Counts

    def __post_init__(self) -> None:
        check_within(self.correct, self.words, "what is right")
        check_within(self.correct_without_x, self.words, "what is right without X")
        check_within(self.x_first, self.words, "X")
        if not any(self.words):
            raise ValueError("a language without words")


@dataclass(frozen=True)
class CodemixedDetails:
    """Of the evaluation of a model on code-mixed text.

    Attributes:
      config: the options of the evaluation.
      languages: language of the word to its counts; `all` for all.
    """

    config: Options
    languages: Annotated[
        Mapping[Name, LanguageCounts], Meta(min_length=1, max_length=_MAX_LANGUAGES)
    ]

    def __post_init__(self) -> None:
        if ALL not in self.languages:
            raise ValueError("without the counts of all languages")

    @property
    def measures(self) -> Sequence[str]:
        """The kinds of accuracy."""
        return CODEMIXED_MEASURES

    @property
    def words(self) -> dict[str, Sequence[int]]:
        """Language to its words in each tweet."""
        return {language: counts.words for language, counts in self.languages.items()}

    @property
    def untuned_treebanks(self) -> Sequence[str]:
        """None; tweets are not of treebanks with a dev file or without."""
        return ()

    def counts(self, measure: str, group: str) -> SentenceCounts:
        """The counts of a kind of accuracy on the words of a language."""
        counts = self.languages[group]
        correct = {
            ACCURACY: counts.correct,
            WITHOUT_X: counts.correct_without_x,
            X_FIRST: counts.x_first,
        }
        return SentenceCounts(np.array(counts.words), np.array(correct[measure]))


def write_codemixed(directory: Path, details: CodemixedDetails) -> None:
    """Writes `codemixed.json`."""
    write_json(directory / CODEMIXED_FILE, asdict(details))
