import tensorflow as tf

from minibert.text.encoding import encode_sentences
from minibert.text.wordpiece import WordpieceTokenizer

VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "##b", "##c"]
CLS, SEP = 2, 3


def _encode(sentences, max_seq_length):
    words = tf.ragged.constant(sentences, dtype=tf.string, row_splits_dtype=tf.int64)
    return encode_sentences(WordpieceTokenizer(VOCAB), words, max_seq_length)


def test_short_sentences():
    encoded = _encode([["abc", "b"], ["a"]], 10)
    assert encoded.input_ids.to_list() == [[CLS, 4, 6, 7, 5, SEP], [CLS, 4, SEP]]
    assert encoded.word_positions.to_list() == [[1, 4], [1]]


def test_windows_and_labels():
    # Windows of four pieces; see test_windows for who owns what.
    encoded = _encode([["a", "b", "a", "b", "a", "b", "a"], ["b"]], 6)
    assert encoded.input_ids.to_list() == [
        [CLS, 4, 5, 4, 5, SEP],
        [CLS, 4, 5, 4, 5, SEP],
        [CLS, 4, 5, 4, SEP],
        [CLS, 5, SEP],
    ]
    assert encoded.word_positions.to_list() == [[1, 2, 3], [2, 3], [2, 3], [1]]
    labels = tf.ragged.constant([[10, 11, 12, 13, 14, 15, 16], [17]])
    assert encoded.select(labels).to_list() == [[10, 11, 12], [13, 14], [15, 16], [17]]


def test_word_longer_than_a_window_keeps_its_first_pieces():
    encoded = _encode([["abbbbbb", "a"]], 5)
    assert encoded.input_ids.to_list() == [[CLS, 4, 6, 6, SEP], [CLS, 4, SEP]]
    assert encoded.word_positions.to_list() == [[1], [1]]
