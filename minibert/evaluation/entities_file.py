"""`entities.json`: what an evaluation of named entities has counted, by sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta

from minibert.evaluation.bootstrap import SentenceCounts
from minibert.evaluation.evaluated import (
    MAX_SENTENCES,
    MAX_TREEBANKS,
    MetricCounts,
    Name,
    Options,
    Words,
)
from minibert.json_files import write_json

ENTITIES_FILE = "entities.json"


@dataclass(frozen=True)
class LanguageDetails:
    """Of one language.

    Attributes:
      words: those of each sentence.
      phrases: measure to the phrases of each sentence.
    """

    words: Annotated[Sequence[Words], Meta(min_length=1, max_length=MAX_SENTENCES)]
    phrases: Annotated[Mapping[Name, MetricCounts], Meta(min_length=1, max_length=10)]

    def __post_init__(self) -> None:
        if any(len(counts.gold) != len(self.words) for counts in self.phrases.values()):
            raise ValueError("phrases of other sentences than there are")


@dataclass(frozen=True)
class EntityDetails:
    """Of the evaluation of a model on named entities.

    Attributes:
      config: the options of the evaluation.
      languages: by language, or data set of one.
    """

    config: Options
    languages: Annotated[
        Mapping[Name, LanguageDetails], Meta(min_length=1, max_length=MAX_TREEBANKS)
    ]

    def __post_init__(self) -> None:
        if any(of.phrases.keys() != set(self.measures) for of in self.languages.values()):
            raise ValueError("a language without one of the measures")

    @property
    def measures(self) -> Sequence[str]:
        """The kinds of F1."""
        return list(next(iter(self.languages.values())).phrases)

    @property
    def words(self) -> dict[str, Sequence[int]]:
        """Language to the words of each of its sentences."""
        return {language: of.words for language, of in self.languages.items()}

    @property
    def untuned_treebanks(self) -> Sequence[str]:
        """None; all languages count in averages."""
        return ()

    def counts(self, measure: str, group: str) -> SentenceCounts:
        """The phrases of a language, by sentence."""
        found = self.languages[group].phrases[measure]
        return SentenceCounts(np.array(found.gold), np.array(found.correct), np.array(found.system))


def write_entities(directory: Path, details: EntityDetails) -> None:
    """Writes `entities.json`."""
    write_json(directory / ENTITIES_FILE, asdict(details))
