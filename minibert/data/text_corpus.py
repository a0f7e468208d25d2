"""The sentences of prepared text, shard by shard."""

from collections.abc import Iterator
from dataclasses import dataclass

import tensorflow as tf

from minibert.data.records import parse_text
from minibert.data.shards import Shard, read_shards, verify_shards
from minibert.data.text_info import REMEDY, TextInfo
from minibert.errors import InputError


@dataclass(frozen=True)
class TextShard:
    """A shard of prepared text.

    Attributes:
      language, split: what it is of.
      shard: the file.
      sentences: what it holds.
    """

    language: str
    split: str
    shard: Shard
    sentences: int


def text_shards(info: TextInfo) -> list[TextShard]:
    """The shards of prepared text that hold sentences, in order.

    Raises:
      InputError: a shard is damaged, or holds other records than `dataset.json` says.
    """
    return [
        TextShard(part.language, part.split, shard, count)
        for part in info.parts
        for shard, count in zip(part.shards, info.count_records(part), strict=True)
        if count
    ]


def read_text_shard(info: TextInfo, shard: TextShard, *, sentences: int) -> Iterator[tf.Tensor]:
    """Yields the text of a shard in order, string `[<= sentences]` at a time.

    Raises:
      InputError: the shard is damaged, or a record is not one of text in the shard's language.
    """
    path = str(info.directory / shard.shard.path)
    batches = read_shards([path], compressed=info.gzip).batch(sentences).map(parse_text)
    try:
        for text, language in batches:
            if tf.reduce_any(language != shard.language):
                raise InputError(f"{path}: a record of another language; {REMEDY}")
            yield text
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError) as error:
        verify_shards(info.directory, [shard.shard], REMEDY)
        raise InputError(f"{path}: a record is not one of text; {REMEDY}") from error
