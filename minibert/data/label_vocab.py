"""The labels of a task and their ids."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from minibert.errors import InputError

# The label of what nobody has annotated: a word without one is context for others.
NO_LABEL = ""
# A label that the training data does not have: left out of the loss, an error in evaluation.
UNKNOWN = -1
# No label, `NO_LABEL`: left out of both.
UNANNOTATED = -2
# Of a task; that many logits are a matrix that fits into memory, and their ids into 16 bits.
MAX_LABELS = 2**16


@dataclass(frozen=True)
class LabelVocab:
    """The labels of a task; the position of a label is its id.

    Attributes:
      task: `upos`, `feats`, `ner`.
      labels: the labels, each once.
    """

    task: str
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.labels or len(set(self.labels)) != len(self.labels):
            raise InputError(f"the labels of {self.task} are none, or one stands there twice")
        if len(self.labels) > MAX_LABELS:
            raise InputError(
                f"{len(self.labels):,} labels of {self.task}, more than {MAX_LABELS:,}"
            )
        for label in self.labels:
            # It is to stand in a column of a file.
            if not label or any(c.isspace() or unicodedata.category(c) == "Cc" for c in label):
                raise InputError(
                    f"{self.task} has the label {label!r}; one has no white space and no control "
                    "characters"
                )

    @classmethod
    def from_counts(cls, task: str, counts: Mapping[str, int]) -> "LabelVocab":
        """The vocabulary of counted labels: the most frequent first, ties in code point order."""
        return cls(task, tuple(sorted(counts, key=lambda label: (-counts[label], label))))

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {NO_LABEL: UNANNOTATED, **{label: i for i, label in enumerate(self.labels)}}

    def ids(self, labels: Sequence[str]) -> list[int]:
        """The ids of labels: `UNKNOWN` for those that are not in the vocabulary.

        `NO_LABEL` is `UNANNOTATED`.
        """
        return [self._ids.get(label, UNKNOWN) for label in labels]


def check_top_k(label_vocabs: Sequence[LabelVocab], top_k: int) -> None:
    """Checks that every task has so many labels.

    Raises:
      InputError: one has not.
    """
    for vocab in label_vocabs:
        if top_k > len(vocab):
            raise InputError(
                f"--top_k={top_k}: the model has {len(vocab)} labels of {vocab.task}; give at most "
                "that many"
            )
