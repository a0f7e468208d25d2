"""`dataset.json` of unlabeled text: what a directory of it holds, and whether it is whole."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from minibert.data.dataset_info import DEV, FILE_NAME, TRAIN
from minibert.data.shards import Shard, check_shards, parts_sha256
from minibert.errors import InputError
from minibert.json_files import Count, Positive, read_json

FORMAT_VERSION = 1
REMEDY = (
    "give a directory that prepare_text.py or prepare_wikipedia.py wrote, or prepare the text again"
)


@dataclass(frozen=True)
class TextPart:
    """The records of one split of one language.

    Attributes:
      language, split: `de`, `train`.
      sentences, characters: what the shards hold.
      shards: the record files, in order.
    """

    language: str
    split: str
    sentences: Positive
    characters: Positive
    shards: Annotated[Sequence[Shard], Meta(min_length=1)]


# Language to what became of its sentences, a name of `text_counts` for instance, to how many.
TextCounts = Mapping[str, Mapping[str, Count]]


@dataclass(frozen=True)
class _TextFile:
    """What `dataset.json` holds of a `TextInfo`."""

    tool: str
    config: Mapping[str, Any]
    gzip: bool
    counts: TextCounts
    text_parts: Annotated[Sequence[TextPart], Meta(min_length=1)]


@dataclass(frozen=True)
class TextInfo:
    """Prepared text.

    Attributes:
      directory: where the shards are.
      tool: name and version of what wrote it.
      config: the options it was prepared with.
      gzip: whether the shards are compressed.
      counts: language to what became of its sentences.
      parts: its parts, ordered by language and split.
    """

    directory: Path
    tool: str
    config: Mapping[str, Any]
    gzip: bool
    counts: TextCounts
    parts: Sequence[TextPart]

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

    def to_json(self) -> dict[str, Any]:
        """What `dataset.json` holds; it is written last when text is prepared."""
        content = _TextFile(self.tool, self.config, self.gzip, self.counts, self.parts)
        return {"format_version": FORMAT_VERSION, **asdict(content)}


def text_sha256(info: TextInfo) -> str:
    """A checksum of the text, wherever it is."""
    return parts_sha256((part.language, part.split, part.shards) for part in info.parts)


def load_text_info(directory: str | Path) -> TextInfo:
    """Reads `dataset.json` and checks that every shard is there in its full size.

    Raises:
      InputError: the directory holds no prepared text, or not whole.
    """
    directory = Path(directory)
    path = directory / FILE_NAME
    if not path.exists():
        raise InputError(f"{directory}: no {FILE_NAME} there, so no prepared text; {REMEDY}")
    content = read_json(path, _TextFile, REMEDY, version=FORMAT_VERSION)
    for part in content.text_parts:
        check_shards(directory, part.shards, REMEDY)
    return TextInfo(
        directory, content.tool, content.config, content.gzip, content.counts, content.text_parts
    )
