"""Sentences as `tf.train.Example` records: words and label strings, never ids.

A record of a labeled sentence has the features `words` (bytes, one a word), one feature a task, by
its name, with a label a word or one of the sentence (an empty one for none), `treebank` and
`sentence_id` (bytes, one each). A record of unlabeled text has the features `text`, `language` and
`source_id` (bytes, one each).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf

from minibert.data.label_vocab import NO_LABEL
from minibert.data.line_reader import MAX_LINE_BYTES
from minibert.data.sentence import Sentence
from minibert.data.tasks import is_of_sentence
from minibert.data.text_reader import TextSentence

# Of a record of text: a line, which normalization may make three times as long, and its names.
MAX_TEXT_BYTES = 3 * MAX_LINE_BYTES + 2**16


class ParsedSentences(NamedTuple):
    """A batch of records, in graph.

    Attributes:
      words: string `[sentences, (words)]`.
      labels: task to string `[sentences, (words)]`, of a task of sentences `[sentences, (1)]`.
      treebank: string `[sentences]`.
    """

    words: tf.RaggedTensor
    labels: dict[str, tf.RaggedTensor]
    treebank: tf.Tensor


def serialize_sentence(sentence: Sentence) -> bytes:
    """Serializes a sentence as a `tf.train.Example`."""
    return serialize(
        {
            "words": sentence.words,
            "treebank": (sentence.treebank,),
            "sentence_id": (sentence.id,),
            **sentence.labels,
        }
    )


def serialize_text(sentence: TextSentence) -> bytes:
    """Serializes a sentence of unlabeled text as a `tf.train.Example`."""
    return serialize(
        {
            "text": (sentence.text,),
            "language": (sentence.language,),
            "source_id": (sentence.source_id,),
        }
    )


def serialize(features: Mapping[str, Sequence[str]]) -> bytes:
    """Serializes lists of texts by name as a `tf.train.Example`; the same give the same bytes."""
    return tf.train.Example(
        features=tf.train.Features(
            feature={
                name: tf.train.Feature(
                    bytes_list=tf.train.BytesList(value=[text.encode() for text in texts])
                )
                for name, texts in features.items()
            }
        )
    ).SerializeToString(deterministic=True)


def parse(serialized: tf.Tensor, tasks: Sequence[str]) -> ParsedSentences:
    """Parses a batch of records.

    Args:
      serialized: string `[sentences]`.
      tasks: the tasks whose labels are wanted; a sentence without any of a task has `NO_LABEL`.

    Returns:
      The parsed batch. Running it fails with `InvalidArgumentError` for a record without words,
      or whose labels do not match its words in number, or are not one of the sentence.
    """
    ragged = {
        name: tf.io.RaggedFeature(tf.string, row_splits_dtype=tf.int64)
        for name in ("words", *tasks)
    }
    parsed = tf.io.parse_example(
        serialized, {**ragged, "treebank": tf.io.FixedLenFeature([], tf.string)}
    )
    words = parsed["words"]
    labels = {}
    checks = []
    for task in tasks:
        lengths = words.row_lengths()
        wanted = tf.ones_like(lengths) if is_of_sentence(task) else lengths
        found = parsed[task]
        missing = tf.where(found.row_lengths() == 0, wanted, 0)
        nothing = tf.fill([tf.reduce_sum(missing)], NO_LABEL)
        labels[task] = tf.concat(
            [found, tf.RaggedTensor.from_row_lengths(nothing, missing, validate=False)], axis=1
        )
        checks.append(
            tf.debugging.assert_equal(
                labels[task].row_lengths(),
                wanted,
                message=f"a record has too many {task} labels or too few; prepare the data again",
            )
        )
    checks.append(
        tf.debugging.assert_positive(
            words.row_lengths(), message="a record has no word; prepare the data again"
        )
    )
    with tf.control_dependencies([check for check in checks if check is not None]):
        words = words.with_flat_values(tf.identity(words.flat_values))
    return ParsedSentences(words, labels, parsed["treebank"])


def parse_text(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Parses a batch of records of unlabeled text.

    Args:
      serialized: string `[sentences]`.

    Returns:
      The text and the language, string `[sentences]` each. Running it fails with
      `InvalidArgumentError` for a record that lacks one.
    """
    feature = tf.io.FixedLenFeature([], tf.string)
    parsed = tf.io.parse_example(serialized, {"text": feature, "language": feature})
    return parsed["text"], parsed["language"]
