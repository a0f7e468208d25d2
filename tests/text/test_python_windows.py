"""Windows in Python against those in graph."""

import numpy as np
import pytest
import tensorflow as tf

from minibert.text.encoding import encode_sentences
from minibert.text.normalization import NFC
from minibert.text.python_windows import encode_sentence
from minibert.text.python_wordpiece import PythonWordpieceTokenizer
from minibert.text.wordpiece import WordpieceTokenizer
from tests.text.test_wordpiece import VOCAB


@pytest.mark.parametrize("max_seq_length", [3, 4, 5, 8, 13])
def test_random_sentences(max_seq_length):
    random = np.random.default_rng(max_seq_length)
    # Words of 1 to 5 pieces.
    words = ["a", "ab", "unaffable", "a,a", "abbbb", "\u00ad"]
    sentences = [random.choice(words, size).tolist() for size in random.integers(0, 40, 300)]
    encoded = encode_sentences(
        WordpieceTokenizer(VOCAB, normalization=NFC), tf.ragged.constant(sentences), max_seq_length
    )
    tokenizer = PythonWordpieceTokenizer(VOCAB, normalization=NFC)
    windows = [
        window
        for sentence in sentences
        for window in encode_sentence(tokenizer, sentence, max_seq_length)
    ]
    assert [window.input_ids for window in windows] == encoded.input_ids.to_list()
    assert [window.word_positions for window in windows] == encoded.word_positions.to_list()
    assert len(windows) > len(sentences)
