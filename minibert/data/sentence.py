"""What every reader yields and every writer takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain

from minibert.data.tasks import is_of_sentence


@dataclass(frozen=True)
class Sentence:
    """A sentence as a sequence of words, with its labels of each task.

    Attributes:
      words: the word forms, in order. Never empty.
      labels: task name to the labels of that task, `NO_LABEL` for none: one a word, or one in all
        if the task is of sentences. Which id stands for which is the business of a `LabelVocab`.
      treebank: what the sentence counts for in evaluation, `en_ewt` for instance.
      id: the identifier in its source, or `file:line` where the source gives none.
    """

    words: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    treebank: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        for task, labels in self.labels.items():
            expected = 1 if is_of_sentence(task) else len(self.words)
            if len(labels) != expected:
                raise ValueError(
                    f"sentence {self.id}: {len(labels)} {task} labels where there are {expected}"
                )


class Skipped(Enum):
    """Why a reader yields no sentence; false, as a `Sentence` is true."""

    NO_WORDS = "no words"
    WITHHELD = "withheld text"

    def __bool__(self) -> bool:
        return False


def memory(sentence: Sentence) -> int:
    """The bytes that a sentence takes in memory, about."""
    # A Python string takes 50 bytes and its text; this is the right size, not an exact one.
    texts = chain([sentence.id], sentence.words, *sentence.labels.values())
    return sum(60 + len(text) for text in texts)
