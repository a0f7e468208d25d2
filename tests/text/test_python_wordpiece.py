"""The tokenizer in Python against the one in graph."""

import sys
import unicodedata

import numpy as np
import pytest
import tensorflow as tf

from minibert.text.normalization import NFC, NORMALIZATIONS
from minibert.text.python_wordpiece import PythonWordpieceTokenizer
from minibert.text.vocab import read_vocab
from minibert.text.wordpiece import WordpieceTokenizer
from tests.conftest import TESTDATA
from tests.text.test_wordpiece import VOCAB

CODE_POINTS = [point for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000]


def _differences(vocab, words) -> list[str]:
    """The words of which the tokenizers give other pieces, in either form."""
    return [
        f"{word!a} {normalization}"
        for normalization in NORMALIZATIONS
        for tokenizer in [PythonWordpieceTokenizer(vocab, normalization=normalization)]
        for word, ids in zip(words, _in_graph(vocab, words, normalization), strict=True)
        if list(tokenizer.tokenize(word)) != ids
    ]


def _in_graph(vocab, words, normalization) -> list[list[int]]:
    tokenizer = WordpieceTokenizer(vocab, normalization=normalization)
    return tokenizer.tokenize(tf.constant(words, tf.string)).to_list()


def test_every_character_between_others():
    # The pieces say whether the character is deleted, a space, a token of its own or a letter.
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "b"]
    assert _differences(vocab, [f"a{chr(point)}b" for point in CODE_POINTS]) == []


def test_random_words():
    random = np.random.default_rng(1)
    letters = [*"abunxfle ,-\t'.#[]", "世", "é", "e\u0301", "\u00ad", "\u200d", "\ufffd", "🙂"]
    words = ["".join(random.choice(letters, size)) for size in random.integers(0, 12, 20_000)]
    words += ["".join(map(chr, points)) for points in random.choice(CODE_POINTS, [20_000, 5])]
    marks = [chr(point) for point in CODE_POINTS if unicodedata.combining(chr(point))]
    words += [
        "".join(x)
        for x in zip(random.choice(letters, 9000), *random.choice(marks, [2, 9000]), strict=True)
    ]
    pieces = read_vocab(TESTDATA / "vocab.txt")
    words += ["".join(three).replace("##", "") for three in random.choice(pieces, [20_000, 3])]
    assert _differences(VOCAB, words) == []
    assert _differences(pieces, words) == []


@pytest.mark.parametrize("character", ["a", "é", "世", "🙂"])
def test_long_tokens(character):
    size = len(character.encode())
    words = [character * (count // size) for count in (799, 800, 804, 808, 10_000)]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", character, f"##{character}"]
    assert _differences(pieces, words) == []


def test_odd_pieces_of_a_vocabulary():
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "##", "###", "#", "####", "##a", "a"]
    words = ["#", "##", "###", "a#", "a##", "##a", "[UNK]", "[PAD]", "aa", "a" * 30]
    assert _differences(vocab, words) == []


def test_surrogates_are_dropped():
    tokenizer = PythonWordpieceTokenizer(VOCAB, normalization=NFC)
    assert tokenizer.tokenize("a\ud800b") == (7, 8)
    assert tokenizer.tokenize("\udfff") == (1,)


def test_every_decomposed_character():
    characters = [chr(point) for point in CODE_POINTS]
    composed = [c for c in characters if unicodedata.normalize("NFD", c) != c]
    vocab = [*VOCAB[:4], *composed]
    words = [unicodedata.normalize("NFD", character) for character in composed]
    assert len(words) > 13_000
    assert _differences(vocab, words) == []


def test_all_words_of_ud(real_data, ud_words):
    vocab = read_vocab(real_data / "vocab" / "multi_cased_vocab.txt")
    assert _differences(vocab, ud_words) == []
