import pytest
import tensorflow as tf

from minibert.text.segmentation import segment


def _words(text: str) -> list[str]:
    segmented = segment(tf.constant([text]))
    words, starts, ends = (ragged.to_list()[0] for ragged in segmented)
    content = text.encode()
    assert [content[start:end] for start, end in zip(starts, ends, strict=True)] == words
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
        ("", []),
        (" \n", []),
    ],
)
def test_words(text, words):
    assert _words(text) == words


def test_nothing_but_white_space_and_control_characters_is_lost():
    # Every 7th character of Unicode, each between letters.
    points = [p for p in range(1, 0x110000, 7) if not 0xD800 <= p < 0xE000]
    characters = [chr(point) for point in points]
    segmented = segment(tf.constant([f"a{character}b" for character in characters]))
    for character, words in zip(characters, segmented.words.to_list(), strict=True):
        joined = b"".join(words).decode()
        lost = character.isspace() or (character.isascii() and not character.isprintable())
        assert joined == ("ab" if lost or "\x7f" <= character < "\xa0" else f"a{character}b")


def test_text_behind_a_nul_is_not_lost():
    segmented = segment(tf.constant(["a b\0c d\0", "\0e"]))
    assert segmented.words.to_list() == [[b"a", b"b", b"c", b"d"], [b"e"]]
    assert segmented.starts.to_list() == [[0, 2, 4, 6], [1]]


def test_no_texts():
    assert segment(tf.zeros([0], tf.string)).words.to_list() == []


def test_what_is_not_utf8_is_an_error():
    with pytest.raises(tf.errors.InvalidArgumentError):
        segment(tf.constant([b"a \xff b"]))
