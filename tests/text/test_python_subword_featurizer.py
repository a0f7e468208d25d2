"""Features in Python against those in graph."""

import numpy as np
import pytest
import tensorflow as tf

from minibert.text.normalization import NFC
from minibert.text.subword_features import INPUT_IDS
from minibert.text.wordpiece_features import WordpieceFeatures
from tests.text.test_wordpiece import VOCAB


@pytest.mark.parametrize("max_seq_length", [3, 4, 5, 8, 13])
def test_random_sentences(max_seq_length):
    random = np.random.default_rng(max_seq_length)
    # Words of 1 to 5 pieces.
    words = ["a", "ab", "unaffable", "a,a", "abbbb", "\u00ad"]
    sentences = [random.choice(words, size).tolist() for size in random.integers(0, 40, 300)]
    features = WordpieceFeatures(max_seq_length, NFC, VOCAB)
    encoded = features.in_graph().featurize(tf.ragged.constant(sentences))
    in_python = features.in_python()
    windows = [window for sentence in sentences for window in in_python.featurize(sentence)]
    assert [window.features[INPUT_IDS] for window in windows] == encoded.features[
        INPUT_IDS
    ].to_list()
    assert [window.word_positions for window in windows] == encoded.word_positions.to_list()
    assert len(windows) > len(sentences)
