"""Cuts sentences that are too long for the encoder into overlapping windows, in graph.

No sentence is truncated. A sentence of more than `max_pieces` wordpieces is covered by windows
that start and end at word boundaries; a new window starts at least half a window behind the last
one, so a word is inside at most two. Each word *belongs* to exactly one window, the one in which
it has most context: there it is predicted, and there it is counted in training.
"""

from typing import NamedTuple

import tensorflow as tf


class Windows(NamedTuple):
    """Windows over the flat words of a batch of sentences, in reading order.

    All fields are int64 `[windows]`; word positions count through the whole batch.

    Attributes:
      sentence: the sentence that the window is in.
      start, end: the words `[start, end)` that the encoder sees.
      own_start, own_end: the words `[own_start, own_end)` that belong to the window. Taken
        together these are every word of the batch, once, in order.
    """

    sentence: tf.Tensor
    start: tf.Tensor
    end: tf.Tensor
    own_start: tf.Tensor
    own_end: tf.Tensor


def cut_long_words(pieces: tf.RaggedTensor, max_pieces: int) -> tf.RaggedTensor:
    """Keeps the first `max_pieces` pieces of each word; `[words, (pieces)]` in and out."""
    return pieces[:, :max_pieces]


def split_long_words(
    pieces: tf.RaggedTensor, word_splits: tf.Tensor, max_pieces: int
) -> tuple[tf.RaggedTensor, tf.Tensor]:
    """Makes several words of each that has more than `max_pieces` pieces.

    Args:
      pieces: `[words, (pieces)]`, one piece at least for each word.
      word_splits: int64 `[sentences + 1]`, at which word each sentence begins, and the last ends.
      max_pieces: the most pieces of a word.

    Returns:
      The same pieces by words of at most so many, and int64 `[sentences]`, their number in each
      sentence.
    """
    counts = pieces.row_lengths()
    num_parts = -(-counts // max_pieces)
    starts = tf.repeat(pieces.row_starts(), num_parts)
    starts += max_pieces * tf.ragged.range(num_parts).flat_values
    splits = tf.concat([starts, pieces.row_splits[-1:]], axis=0)
    part_splits = tf.concat([[0], tf.cumsum(num_parts)], axis=0)
    sentence_splits = tf.gather(part_splits, word_splits)
    return (
        tf.RaggedTensor.from_row_splits(pieces.flat_values, splits, validate=False),
        sentence_splits[1:] - sentence_splits[:-1],
    )


def cut_windows(piece_counts: tf.Tensor, words_per_sentence: tf.Tensor, max_pieces: int) -> Windows:
    """Covers each sentence with windows of at most `max_pieces` wordpieces.

    Args:
      piece_counts: int64 `[words]`, the pieces of each word of the batch, from 1 to `max_pieces`.
      words_per_sentence: int64 `[sentences]`, with the sum `words`. A sentence without words has
        no window.
      max_pieces: wordpieces that fit into a window, without `[CLS]` and `[SEP]`.

    Returns:
      The windows. A sentence that fits is one window.
    """
    # Everything is a position in the concatenation of all sentences, which grows strictly with
    # the word, so that one binary search serves all sentences at once.
    piece_end = tf.cumsum(piece_counts)
    piece_start = piece_end - piece_counts
    sentence_end = tf.cumsum(words_per_sentence)
    sentence_start = sentence_end - words_per_sentence
    nonempty = tf.cast(tf.where(words_per_sentence > 0)[:, 0], tf.int64)

    def window_end(start: tf.Tensor, sentence: tf.Tensor) -> tf.Tensor:
        limit = tf.gather(piece_start, start) + max_pieces
        fits = tf.searchsorted(piece_end, limit, side="right", out_type=tf.int64)
        return tf.minimum(fits, tf.gather(sentence_end, sentence))

    def next_windows(start: tf.Tensor, sentence: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        end = window_end(start, sentence)
        unfinished = end < tf.gather(sentence_end, sentence)
        start, sentence, end = (tf.boolean_mask(x, unfinished) for x in (start, sentence, end))
        # Half a window on, or further if the first word that is not covered yet, `end`, would not
        # fit otherwise; never behind that word.
        half = tf.gather(piece_start, start) + (max_pieces + 1) // 2
        to_fit = tf.gather(piece_end, end) - max_pieces
        following = tf.searchsorted(
            piece_start, tf.maximum(half, to_fit), side="left", out_type=tf.int64
        )
        return tf.minimum(following, end), sentence

    def body(
        start: tf.Tensor, sentence: tf.Tensor, all_starts: tf.Tensor, all_sentences: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        start, sentence = next_windows(start, sentence)
        return (
            start,
            sentence,
            tf.concat([all_starts, start], axis=0),
            tf.concat([all_sentences, sentence], axis=0),
        )

    first = tf.gather(sentence_start, nonempty)

    def all_windows() -> tuple[tf.Tensor, tf.Tensor]:
        unknown = tf.TensorShape([None])
        _, _, start, sentence = tf.while_loop(
            lambda start, *_: tf.size(start) > 0,
            body,
            (first, nonempty, first, nonempty),
            shape_invariants=(unknown,) * 4,
        )
        return tf.sort(start), tf.sort(sentence)

    # Most batches have no sentence that is longer than a window, and then nothing is to be done.
    all_fit = tf.reduce_all(window_end(first, nonempty) == tf.gather(sentence_end, nonempty))
    start, sentence = tf.cond(all_fit, lambda: (first, nonempty), all_windows)
    end = window_end(start, sentence)

    # A word of two windows belongs to the later one if it is farther from that one's left edge
    # than from the earlier one's right edge: start - later.start > earlier.end - end. The other
    # two distances are always greater than these. Both sides grow with the word.
    earlier_end = tf.gather(piece_end, end - 1)[:-1]
    later_start = tf.gather(piece_start, start)[1:]
    boundary = tf.searchsorted(
        piece_start + piece_end, earlier_end + later_start, side="right", out_type=tf.int64
    )
    boundary = tf.where(sentence[1:] == sentence[:-1], boundary, start[1:])
    own_start = tf.concat([start[:1], boundary], axis=0)
    own_end = tf.concat([boundary, end[-1:]], axis=0)
    return Windows(sentence, start, end, own_start, own_end)
