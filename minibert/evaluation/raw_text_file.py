"""`raw_text.json`: what an evaluation from raw text has counted, by sentence of the gold file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta

from minibert.evaluation.bootstrap import SentenceCounts
from minibert.evaluation.conll18 import METRICS, WORDS
from minibert.evaluation.evaluated import MAX_TREEBANKS, MetricCounts, Name, Options
from minibert.json_files import write_json

RAW_TEXT_FILE = "raw_text.json"


@dataclass(frozen=True)
class RawTextDetails:
    """Of the evaluation of a model on the raw text of treebanks.

    Attributes:
      config: the options of the evaluation.
      untuned_treebanks: those without a dev file.
      treebanks: treebank to metric of CoNLL 2018 to its counts.
    """

    config: Options
    untuned_treebanks: Annotated[Sequence[Name], Meta(max_length=MAX_TREEBANKS)]
    treebanks: Annotated[
        Mapping[Name, Mapping[Name, MetricCounts]], Meta(min_length=1, max_length=MAX_TREEBANKS)
    ]

    def __post_init__(self) -> None:
        for by_metric in self.treebanks.values():
            if by_metric.keys() != set(self.measures) or WORDS not in by_metric:
                raise ValueError(f"a treebank of other metrics than {' '.join(METRICS)}")
            if not any(by_metric[WORDS].gold):
                raise ValueError("a treebank without words")
            if len({len(counts.gold) for counts in by_metric.values()}) > 1:
                raise ValueError("metrics of one treebank that are not of the same sentences")

    @property
    def measures(self) -> Sequence[str]:
        """The metrics, those of tasks that the model has not left out."""
        first = next(iter(self.treebanks.values()))
        return [metric for metric in METRICS if metric in first]

    @property
    def words(self) -> dict[str, Sequence[int]]:
        """Treebank to the words of each sentence of the gold file."""
        return {name: by_metric[WORDS].gold for name, by_metric in self.treebanks.items()}

    def counts(self, measure: str, group: str) -> SentenceCounts:
        """The counts of a metric on a treebank."""
        found = self.treebanks[group][measure]
        return SentenceCounts(np.array(found.gold), np.array(found.correct), np.array(found.system))


def metric_counts(counts: Mapping[str, SentenceCounts]) -> dict[str, MetricCounts]:
    """What was counted on a treebank, by metric."""
    found = {}
    for metric, of_metric in counts.items():
        assert of_metric.system_words is not None
        found[metric] = MetricCounts(
            of_metric.words.tolist(), of_metric.system_words.tolist(), of_metric.correct.tolist()
        )
    return found


def write_raw_text(directory: Path, details: RawTextDetails) -> None:
    """Writes `raw_text.json`."""
    write_json(directory / RAW_TEXT_FILE, asdict(details))
