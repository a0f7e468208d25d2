"""What an evaluation of any kind has for others to be set beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from msgspec import Meta

from minibert.evaluation.bootstrap import SentenceCounts

MAX_TREEBANKS, MAX_SENTENCES = 1000, 1_000_000
Text = Annotated[str, Meta(max_length=10_000)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
# No line of a file that is evaluated has as many.
Words = Annotated[int, Meta(ge=1, le=2**20)]
# Of the words of each sentence.
Counts = Annotated[
    Sequence[Annotated[int, Meta(ge=0, le=2**20)]], Meta(min_length=1, max_length=MAX_SENTENCES)
]
_Texts = Annotated[Sequence[Text], Meta(max_length=10_000)]
# The options of the job, by name.
Options = Annotated[Mapping[Name, Text | int | float | bool | _Texts | None], Meta(max_length=100)]


def check_within(part: Sequence[int] | None, whole: Sequence[int] | None, name: str) -> None:
    """Checks that each sentence has at most as much of a part as of the whole, where both are.

    Raises:
      ValueError: one has more, or the two are not of as many sentences.
    """
    if part is None or whole is None:
        return
    if len(part) != len(whole):
        raise ValueError(f"not as many sentences of {name} as there are")
    if any(one > other for one, other in zip(part, whole, strict=True)):
        raise ValueError(f"a sentence with more {name} than there are words")


@dataclass(frozen=True)
class MetricCounts:
    """Of one metric on one treebank or language, by sentence of the gold file.

    Attributes:
      gold, system: how many there are; what a system has counts where it begins, which may be in
        the sentence before that of the gold word.
      correct: how many of `gold` both have.
    """

    gold: Counts
    system: Counts
    correct: Counts

    def __post_init__(self) -> None:
        check_within(self.correct, self.gold, "right ones")
        if len(self.system) != len(self.gold) or sum(self.correct) > sum(self.system):
            raise ValueError("more right ones than the system has, or other sentences")


class Evaluated(Protocol):
    """The counts of an evaluation, by measure, group and sentence.

    A measure is a task, a metric or a kind of accuracy; a group a treebank or a language.
    """

    @property
    def config(self) -> Mapping[str, Any]:
        """The options of the evaluation."""

    @property
    def measures(self) -> Sequence[str]:
        """What was measured, in the order of tables."""

    @property
    def words(self) -> Mapping[str, Sequence[int]]:
        """Group to the words of each of its sentences."""

    @property
    def untuned_treebanks(self) -> Sequence[str]:
        """The groups that have no dev file."""

    def counts(self, measure: str, group: str) -> SentenceCounts:
        """What was counted, of each sentence."""
