"""Counts of right and wrong labels of one task over one treebank."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from minibert.data.label_vocab import UNKNOWN, LabelVocab


@dataclass
class TaskCounts:
    """What a model got right and wrong.

    Attributes:
      words, correct: words, and those with the right label.
      unseen_words, unseen_correct: the same over words that the training data does not have.
      unknown_labels: words whose label the training data does not have, errors all.
      confusions: (gold, predicted) to the number of words, right ones left out.
    """

    words: int = 0
    correct: int = 0
    unseen_words: int = 0
    unseen_correct: int = 0
    unknown_labels: int = 0
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(
        self,
        gold: Sequence[str],
        predicted: Sequence[str],
        unseen: np.ndarray,
        vocab: LabelVocab,
    ) -> None:
        """Counts the words of one sentence.

        Args:
          gold: their labels.
          predicted: the labels that the model gives.
          unseen: bool `[words]`, whether the training data lacks the word.
          vocab: the labels of the training data.
        """
        right = np.array([g == p for g, p in zip(gold, predicted, strict=True)], bool)
        self.words += len(gold)
        self.correct += int(right.sum())
        self.unseen_words += int(unseen.sum())
        self.unseen_correct += int((right & unseen).sum())
        self.unknown_labels += vocab.ids(gold).count(UNKNOWN)
        self.confusions.update(
            pair for pair in zip(gold, predicted, strict=True) if pair[0] != pair[1]
        )

    @property
    def accuracy(self) -> float:
        """The part of the words with the right label."""
        return self.correct / self.words

    @property
    def unseen_accuracy(self) -> float | None:
        """The same over unseen words; None if there is none."""
        return self.unseen_correct / self.unseen_words if self.unseen_words else None
