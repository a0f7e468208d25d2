"""Sentences as `tf.train.Example` records: words and label strings, never ids.

A record has the features `words` (bytes, one a word), one feature a task with a label a word
(`upos`, `feats`, `ner`), `treebank` and `sentence_id` (bytes, one each).
"""

import gzip
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import tensorflow as tf

from minibert.data.sentence import Sentence
from minibert.errors import InputError

GZIP = "GZIP"
# Of a record. The sentences that are read from files have a tenth of it at most.
_MAX_RECORD_BYTES = 16 * 2**20
# A record is its length in 8 bytes, a checksum of that in 4, the record, and a checksum in 4.
_HEADER_BYTES, _FOOTER_BYTES = 12, 4


class ParsedSentences(NamedTuple):
    """A batch of records, in graph.

    Attributes:
      words: string `[sentences, (words)]`.
      labels: task to string `[sentences, (words)]`.
      treebank: string `[sentences]`.
    """

    words: tf.RaggedTensor
    labels: dict[str, tf.RaggedTensor]
    treebank: tf.Tensor


def encode(sentence: Sentence) -> bytes:
    """Serializes a sentence as a `tf.train.Example`."""
    return serialize(
        {
            "words": sentence.words,
            "treebank": (sentence.treebank,),
            "sentence_id": (sentence.id,),
            **sentence.labels,
        }
    )


def serialize(features: Mapping[str, Sequence[str]]) -> bytes:
    """Serializes lists of texts by name as a `tf.train.Example`."""
    return tf.train.Example(
        features=tf.train.Features(
            feature={
                name: tf.train.Feature(
                    bytes_list=tf.train.BytesList(value=[text.encode() for text in texts])
                )
                for name, texts in features.items()
            }
        )
    ).SerializeToString()


def parse(serialized: tf.Tensor, tasks: Sequence[str]) -> ParsedSentences:
    """Parses a batch of records.

    Args:
      serialized: string `[sentences]`.
      tasks: the tasks whose labels are wanted.

    Returns:
      The parsed batch. Running it fails with `InvalidArgumentError` for a record without words,
      or whose labels do not match its words in number.
    """
    ragged = {
        name: tf.io.RaggedFeature(tf.string, row_splits_dtype=tf.int64)
        for name in ("words", *tasks)
    }
    parsed = tf.io.parse_example(
        serialized, {**ragged, "treebank": tf.io.FixedLenFeature([], tf.string)}
    )
    words = parsed["words"]
    checks = [
        tf.debugging.assert_equal(
            words.row_lengths(),
            parsed[task].row_lengths(),
            message=f"a record has not one {task} label for each word; prepare the data again",
        )
        for task in tasks
    ]
    checks.append(
        tf.debugging.assert_positive(
            words.row_lengths(), message="a record has no word; prepare the data again"
        )
    )
    with tf.control_dependencies([check for check in checks if check is not None]):
        words = words.with_flat_values(tf.identity(words.flat_values))
    return ParsedSentences(words, {task: parsed[task] for task in tasks}, parsed["treebank"])


def count_records(path: str | Path, *, compressed: bool, most: int) -> int:
    """Counts the records of a shard by their lengths, without their contents.

    TensorFlow allocates what a record says its length is, and ends the process if there is no
    such memory, so this comes before TensorFlow reads a file that may be of anybody.

    Args:
      path: the shard.
      compressed: whether it is compressed.
      most: where to stop; there are more if the result is greater.

    Raises:
      InputError: the file is cut short, not compressed as it should be, or holds a record that no
        sentence makes.
    """
    count = 0
    try:
        with cast(BinaryIO, gzip.open(path) if compressed else open(path, "rb")) as file:
            while count <= most and (header := file.read(_HEADER_BYTES)):
                length = int.from_bytes(header[:8], "little")
                is_whole = len(header) == _HEADER_BYTES and length <= _MAX_RECORD_BYTES
                if is_whole:
                    # The last byte is read: seeking goes on behind the end of a file.
                    file.seek(length + _FOOTER_BYTES - 1, os.SEEK_CUR)
                    is_whole = bool(file.read(1))
                if not is_whole:
                    raise InputError(
                        f"{path}: no whole record of a sentence behind record {count}; prepare "
                        "the data again"
                    )
                count += 1
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot read on: {error}; prepare the data again") from error
    return count


class ShardWriter:
    """Writes records in turn to the shards `PREFIX-00000-of-0000N.tfrecord[.gz]`."""

    def __init__(self, prefix: Path, *, num_shards: int, gzip: bool):
        """Opens the shards; the directory of `prefix` must exist."""
        suffix = ".tfrecord.gz" if gzip else ".tfrecord"
        self.paths = [
            prefix.with_name(f"{prefix.name}-{shard:05d}-of-{num_shards:05d}{suffix}")
            for shard in range(num_shards)
        ]
        options = tf.io.TFRecordOptions(compression_type=GZIP if gzip else "")
        self._writers = [tf.io.TFRecordWriter(str(path), options) for path in self.paths]
        self._next = 0

    def write(self, record: bytes) -> None:
        """Writes one record to the shard whose turn it is."""
        self._writers[self._next].write(record)
        self._next = (self._next + 1) % len(self._writers)

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, *exception: object) -> None:
        for writer in self._writers:
            writer.close()
