"""Counts of right and wrong labels of one task over one treebank."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from minibert.data.label_vocab import UNANNOTATED, UNKNOWN, LabelVocab

# Of the words around an example, and of the characters of each.
_AROUND, _MOST_CHARACTERS = 4, 40


@dataclass
class TaskCounts:
    """What a model got right and wrong; words without a label do not count.

    Attributes:
      unknown_labels: words whose label the training data does not have, errors all.
      confusions: (gold, predicted) to the number of words, right ones left out.
      examples: (gold, predicted) to the first of these words, marked among those around it.
      sentence_words: all words of each sentence.
      sentence_labeled, sentence_correct: those with a label, and the right ones.
      sentence_unseen_words, sentence_unseen_labeled, sentence_unseen_correct: the same over words
        that the training data does not have.
    """

    unknown_labels: int = 0
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    sentence_words: list[int] = field(default_factory=list)
    sentence_labeled: list[int] = field(default_factory=list)
    sentence_correct: list[int] = field(default_factory=list)
    sentence_unseen_words: list[int] = field(default_factory=list)
    sentence_unseen_labeled: list[int] = field(default_factory=list)
    sentence_unseen_correct: list[int] = field(default_factory=list)

    def add(
        self,
        words: Sequence[str],
        gold: Sequence[str],
        predicted: Sequence[str],
        unseen: np.ndarray,
        vocab: LabelVocab,
    ) -> None:
        """Counts the words of one sentence.

        Args:
          words: the words.
          gold: their labels, `NO_LABEL` for none.
          predicted: the labels that the model gives.
          unseen: bool `[words]`, whether the training data lacks the word.
          vocab: the labels of the training data.
        """
        right = np.array([g == p for g, p in zip(gold, predicted, strict=True)], bool)
        ids = vocab.ids(gold)
        labeled = np.array(ids) != UNANNOTATED
        self.unknown_labels += ids.count(UNKNOWN)
        self.sentence_words.append(len(gold))
        self.sentence_labeled.append(int(labeled.sum()))
        self.sentence_correct.append(int(right.sum()))
        self.sentence_unseen_words.append(int(unseen.sum()))
        self.sentence_unseen_labeled.append(int((labeled & unseen).sum()))
        self.sentence_unseen_correct.append(int((right & unseen).sum()))
        for index in np.flatnonzero(labeled & ~right).tolist():
            pair = gold[index], predicted[index]
            self.confusions[pair] += 1
            if pair not in self.examples:
                self.examples[pair] = _marked(words, index)

    @property
    def words(self) -> int:
        """How many words have a label."""
        return sum(self.sentence_labeled)

    @property
    def correct(self) -> int:
        """How many of them have the right label."""
        return sum(self.sentence_correct)

    @property
    def unlabeled(self) -> int:
        """How many words have no label."""
        return sum(self.sentence_words) - self.words

    @property
    def unseen_words(self) -> int:
        """How many of `words` the training data does not have."""
        return sum(self.sentence_unseen_labeled)

    @property
    def accuracy(self) -> float | None:
        """The part of the words with the right label; None if no word has one."""
        return self.correct / self.words if self.words else None

    @property
    def unseen_accuracy(self) -> float | None:
        """The same over unseen words; None if there is none."""
        unseen = self.unseen_words
        return sum(self.sentence_unseen_correct) / unseen if unseen else None


# Treebank to task to counts.
Results = Mapping[str, Mapping[str, TaskCounts]]


def _marked(words: Sequence[str], index: int) -> str:
    """A word between brackets, among those around it."""
    around = range(max(0, index - _AROUND), min(len(words), index + _AROUND + 1))
    shown = [words[i][:_MOST_CHARACTERS] for i in around]
    shown[index - around.start] = f"[{shown[index - around.start]}]"
    return " ".join(shown)
