"""`dataset.json` of labeled sentences."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from minibert.data import prepared
from minibert.data.prepared import DEV as DEV
from minibert.data.prepared import TRAIN as TRAIN
from minibert.data.shards import MAX_SENTENCE_BYTES, Shard
from minibert.data.tasks import is_of_sentence
from minibert.json_files import Count, Positive


@dataclass(frozen=True)
class Part(prepared.Part):
    """The records of one split of one treebank, which come from one source file.

    Attributes:
      treebank, split: `en_ewt`, `train`.
      source: path of the source file below the input directory.
      source_sha256: SHA-256 of the source file.
      sentences, words: what the shards hold.
      skipped: sentences of the source that have no words.
      labels: task to label to its number of words, or of sentences if the task is of these.
      statistics: what `preflight` counted, by its own names.
      shards: the record files, in order.
      withheld: sentences of the source whose text is left out of it.
      unlabeled: task to its number of words, or sentences, without a label.
    """

    kind: ClassVar[str] = "treebank"

    treebank: str
    split: str
    source: str
    source_sha256: str
    sentences: Positive
    words: Positive
    skipped: Count
    labels: Mapping[str, Mapping[str, Count]]
    statistics: Mapping[str, Count]
    shards: Annotated[Sequence[Shard], Meta(min_length=1)]
    withheld: Count = 0
    unlabeled: Mapping[str, Count] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for task, counts in self.labels.items():
            of, expected = "words", self.words
            if is_of_sentence(task):
                of, expected = "sentences", self.sentences
            if sum(counts.values()) + self.unlabeled.get(task, 0) != expected:
                raise ValueError(f"{expected} {of} have not as many {task} labels")


@dataclass(frozen=True)
class DatasetInfo(prepared.Prepared[Part]):
    """A prepared data set.

    Attributes:
      tasks: the tasks that every record has labels for.
      parts: its parts.
      withheld_files: path of a source file that was skipped, as its text is withheld, to the
        number of its sentences.
    """

    # Of an older data set no sentence was known to be withheld, and every word has all labels.
    versions = 1, 2
    max_record_bytes = MAX_SENTENCE_BYTES
    remedy = "give a directory that prepare_ud.py wrote, or prepare the data again"
    noun = "data"

    tasks: Annotated[Sequence[str], Meta(min_length=1)]
    parts: Annotated[Sequence[Part], Meta(min_length=1)]
    withheld_files: Mapping[str, Positive] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(part.labels.keys() != set(self.tasks) for part in self.parts):
            raise ValueError(f"a part has labels of other tasks than {' '.join(self.tasks)}")

    def to_json(self) -> dict[str, Any]:
        """As of `Prepared`, with the labels of the whole, which are for people."""
        inventory = {
            task: dict(count_labels(self.parts, task).most_common()) for task in self.tasks
        }
        return {**super().to_json(), "label_inventory": inventory}


def count_labels(parts: Iterable[Part], task: str) -> Counter[str]:
    """The labels of a task over some parts, with their numbers of words."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part.labels.get(task, {}))
    return total


load_dataset_info = DatasetInfo.load
