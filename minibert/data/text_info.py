"""`dataset.json` of unlabeled text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from minibert.data import prepared
from minibert.data.prepared import DEV, TRAIN
from minibert.data.records import MAX_TEXT_BYTES
from minibert.data.shards import Shard
from minibert.errors import InputError
from minibert.json_files import Count, Positive

REMEDY = (
    "give a directory that prepare_text.py or prepare_wikipedia.py wrote, or prepare the text again"
)


@dataclass(frozen=True)
class TextPart(prepared.Part):
    """The records of one split of one language.

    Attributes:
      language, split: `de`, `train`.
      sentences, characters: what the shards hold.
      shards: the record files, in order.
    """

    kind: ClassVar[str] = "language"

    language: str
    split: str
    sentences: Positive
    characters: Positive
    shards: Annotated[Sequence[Shard], Meta(min_length=1)]


# Language to what became of its sentences, a name of `text_counts` for instance, to how many.
TextCounts = Mapping[str, Mapping[str, Count]]


@dataclass(frozen=True)
class TextInfo(prepared.Prepared[TextPart]):
    """Prepared text.

    Attributes:
      counts: language to what became of its sentences.
      text_parts: its parts, under the name that they have in the file.
    """

    versions = 1, 1
    max_record_bytes = MAX_TEXT_BYTES
    remedy = REMEDY
    noun = "text"

    counts: TextCounts
    text_parts: Annotated[Sequence[TextPart], Meta(min_length=1)]

    @property
    def parts(self) -> Sequence[TextPart]:  # type: ignore[override]
        """Its parts."""
        return self.text_parts

    def check_splits(self) -> None:
        """Checks that there is text to train on and text that was held out.

        Raises:
          InputError: there is not.
        """
        for split in (TRAIN, DEV):
            if not any(part.split == split for part in self.parts):
                raise InputError(
                    f"{self.directory}: no text for the split {split}; prepare more, or with "
                    "another --held_out_fraction"
                )


load_text_info = TextInfo.load
