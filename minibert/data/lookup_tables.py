"""Tables in graph, from strings to ids."""

from collections.abc import Sequence

import tensorflow as tf

from minibert.data.label_vocab import UNKNOWN


def string_table(strings: Sequence[str]) -> tf.lookup.StaticHashTable:
    """A table from strings to their int32 positions, `UNKNOWN` for others."""
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(list(strings), tf.string), tf.range(len(strings), dtype=tf.int32)
        ),
        UNKNOWN,
    )
