import numpy as np
import pytest
import tensorflow as tf

from minibert.text.windows import cut_long_words, cut_windows, split_long_words


def _cut(piece_counts, words_per_sentence, max_pieces):
    windows = cut_windows(
        tf.constant(piece_counts, tf.int64), tf.constant(words_per_sentence, tf.int64), max_pieces
    )
    return [tuple(int(x) for x in row) for row in zip(*windows, strict=True)]


def test_sentences_that_fit_are_windows():
    # (sentence, start, end, own_start, own_end)
    assert _cut([1, 2, 3], [2, 1], 3) == [(0, 0, 2, 0, 2), (1, 2, 3, 2, 3)]


def test_sentences_without_words_have_no_window():
    assert _cut([1], [0, 1, 0], 3) == [(1, 0, 1, 0, 1)]
    assert _cut([], [], 3) == []
    assert _cut([], [0, 0], 3) == []


def test_long_sentence():
    # Seven words of one piece in windows of four: the second window starts half a window on, at
    # word 2, and covers 2 to 5; the third starts at 4. Of words 2 and 3, which two windows have,
    # word 2 is 1 from the right edge of the first and at the left edge of the second.
    assert _cut([1] * 7, [7], 4) == [(0, 0, 4, 0, 3), (0, 2, 6, 3, 5), (0, 4, 7, 5, 7)]


def test_word_that_fills_a_window():
    # Word 1 fits into a window only alone, so half a window is stepped over.
    assert _cut([1, 4, 1], [3], 4) == [(0, 0, 1, 0, 1), (0, 1, 2, 1, 2), (0, 2, 3, 2, 3)]


def test_long_words_keep_their_first_pieces():
    pieces = tf.ragged.constant([[5, 6, 7], [8]])
    assert cut_long_words(pieces, 2).to_list() == [[5, 6], [8]]


def test_long_words_of_text_are_several():
    words = [[[5, 6, 7], [8]], [], [[1, 2, 3, 4]], [[9]]]
    pieces = tf.ragged.constant([word for sentence in words for word in sentence], dtype=tf.int32)
    splits = tf.constant([0, 2, 2, 3, 4], tf.int64)
    found, counts = split_long_words(pieces, splits, 2)
    assert found.to_list() == [[5, 6], [7], [8], [1, 2], [3, 4], [9]]
    assert counts.numpy().tolist() == [3, 0, 2, 1]


def _context(word, start, end, counts, sentence):
    """Distance in pieces to the nearer edge that is not an edge of the sentence."""
    left = counts[start:word].sum() if start > 0 and sentence[start - 1] == sentence[word] else 1e9
    right = (
        counts[word + 1 : end].sum()
        if end < len(counts) and sentence[end] == sentence[word]
        else 1e9
    )
    return min(left, right)


@pytest.mark.parametrize("seed", range(60))
def test_against_definition(seed):
    generator = np.random.default_rng(seed)
    max_pieces = int(generator.integers(1, 12))
    per_sentence = generator.integers(0, 30, generator.integers(0, 6))
    longest = max_pieces if seed % 2 else min(2, max_pieces)
    counts = generator.integers(1, longest + 1, per_sentence.sum())
    sentence = np.repeat(np.arange(len(per_sentence)), per_sentence)
    windows = _cut(counts, per_sentence, max_pieces)

    owned = [word for *_, own_start, own_end in windows for word in range(own_start, own_end)]
    assert owned == list(range(len(counts)))
    for index, start, end, own_start, own_end in windows:
        assert start <= own_start <= own_end <= end
        assert (sentence[start:end] == index).all()
        assert counts[start:end].sum() <= max_pieces
    for index, start, end, own_start, own_end in windows:
        for word in range(own_start, own_end):
            own = _context(word, start, end, counts, sentence)
            others = [
                _context(word, s, e, counts, sentence) for _, s, e, *_ in windows if s <= word < e
            ]
            assert own == max(others), (index, word)
