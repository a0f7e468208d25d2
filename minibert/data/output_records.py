"""Records of what a teacher says of a sentence.

A record has `text` and `language`, as those of `records` have, and each field of the table: bytes
of little-endian numbers, a row a position, the windows of the sentence one behind the other. No id
of the teacher's is in it. What a field means is known to those alone who keep and use it, such as
`training.softened_cross_entropy`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import tensorflow as tf

from minibert.json_files import Positive


@dataclass(frozen=True)
class Field:
    """The numbers of a field at a position: their type and how many there are."""

    dtype: Literal["float16", "float32", "uint16", "int32"]
    width: Positive

    @property
    def bytes(self) -> int:
        """The bytes at a position."""
        return np.dtype(self.dtype).itemsize * self.width


def serialize_outputs(text: bytes, language: str, kept: Mapping[str, np.ndarray]) -> bytes:
    """Serializes a sentence as a `tf.train.Example`.

    Args:
      text: the sentence.
      language: that of it.
      kept: field to its numbers, of the type in the table, `[rows, width]`.
    """
    raw = {"text": text, "language": language.encode()}
    raw |= {
        name: values.astype(values.dtype.newbyteorder("<")).tobytes()
        for name, values in kept.items()
    }
    features = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
        for name, value in raw.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(
        deterministic=True
    )


def parse_outputs(
    serialized: tf.Tensor, fields: Mapping[str, Field], rows: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Parses the fields of a batch of records.

    Args:
      serialized: string `[records]`.
      fields: those that are wanted.
      rows: int `[records]`, how many each record must have.

    Returns:
      Field to its numbers, `[total, width]`, the rows of all records one behind the other; uint16
      as int32, which has more operations. Running it fails with `InvalidArgumentError` for a record
      without a field or with another number of rows.
    """
    if not fields:
        return {}
    parsed = tf.io.parse_example(
        serialized, {name: tf.io.FixedLenFeature([], tf.string) for name in fields}
    )
    return {name: _decode(name, parsed[name], field, rows) for name, field in fields.items()}


def _decode(name: str, raw: tf.Tensor, field: Field, rows: tf.Tensor) -> tf.Tensor:
    check = tf.debugging.assert_equal(
        tf.strings.length(raw),
        tf.cast(rows, tf.int32) * field.bytes,
        message=f"a record has not one row of {name} for each position of its text",
    )
    with tf.control_dependencies([check] if check is not None else []):
        joined = tf.strings.reduce_join(raw)
    values = tf.io.decode_raw(joined, tf.as_dtype(field.dtype))
    if field.dtype == "uint16":
        values = tf.cast(values, tf.int32)
    return tf.reshape(values, [-1, field.width])
