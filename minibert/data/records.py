"""Sentences as `tf.train.Example` records: words and label strings, never ids.

A record has the features `words` (bytes, one a word), one feature a task with a label a word
(`upos`, `feats`, `ner`), `treebank` and `sentence_id` (bytes, one each).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf

from minibert.data.sentence import Sentence

GZIP = "GZIP"


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
      The parsed batch. Running it fails with `InvalidArgumentError` for a record whose labels do
      not match its words in number.
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
    with tf.control_dependencies([check for check in checks if check is not None]):
        words = words.with_flat_values(tf.identity(words.flat_values))
    return ParsedSentences(words, {task: parsed[task] for task in tasks}, parsed["treebank"])


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
