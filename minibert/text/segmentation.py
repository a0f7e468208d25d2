"""Raw text to words, in graph; `python_segmentation` does the same in Python."""

from typing import NamedTuple

import tensorflow as tf
import tensorflow_text as tf_text

from minibert.text.word_pattern import IS_WORD, PIECE


class Segmented(NamedTuple):
    """The words of texts.

    Attributes:
      words: string `[texts, (words)]`.
      starts, ends: int64, parallel to it: where a word begins and ends, in bytes of its text.
    """

    words: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


def segment(text: tf.Tensor) -> Segmented:
    """Cuts texts into words.

    Args:
      text: string `[texts]`, UTF-8.

    Returns:
      The words, in order. White space, control characters, and the marks and invisible characters
      behind them are in none. Running it fails with `InvalidArgumentError` for a text that is not
      UTF-8, of which the offsets would be wrong.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="strict")
    # TF Text takes it for the end.
    text = tf.strings.regex_replace(text, r"\x{00}", " ")
    return Segmented(*tf_text.regex_split_with_offsets(text, PIECE, IS_WORD))
