"""The tokenizer in Python against the one in graph."""

import sys

import numpy as np
import pytest
import tensorflow as tf

from minibert.text.python_wordpiece import PythonWordpieceTokenizer
from minibert.text.vocab import read_vocab
from minibert.text.wordpiece import WordpieceTokenizer
from tests.conftest import TESTDATA
from tests.text.test_wordpiece import VOCAB

CODE_POINTS = [point for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000]


def _differences(vocab, words) -> list[str]:
    expected = WordpieceTokenizer(vocab).tokenize(tf.constant(words, tf.string)).to_list()
    tokenizer = PythonWordpieceTokenizer(vocab)
    return [
        ascii(word)
        for word, ids in zip(words, expected, strict=True)
        if list(tokenizer.tokenize(word)) != ids
    ]


def test_every_character_between_others():
    # The pieces say whether the character is deleted, a space, a token of its own or a letter.
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "b"]
    assert _differences(vocab, [f"a{chr(point)}b" for point in CODE_POINTS]) == []


def test_random_words():
    random = np.random.default_rng(1)
    letters = [*"abunxfle ,-\t'.#[]", "世", "é", "e\u0301", "\u00ad", "\u200d", "\ufffd", "🙂"]
    words = ["".join(random.choice(letters, size)) for size in random.integers(0, 12, 20_000)]
    words += ["".join(map(chr, points)) for points in random.choice(CODE_POINTS, [20_000, 5])]
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
    tokenizer = PythonWordpieceTokenizer(VOCAB)
    assert tokenizer.tokenize("a\ud800b") == (7, 8)
    assert tokenizer.tokenize("\udfff") == (1,)


def test_all_words_of_ud(real_data):
    from minibert.data.conllu_reader import read_conllu

    words = set()
    for path in sorted((real_data / "ud22").glob("*/*.conllu")):
        for sentence in read_conllu(path):
            words.update(sentence.words)
    assert len(words) > 300_000
    vocab = read_vocab(real_data / "vocab" / "multi_cased_vocab.txt")
    assert _differences(vocab, sorted(words)) == []
