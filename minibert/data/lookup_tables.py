"""Tables in graph, from strings to ids."""

from collections.abc import Sequence

import tensorflow as tf

from minibert.data.label_vocab import NO_LABEL, UNANNOTATED, UNKNOWN


def string_table(strings: Sequence[str]) -> tf.lookup.StaticHashTable:
    """A table from strings to their int32 positions, `UNKNOWN` for others."""
    return _table(strings, range(len(strings)))


def label_table(labels: Sequence[str]) -> tf.lookup.StaticHashTable:
    """A table from labels to their int32 ids, as of `LabelVocab.ids`."""
    return _table([*labels, NO_LABEL], [*range(len(labels)), UNANNOTATED])


def _table(strings: Sequence[str], ids: Sequence[int]) -> tf.lookup.StaticHashTable:
    return tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            tf.constant(list(strings), tf.string), tf.constant(list(ids), tf.int32)
        ),
        UNKNOWN,
    )
