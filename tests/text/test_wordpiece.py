import pytest
import tensorflow as tf
from official.nlp.tools import tokenization

from minibert.errors import InputError
from minibert.text.normalization import NFC, NFC_STRAIGHT, NONE
from minibert.text.vocab import read_vocab
from minibert.text.wordpiece import WordpieceTokenizer

VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "a", "##b", ",", "世", "é"]


def _tokenize(words, normalization=NONE) -> list[list[int]]:
    return (
        WordpieceTokenizer(VOCAB, normalization=normalization)
        .tokenize(tf.constant(words, tf.string))
        .to_list()
    )


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        ("unaffable", [4, 5, 6]),  # greedy longest match first
        ("unx", [1]),  # no match anywhere in a token makes the whole of it [UNK]
        ("ab,a", [7, 8, 9, 7]),  # punctuation is split off
        ("a世a", [7, 10, 7]),  # and so are CJK characters
        ("a b", [7, 1]),  # a word with a space: "b" is no piece at the start of a token
        ("a\u200cb", [7, 8]),  # a zero-width non-joiner is deleted
        ("a\u0000b", [7, 8]),  # and so is a control character
        ("\u00ad", [1]),  # nothing is left of a soft hyphen
        ("", [1]),
        ("é", [11]),  # composed
        ("e\u0301", [1]),  # decomposed; test_nfc has the other form of model
        ("A", [1]),  # not lower-cased
        (b"a\xff\xfeb", [7, 8]),  # bytes that are not UTF-8 are dropped
    ],
)
def test_tokenize(word, ids):
    assert _tokenize([word]) == [ids]


@pytest.mark.parametrize(
    ("word", "composed"),
    [
        ("e\u0301", "é"),
        ("e\u00ad\u0301", "é"),  # a soft hyphen is deleted before
        ("Tie\u0302\u0301ng", "Tiếng"),  # two marks, of which the first is inside
        ("a\u0323\u0302", "ậ"),  # and below
        ("\u1112\u1161\u11ab", "한"),  # Hangul Jamo
        ("\u0958", "\u0915\u093c"),  # with a nukta: the form in two is the composed one
        ("\u304b\u3099", "が"),
        ("\u212b", "Å"),  # the unit
        ("<\u0338", "≮"),  # the mark is joined before punctuation is split off
        ("\ufb01", "\ufb01"),  # a ligature stays
    ],
)
def test_nfc(word, composed):
    pieces = [composed] if composed != "\u0915\u093c" else ["\u0915", "##\u093c"]
    tokenizer = WordpieceTokenizer([*VOCAB[:4], *pieces], normalization=NFC)
    ids = [list(range(4, 4 + len(pieces)))]
    assert tokenizer.tokenize(tf.constant([word])).to_list() == ids
    assert tokenizer.tokenize(tf.constant([composed])).to_list() == ids


def test_every_word_has_a_piece_wherever_it_stands():
    assert _tokenize(["\u00ad", "a", "", "ab", "\u200b"]) == [[1], [7], [1], [7, 8], [1]]


def test_no_words():
    assert _tokenize([]) == []


def test_in_graph():
    tokenizer = WordpieceTokenizer(VOCAB, normalization=NFC)
    function = tf.function(tokenizer.tokenize, input_signature=[tf.TensorSpec([None], tf.string)])
    assert function(tf.constant(["", "unaffable"])).to_list() == [[1], [4, 5, 6]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[PAD]\n[CLS]\n[SEP]\n", r"lacks \[UNK\]"),
        (b"[PAD]\n[UNK]\n[CLS]\n[SEP]\na\na\n", ":6: piece 'a' is also on line 5"),
        (b"[PAD]\n\xff\n", "not UTF-8 at byte 6"),
        (b"", r"lacks \[PAD\]"),
        (b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "nothing but special pieces"),
        (b"[PAD]\n[UNK]\n[CLS]\n[SEP]\na\0b\n", r":5: a piece of over 200 .* a NUL"),
        (b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n" + b"a" * 201, ":5: a piece of over 200"),
    ],
)
def test_bad_vocabulary(tmp_path, content, message):
    path = tmp_path / "vocab.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_vocab(path)


def test_missing_vocabulary(tmp_path):
    with pytest.raises(InputError, match="cannot read the vocabulary: No such file"):
        read_vocab(tmp_path / "vocab.txt")


def test_vocabulary_lines_end_at_line_feeds_only(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n\u2028\n\x85\nz\n", encoding="utf-8", newline="")
    assert read_vocab(path)[4:] == ["\u2028", "\x85", "z"]


def test_equals_public_tokenizer_on_all_words_of_ud(real_data, ud_words):
    vocab_file = real_data / "vocab" / "multi_cased_vocab.txt"
    public = tokenization.FullTokenizer(str(vocab_file), do_lower_case=False)
    found = WordpieceTokenizer(read_vocab(vocab_file), normalization=NONE)
    found = found.tokenize(tf.constant(ud_words)).to_list()
    unknown = [public.vocab["[UNK]"]]
    different = [
        word
        for word, ids in zip(ud_words, found, strict=True)
        if ids != (public.convert_tokens_to_ids(public.tokenize(word)) or unknown)
    ]
    assert different == []


def test_curly_apostrophes_may_be_read_as_straight_ones():
    """In graph; test_python_wordpiece.py has that Python agrees, in every form."""
    pieces = ["'", "’", "ʼ", "l", "don", "t"]
    tokenizer = WordpieceTokenizer([*VOCAB[:4], *pieces], normalization=NFC_STRAIGHT)
    straight, *curly = tokenizer.tokenize(["l'don't", "l’don’t", "lʼdonʼt"]).to_list()
    assert straight == [7, 4, 8, 4, 9]
    assert curly == [straight, straight]
    kept = WordpieceTokenizer([*VOCAB[:4], *pieces], normalization=NFC)
    assert kept.tokenize(["l’don’t"]).to_list() == [[7, 5, 8, 5, 9]]
