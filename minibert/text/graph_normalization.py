"""`normalization.normalize` in graph."""

import tensorflow as tf
import tensorflow_text as tf_text

from minibert.text.normalization import (
    CURLY_APOSTROPHES,
    NFC_STRAIGHT,
    NONE,
    STRAIGHT_APOSTROPHE,
    Normalization,
)


def normalize(words: tf.Tensor, form: Normalization) -> tf.Tensor:
    """Words in a form; string of any shape, valid UTF-8 unless the form is `none`."""
    if form == NONE:
        return words
    words = tf_text.normalize_utf8(words, "NFC")
    if form == NFC_STRAIGHT:
        words = tf.strings.regex_replace(words, f"[{CURLY_APOSTROPHES}]", STRAIGHT_APOSTROPHE)
    return words
