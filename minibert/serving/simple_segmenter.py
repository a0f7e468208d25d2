"""Cuts raw text into words by spaces, punctuation and script: `text.segmentation` for callers."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from minibert.chunks import SENTENCES_PER_CALL, chunks
from minibert.packages import import_package

_CHUNK_CHARACTERS = 2**20
_NEEDED = {"needed_for": "segmenting raw text", "install": "tensorflow-text"}
# What UTF-8 has not.
_SURROGATE = re.compile("[\ud800-\udfff]")


class SegmentedWord(NamedTuple):
    """A word of a text.

    Attributes:
      form: the word.
      start, end: where it begins and ends, in bytes of the text in UTF-8.
    """

    form: str
    start: int
    end: int


def segment_texts(texts: Iterable[str]) -> Iterator[list[SegmentedWord]]:
    """Yields the words of each text, in order; reads ahead by a bounded number of texts."""
    tf = import_package("tensorflow", **_NEEDED)
    import_package("tensorflow_text", **_NEEDED)
    for chunk in chunks(texts, max_items=SENTENCES_PER_CALL, size=len, max_size=_CHUNK_CHARACTERS):
        encoded = [_SURROGATE.sub("\ufffd", text).encode("utf-8") for text in chunk]
        words, starts, ends = (
            ragged.to_list() for ragged in _function()(tf.constant(encoded, tf.string))
        )
        for columns in zip(words, starts, ends, strict=True):
            yield [
                SegmentedWord(form.decode("utf-8"), start, end)
                for form, start, end in zip(*columns, strict=True)
            ]


@cache
def _function() -> Any:
    import tensorflow as tf

    from minibert.text.segmentation import segment

    return tf.function(segment, input_signature=[tf.TensorSpec([None], tf.string)])
