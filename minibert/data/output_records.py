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

# The name in a batch of what `parse_outputs` gives.
OUTPUTS = "outputs"


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


def parse_outputs(serialized: tf.Tensor, fields: Mapping[str, Field], rows: tf.Tensor) -> tf.Tensor:
    """Parses the fields of a batch of records.

    Args:
      serialized: string `[records]`.
      fields: those that are wanted.
      rows: int `[records]`, how many each record must have.

    Returns:
      int8 `[total, bytes]`, the rows of all records one behind the other, in each row the bytes of
      the fields: one tensor to cut and to batch instead of one a field. Running it fails with
      `InvalidArgumentError` for a record without a field or with another number of rows.
    """
    parsed = tf.io.parse_example(
        serialized, {name: tf.io.FixedLenFeature([], tf.string) for name in fields}
    )
    checks = [
        tf.debugging.assert_equal(
            tf.strings.length(parsed[name]),
            tf.cast(rows, tf.int32) * field.bytes,
            message=f"a record has not one row of {name} for each position of its text",
        )
        for name, field in fields.items()
    ]
    with tf.control_dependencies([check for check in checks if check is not None]):
        columns = [
            tf.reshape(
                tf.io.decode_raw(tf.strings.reduce_join(parsed[name]), tf.int8), [-1, field.bytes]
            )
            for name, field in fields.items()
        ]
    return tf.concat(columns, axis=1)


def unpack_outputs(packed: tf.Tensor, fields: Mapping[str, Field]) -> dict[str, tf.Tensor]:
    """The numbers of fields in rows of `parse_outputs`.

    Args:
      packed: int8 `[..., bytes]`.
      fields: as of there.

    Returns:
      Field to `[..., width]`; uint16 as int32, which has more operations.
    """
    numbers = {}
    columns = tf.split(packed, [field.bytes for field in fields.values()], axis=-1)
    for (name, field), column in zip(fields.items(), columns, strict=True):
        sizes = [field.width, field.bytes // field.width]
        shape = tf.concat([tf.shape(column)[:-1], sizes], axis=0)
        values = tf.bitcast(tf.reshape(column, shape), tf.as_dtype(field.dtype))
        values = tf.cast(values, tf.int32) if field.dtype == "uint16" else values
        numbers[name] = tf.ensure_shape(values, [*packed.shape[:-1], field.width])
    return numbers
