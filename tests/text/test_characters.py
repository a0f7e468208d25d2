"""What is seen and what is not."""

import unicodedata

import pytest

from minibert.text.characters import is_seen, plain_paragraph, seen, seen_lines, split_start

# Prepended_Concatenation_Mark: format characters that are shown.
_SHOWN = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)


def test_format_characters_are_not_seen_but_for_signs_around_numbers():
    for character in map(chr, range(0x110000)):
        if unicodedata.category(character) == "Cf":
            assert is_seen(character) == (character in _SHOWN), ascii(character)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        # DerivedCoreProperties.txt, Default_Ignorable_Code_Point.
        *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5)),
        *((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F)),
        *((0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0)),
        *((0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
    ],
)
def test_what_unicode_ignores_by_default_is_not_seen(first, last):
    assert not any(map(is_seen, map(chr, range(first, last + 1))))


def test_seen():
    assert seen("e\u0301t\u00ade \u2800\u06dd\ue000\ud800\t\x07.") == "ete\u06dd\ue000\ud800."


def test_lines_in_which_something_is_seen():
    text = "a b\r\n \u200d\ufe0f\n\u2028 c\u2029d\x85e\vf\fg\x1ch\x1di\x1ej\x1fk \u200b\n"
    assert list(seen_lines(text)) == ["a b", *"cdefghi", "j\x1fk \u200b"]


def test_what_begins_with_marks():
    assert split_start("\u0301\u200da\u0301b") == ("\u0301\u200d", "a\u0301b")
    assert split_start("ab") == ("", "ab")
    assert split_start("\ufe0f") == ("\ufe0f", "")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("I \u2764 \ufe0f you\ufe0f \u200d\u0301.", "I \u2764  you\ufe0f ."),
        ("\ufeffA\u00ad\tb\n\u200b\nc", "A\u00ad\tb\n\nc"),
        ("a\u2028b\u2029c\x85d\ve\ff\x1cg\x1dh\x1ei", "\n\n".join("abcdefghi")),
        ("a\x1fb\x07\u0301\u2800c\x9f\0", "a b  c  "),
        ("שלום \u200fשלום \u06dd\u3000\u0301", "שלום שלום \u06dd\u3000"),
    ],
)
def test_plain_paragraphs(text, plain):
    assert plain_paragraph(text) == plain
