"""`details.json`: all that evaluation has counted, by which evaluations are set side by side."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from minibert.evaluation.task_counts import Results
from minibert.json_files import Count, Positive, read_json, write_json
from minibert.models.history import History

DETAILS_FILE = "details.json"
_REMEDY = "give directories that evaluate.py wrote with gold segmentation"
_MAX_TREEBANKS, _MAX_SENTENCES, _MAX_TASKS, _MAX_OPTIONS = 1000, 1_000_000, 10, 100
_Text = Annotated[str, Meta(max_length=10_000)]
_Name = Annotated[str, Meta(min_length=1, max_length=255)]
_Label = Annotated[str, Meta(max_length=2_000)]
# No line of a file that is evaluated has as many.
_Words = Annotated[int, Meta(ge=1, le=2**20)]
_Texts = Annotated[Sequence[_Text], Meta(max_length=10_000)]


@dataclass(frozen=True)
class Confusion:
    """A wrong label: how many words have it, and one of them."""

    gold: _Label
    predicted: _Label
    words: Positive
    example: _Text


@dataclass(frozen=True)
class TaskDetails:
    """Of one task on one treebank.

    Attributes:
      correct: the right labels of each sentence.
      confusions: all wrong ones.
      labeled: the words of each sentence that have a label; None if all of the treebank have one.
    """

    correct: Annotated[Sequence[Count], Meta(max_length=_MAX_SENTENCES)]
    confusions: Sequence[Confusion]
    labeled: Annotated[Sequence[Count], Meta(max_length=_MAX_SENTENCES)] | None = None


@dataclass(frozen=True)
class TreebankDetails:
    """Of one treebank: the words of each sentence, and the tasks."""

    words: Annotated[Sequence[_Words], Meta(min_length=1, max_length=_MAX_SENTENCES)]
    tasks: Annotated[Mapping[_Name, TaskDetails], Meta(max_length=_MAX_TASKS)]

    def __post_init__(self) -> None:
        for task, details in self.tasks.items():
            labeled = self.labeled(task)
            if not len(details.correct) == len(labeled) == len(self.words):
                raise ValueError(f"not as many sentences of {task} as there are")
            triples = zip(details.correct, labeled, self.words, strict=True)
            if any(not right <= of_sentence <= words for right, of_sentence, words in triples):
                raise ValueError(f"a sentence with more right labels of {task} than words")
            wrong = sum(labeled) - sum(details.correct)
            if sum(confusion.words for confusion in details.confusions) != wrong:
                raise ValueError(f"not as many wrong labels of {task} as words that are not right")

    def labeled(self, task: str) -> Sequence[int]:
        """The words of each sentence that have a label."""
        labeled = self.tasks[task].labeled
        return self.words if labeled is None else labeled


@dataclass(frozen=True)
class Details:
    """Of the evaluation of a model on the words of treebanks.

    Attributes:
      config: the options of the evaluation.
      labels: task to the labels of the training data.
      untuned_treebanks: those without a dev file.
      treebanks: by treebank.
      history: of the training of the model; None of an export.
    """

    config: Annotated[
        Mapping[_Name, _Text | int | float | bool | _Texts | None], Meta(max_length=_MAX_OPTIONS)
    ]
    labels: Annotated[Mapping[_Name, Sequence[_Label]], Meta(min_length=1, max_length=_MAX_TASKS)]
    untuned_treebanks: Annotated[Sequence[_Name], Meta(max_length=_MAX_TREEBANKS)]
    treebanks: Annotated[
        Mapping[_Name, TreebankDetails], Meta(min_length=1, max_length=_MAX_TREEBANKS)
    ]
    history: History | None

    def __post_init__(self) -> None:
        if any(details.tasks.keys() != self.labels.keys() for details in self.treebanks.values()):
            raise ValueError("a treebank without one of the tasks")

    @property
    def tasks(self) -> Sequence[str]:
        """The tasks, in the order of the model."""
        return list(self.labels)

    def words(self, treebank: str) -> int:
        """The words of a treebank."""
        return sum(self.treebanks[treebank].words)

    def labeled_words(self, task: str, treebank: str) -> int:
        """The words of a treebank that have a label."""
        return sum(self.treebanks[treebank].labeled(task))

    def accuracy(self, task: str, treebank: str) -> float | None:
        """The part of these with the right label; None if there is none."""
        words = self.labeled_words(task, treebank)
        return sum(self.treebanks[treebank].tasks[task].correct) / words if words else None

    def unknown_labels(self, task: str) -> Counter[str]:
        """The labels that the training data does not have, and how many words have each."""
        known = set(self.labels[task])
        found: Counter[str] = Counter()
        for details in self.treebanks.values():
            for confusion in details.tasks[task].confusions:
                if confusion.gold not in known:
                    found[confusion.gold] += confusion.words
        return found


def treebank_details(results: Results) -> dict[str, TreebankDetails]:
    """What was counted, by treebank."""
    return {
        treebank: TreebankDetails(
            next(iter(by_task.values())).sentence_words,
            {
                task: TaskDetails(
                    counts.sentence_correct,
                    [
                        Confusion(*pair, words, counts.examples[pair])
                        for pair, words in counts.confusions.most_common()
                    ],
                    counts.sentence_labeled if counts.unlabeled else None,
                )
                for task, counts in by_task.items()
            },
        )
        for treebank, by_task in results.items()
    }


def write_details(directory: Path, details: Details) -> None:
    """Writes `details.json`."""
    write_json(directory / DETAILS_FILE, asdict(details))


def read_details(directory: Path) -> Details:
    """Reads `details.json`.

    Raises:
      InputError: there is none, or it is not as `write_details` writes it.
    """
    return read_json(directory / DETAILS_FILE, Details, _REMEDY)
