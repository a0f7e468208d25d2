"""The runs that are set side by side: a model each, or several of one name."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from minibert.evaluation.bootstrap import Difference, SentenceCounts, paired_bootstrap
from minibert.evaluation.evaluated import Evaluated
from minibert.evaluation.protocol import macro_average

E = TypeVar("E", bound=Evaluated)


@dataclass(frozen=True)
class Run(Generic[E]):
    """A model; or models of other seeds, or for other treebanks, that count as one.

    Attributes:
      name: what it is called.
      parts: sets of other groups, which are treebanks or languages, of each the evaluations with
        all seeds.
      left_out: groups that averages are not over.
    """

    name: str
    parts: Sequence[Sequence[E]]
    left_out: Collection[str]

    @property
    def evaluations(self) -> list[E]:
        """All of them."""
        return [evaluation for part in self.parts for evaluation in part]

    @property
    def measures(self) -> Sequence[str]:
        """What was measured, in the order of tables."""
        return self.parts[0][0].measures

    @cached_property
    def words(self) -> dict[str, Sequence[int]]:
        """Group, sorted, to the words of each of its sentences."""
        words = {group: of for first, *_ in self.parts for group, of in first.words.items()}
        return dict(sorted(words.items()))

    @property
    def averaged(self) -> list[str]:
        """The groups that averages are over."""
        return [group for group in self.words if group not in self.left_out]

    def value(self, measure: str, group: str) -> float | None:
        """The accuracy or F1 on a group, the mean over the seeds; None if there is no word."""
        return _mean([counts.figure for counts in self._of_seeds(measure, group)])

    def labeled(self, measure: str, group: str) -> list[int]:
        """The words of each sentence that count."""
        return self._of_seeds(measure, group)[0].words.tolist()

    def values(self, measure: str, groups: Iterable[str]) -> dict[str, float]:
        """Group to value, without groups that have no such word."""
        found = {group: self.value(measure, group) for group in groups}
        return {group: value for group, value in found.items() if value is not None}

    def macro(self, measure: str) -> float | None:
        """The macro average; None if no group has such a word."""
        return _mean([*self.values(measure, self.averaged).values()])

    def macros_by_seed(self, measure: str) -> list[float | None]:
        """That of each of the seeds, if the run has no other parts; else that of all."""
        if len(self.parts) > 1:
            return [self.macro(measure)]
        return [
            _mean([evaluation.counts(measure, group).figure for group in self.averaged])
            for evaluation in self.parts[0]
        ]

    def difference(self, measure: str, other: "Run[E]") -> Difference | None:
        """How much better this is than another of the same sentences, with its interval.

        None if the two are not of the same words: unseen ones of other training data.
        """
        ours, theirs = self._counts(measure), other._counts(measure)
        if not ours or ours.keys() != theirs.keys():
            return None
        if any(not np.array_equal(ours[group].words, theirs[group].words) for group in ours):
            return None
        return paired_bootstrap(ours, theirs)

    def _of_seeds(self, measure: str, group: str) -> list[SentenceCounts]:
        (part,) = (part for part in self.parts if group in part[0].words)
        return [evaluation.counts(measure, group) for evaluation in part]

    def _counts(self, measure: str) -> dict[str, SentenceCounts]:
        """Group to the mean of the counts of the seeds, without groups that have no word."""
        counts = {}
        for group in self.averaged:
            seeds = self._of_seeds(measure, group)
            words = np.mean([seed.words for seed in seeds], axis=0)
            correct = np.mean([seed.correct for seed in seeds], axis=0)
            if words.any():
                # Where words are given, the system has the same.
                system = np.mean([2 * seed.total - seed.words for seed in seeds], axis=0)
                counts[group] = SentenceCounts(words, correct, system)
        return counts


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return macro_average(known) if known else None
