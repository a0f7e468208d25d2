"""Whether one model is better than another: the paired bootstrap.

Koehn 2004, *Statistical Significance Tests for Machine Translation Evaluation*: what would have
been measured on other test sentences is found by drawing, with replacement, from those there are,
the same for both models.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

SAMPLES = 1000
_CONFIDENCE = 0.95
# Of the matrix of how often each sentence is drawn.
_MAX_CELLS = 2**22


@dataclass(frozen=True)
class SentenceCounts:
    """What a model got right, by sentence of the gold file.

    Attributes:
      words: int `[sentences]`, of the gold file.
      correct: int or float `[sentences]`, a mean of seeds.
      system_words: the same, those that the system has there; `words`, if they were given to it.
    """

    words: np.ndarray
    correct: np.ndarray
    system_words: np.ndarray | None = None

    @property
    def total(self) -> np.ndarray:
        """Float `[sentences]`, of which `correct` is the F1, and the accuracy of given words."""
        system_words = self.words if self.system_words is None else self.system_words
        return (self.words + system_words) / 2

    @property
    def figure(self) -> float | None:
        """The F1 over all sentences; None if there is no word."""
        total = self.total.sum()
        return float(self.correct.sum() / total) if total else None


@dataclass(frozen=True)
class Difference:
    """By how much a macro average is greater than another.

    Attributes:
      value: as measured.
      low, high: the interval in which it is in 95 of 100 test sets.
    """

    value: float
    low: float
    high: float

    @property
    def is_significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def paired_bootstrap(
    ours: Mapping[str, SentenceCounts],
    theirs: Mapping[str, SentenceCounts],
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Difference:
    """Compares the macro averages of the accuracy or F1 of two models.

    Sentences are drawn within each treebank, as many as it has; those without a word to be right on
    are not.

    Args:
      ours: treebank to counts of the one model.
      theirs: the same of the other, of the same sentences.
      samples: how many test sets are drawn.
      seed: of the draws.

    Returns:
      By how much `ours` is better, as a part of 1.

    Raises:
      ValueError: the two are not of the same treebanks and sentences, or there is no word.
    """
    if ours.keys() != theirs.keys():
        raise ValueError("not the same treebanks")
    random = np.random.default_rng(seed)
    value = 0.0
    drawn = np.zeros(samples)
    for treebank in sorted(ours):
        one, other = ours[treebank], theirs[treebank]
        if not np.array_equal(one.words, other.words):
            raise ValueError(f"not the same sentences of {treebank}")
        if one.figure is None or other.figure is None:
            raise ValueError(f"no word in {treebank}")
        value += one.figure - other.figure
        drawn += _drawn(one, other, samples, random)
    low, high = np.quantile(drawn / len(ours), [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return Difference(value / len(ours), float(low), float(high))


def _drawn(
    one: SentenceCounts, other: SentenceCounts, samples: int, random: np.random.Generator
) -> np.ndarray:
    """By how much the one is better on each of the test sets drawn, float `[samples]`."""
    has_words = one.words > 0
    counts = [of[has_words] for of in (one.correct, one.total, other.correct, other.total)]
    sentences = int(has_words.sum())
    step = max(1, _MAX_CELLS // sentences)
    parts = []
    for start in range(0, samples, step):
        size = min(step, samples - start)
        times = random.multinomial(sentences, np.full(sentences, 1 / sentences), size=size)
        correct, total, other_correct, other_total = (times @ count for count in counts)
        parts.append(correct / total - other_correct / other_total)
    return np.concatenate(parts)
