import unicodedata

import pytest

from minibert.text.language_scripts import LANGUAGE_SCRIPTS, script, script_fraction

# Of the scripts of the languages, in Unicode's names of their letters.
_NAMES = {
    **{name: name for names in LANGUAGE_SCRIPTS.values() for name in names},
    "HAN": "CJK",
}


def test_languages_of_multilingual_bert():
    # Chinese counts twice there.
    assert len(LANGUAGE_SCRIPTS) == 103
    assert {"zh", "sr", "pnb", "azb", "mn", "th", "war", "vo"} <= LANGUAGE_SCRIPTS.keys()
    assert LANGUAGE_SCRIPTS["ja"] == {"HAN", "HIRAGANA", "KATAKANA"}
    assert LANGUAGE_SCRIPTS["sr"] == {"CYRILLIC", "LATIN"}


@pytest.mark.parametrize(
    ("text", "language", "fraction"),
    [
        ("Das ist gut, 3 €.", "de", 1),
        ("Это ok", "ru", 3 / 5),
        ("Это ok", "sr", 1),
        ("Это ok", "en", 2 / 5),
        ("日本語のテスト・ー々。ok", "ja", 9 / 11),
        ("日本語のテスト", "zh", 3 / 7),
        ("한국어 漢字 ok", "ko", 5 / 7),
        ("ｆｕｌｌ ﾊﾝｶｸ", "en", 4 / 8),
        # The vowel signs of Indic scripts are marks, no letters.
        ("हिन्दी a", "hi", 3 / 4),
        ("Oʻzbekcha", "uz", 1),
        ("ქართული", "ka", 1),
        ("1234 … 😀 ½", "ru", 1),
        ("", "ru", 1),
        ("Это ok", "tlh", 1),
    ],
)
def test_fraction(text, language, fraction):
    assert script_fraction(text, language) == pytest.approx(fraction)


def test_every_letter_of_the_plane_is_of_the_script_in_its_name():
    counts = dict.fromkeys(_NAMES, 0)
    for point in range(0x10000):
        character = chr(point)
        name = unicodedata.name(character, "")
        found = script(character)
        assert (found != "") <= character.isalpha()
        for expected, word in _NAMES.items():
            if character.isalpha() and f" {word} LETTER " in f" {name} ":
                assert found in (expected, ""), name
            if found == expected:
                counts[expected] += 1
        if found == "" and character.isalpha():
            assert name.startswith(("MODIFIER LETTER ", "SUPERSCRIPT ", "MICRO SIGN")), name
    assert counts["HAN"] > 27_000
    assert counts["HANGUL"] > 11_172
    assert counts["LATIN"] > 1_100
    assert min(counts.values()) >= 30


def test_scripts_are_those_of_unicode():
    regex = pytest.importorskip(
        "regex", reason="the package regex, which knows scripts, is missing"
    )
    # Letters that several scripts share, which Unicode gives to none; and old numerals.
    shared = "\u0374\u0640\u3006\u303b\u30fc\uff70\uff9e\uff9f"
    letters = "".join(c for c in map(chr, range(0x10000)) if script(c))
    for name in _NAMES:
        of_unicode = set(regex.findall(rf"\p{{Script={name.title()}}}", letters))
        of_name = {c for c in letters if script(c) == name}
        assert (of_name ^ of_unicode) <= set(shared), name
