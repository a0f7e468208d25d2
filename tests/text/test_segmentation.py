import itertools
import unicodedata

import pytest
import tensorflow as tf

from minibert.data.conllu_reader import read_conllu
from minibert.text import python_segmentation
from minibert.text.characters import is_seen
from minibert.text.segmentation import segment


def _words(text: str) -> list[str]:
    """The words of a text, which are the same in graph and in Python."""
    segmented = segment(tf.constant([text]))
    words, starts, ends = (ragged.to_list()[0] for ragged in segmented)
    content = text.encode()
    assert [content[start:end] for start, end in zip(starts, ends, strict=True)] == words
    found = python_segmentation.segment(text)
    assert [text[word.start : word.end] for word in found] == [word.form for word in found]
    assert [word.form.encode() for word in found] == words
    return [word.decode() for word in words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The old dog sleeps.", ["The", "old", "dog", "sleeps", "."]),
        ("«Wörter», sagte er!", ["«", "Wörter", "»", ",", "sagte", "er", "!"]),
        ("3.14 or 1,000.", ["3.14", "or", "1,000", "."]),
        ("wait...", ["wait", "..."]),
        ("2nd 10km 1990s 3D", ["2nd", "10km", "1990s", "3D"]),
        ("12:30 3.14.", ["12:30", "3.14", "."]),
        ("don't 'tis м’яч dogs'", ["don't", "'", "tis", "м’яч", "dogs", "'"]),
        ("Qu'il l’homme dell'arte", ["Qu'", "il", "l’", "homme", "dell'", "arte"]),
        ("I \u2764\ufe0f you", ["I", "\u2764\ufe0f", "you"]),
        ("👨\u200d👩\u200d👧👍🏽👍", ["👨\u200d👩\u200d👧", "👍🏽", "👍"]),
        ("🇨🇿🇩🇪", ["🇨🇿", "🇩🇪"]),
        ("in 2019/20", ["in", "2019", "/", "20"]),
        ("漢字かなカナー。", ["漢", "字", "かな", "カナー", "。"]),
        ("सेब और दूध।", ["सेब", "और", "दूध", "।"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("สวัสดี ครับ", ["สวัสดี", "ครับ"]),
        ("a\u00a0b\u3000c\td\n", ["a", "b", "c", "d"]),
        ("a\u0007b", ["a", "b"]),
        ("🙂🙂", ["🙂", "🙂"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        # Marks and invisible characters belong to what they follow, whatever that is.
        ("nice \u2764 \ufe0f day", ["nice", "\u2764", "day"]),
        ("a\u00ad, \u200cb \u00ad c\u200d \ufeff d", ["a\u00ad", ",", "b", "c\u200d", "d"]),
        ("\ufeffThe \u200e(\u200fשלום\u200f).", ["The", "(\u200f", "שלום\u200f", ")", "."]),
        (
            "か\u3099な ハ\u309aン 葛\U000e0100飾",
            ["か\u3099な", "ハ\u309aン", "葛\U000e0100", "飾"],
        ),
        ("ｶﾞｰｾﾞ", ["ｶﾞｰｾﾞ"]),
        ("3\u20dd.\u200e14\u0301 ..\u0301 .", ["3\u20dd.\u200e14\u0301", "..\u0301", "."]),
        (
            "l'\u200bami dogs'\u200d don\u00ad'\u00adt",
            ["l'\u200b", "ami", "dogs", "'\u200d", "don\u00ad'\u00adt"],
        ),
        ("1\ufe0f\u20e3 #\ufe0f\u20e3", ["1\ufe0f\u20e3", "#\ufe0f\u20e3"]),
        ("👩\u200d abc 👩\u200dabc", ["👩\u200d", "abc", "👩\u200d", "abc"]),
        ("🏃🏽\u200d♀\ufe0f❤\ufe0f\u200d🔥", ["🏃🏽\u200d♀\ufe0f", "❤\ufe0f\u200d🔥"]),
        (
            "🏴\U000e0067\U000e0062\U000e007f🇨🇿\ufe0f",
            ["🏴\U000e0067\U000e0062\U000e007f", "🇨🇿\ufe0f"],
        ),
        ("שָׁלוֹם עֲלֵיכֶם", ["שָׁלוֹם", "עֲלֵיכֶם"]),
        ("क्\u200dष ശ്രീ\u200c. น้ำ", ["क्\u200dष", "ശ്രീ\u200c", ".", "น้ำ"]),
        ("قَالَ \u061cكِتَابٌ", ["قَالَ", "كِتَابٌ"]),
        ("ᠮᠣᠩᠭᠣᠯ\u180e\u1820\u180b", ["ᠮᠣᠩᠭᠣᠯ\u180e\u1820\u180b"]),
        # Fillers, the joiner of graphemes, and Braille without a dot.
        ("\u3164 a\u3164b \uffa0\u115f\u1160 c\u034f \u034f", ["a\u3164b", "c\u034f"]),
        ("⠓⠊\u2800⠽ \u2800", ["⠓", "⠊", "⠽"]),
        # Format characters that are seen, private use, and what is not assigned.
        ("\u06dd١٢ \u0600 \ue000 \U000e1000", ["\u06dd١٢", "\u0600", "\ue000", "\U000e1000"]),
        # Line ends are white space here.
        ("a\u2028b\u2029c\x85d\ve\ff\x1cg\x1dh\x1ei\x1fj", list("abcdefghij")),
        ("", []),
        (" \n", []),
        ("\u0301\u200d \ufe0f\u2800", []),
    ],
)
def test_words(text, words):
    assert _words(text) == words


def test_no_character_is_lost_but_white_space_and_control_characters():
    # Every 7th character of Unicode, each between letters.
    points = [p for p in range(1, 0x110000, 7) if not 0xD800 <= p < 0xE000]
    characters = [chr(point) for point in points]
    segmented = segment(tf.constant([f"a{character}b" for character in characters]))
    for character, words in zip(characters, segmented.words.to_list(), strict=True):
        joined = b"".join(words).decode()
        lost = character.isspace() or (character.isascii() and not character.isprintable())
        assert joined == ("ab" if lost or "\x7f" <= character < "\xa0" else f"a{character}b")


def test_python_and_the_graph_agree_on_every_character():
    """Whether a word begins with it; TF Text may know marks that this Python does not."""
    characters = [chr(p) for p in range(1, 0x110000) if not 0xD800 <= p < 0xE000]
    num_words = segment(tf.constant(characters)).words.row_lengths().numpy()
    for character, count in zip(characters, num_words.tolist(), strict=True):
        assert count == is_seen(character) or unicodedata.category(character) == "Cn"


@pytest.mark.parametrize("around", ["{}", "a{}b", "1{}2", "漢{}か", "'{}"])
def test_python_cuts_every_character_as_the_graph(around):
    """But for those that are assigned in the Unicode of one of them alone."""
    points = [p for p in range(1, 0x110000) if not 0xD800 <= p < 0xE000]
    points = [p for p in points if unicodedata.category(chr(p)) != "Cn"]
    texts = [around.format(chr(point)) for point in points]
    in_graph = segment(tf.constant(texts)).words.to_list()
    in_python = [python_segmentation.segment(text) for text in texts]
    assert [[word.form.encode() for word in words] for words in in_python] == in_graph


def test_python_cuts_the_text_of_treebanks_as_the_graph(real_data):
    paths = sorted((real_data / "ud_free").glob("*/*-dev.conllu"))
    sentences = (s for path in paths for s in itertools.islice(read_conllu(path), 100))
    texts = [" ".join(sentence.words) for sentence in sentences]
    assert len(texts) > 5000
    in_graph = segment(tf.constant(texts)).words.to_list()
    in_python = [python_segmentation.segment(text) for text in texts]
    assert [[word.form.encode() for word in words] for words in in_python] == in_graph


def test_lone_surrogates_are_replaced():
    words = python_segmentation.segment("a\ud800 b")
    assert [word.form for word in words] == ["a", "\ufffd", "b"]
    assert words[2].start == 3


def test_text_behind_a_nul_is_not_lost():
    segmented = segment(tf.constant(["a b\0c d\0", "\0e"]))
    assert segmented.words.to_list() == [[b"a", b"b", b"c", b"d"], [b"e"]]
    assert segmented.starts.to_list() == [[0, 2, 4, 6], [1]]


def test_no_texts():
    assert segment(tf.zeros([0], tf.string)).words.to_list() == []


def test_what_is_not_utf8_is_an_error():
    with pytest.raises(tf.errors.InvalidArgumentError):
        segment(tf.constant([b"a \xff b"]))
