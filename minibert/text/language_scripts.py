"""The writing systems of the languages of multilingual BERT, and how much of a text is in them."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

# The 104 of BERT-Base, Multilingual Cased, by Wikipedia code; Chinese counts twice there, for its
# simplified and its traditional characters.
_LATIN = (
    "af an ast az bar br bs ca ceb cs cy da de en es et eu fi fr fy ga gl hr ht hu id io is it jv "
    "la lb lmo lt lv mg min ms nds nl nn no oc pl pms pt ro scn sco sk sl sq su sv sw tl tr vi vo "
    "war yo"
)
_CYRILLIC = "ba be bg ce cv kk ky mk ru tg uk"
_ARABIC = "ar azb fa pnb ur"
_DEVANAGARI = "hi mr ne new"
_OTHERS = {
    "bn": "BENGALI",
    "bpy": "BENGALI",
    "el": "GREEK",
    "gu": "GUJARATI",
    "he": "HEBREW",
    "hy": "ARMENIAN",
    "ja": "HAN HIRAGANA KATAKANA",
    "ka": "GEORGIAN",
    "kn": "KANNADA",
    "ko": "HANGUL HAN",
    "ml": "MALAYALAM",
    "mn": "CYRILLIC MONGOLIAN",
    "my": "MYANMAR",
    "pa": "GURMUKHI",
    "sh": "LATIN CYRILLIC",
    "sr": "CYRILLIC LATIN",
    "ta": "TAMIL",
    "te": "TELUGU",
    "th": "THAI",
    "tt": "CYRILLIC LATIN",
    "uz": "LATIN CYRILLIC",
    "zh": "HAN",
}

# Wikipedia code to the scripts of the language, as `script` names them.
LANGUAGE_SCRIPTS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_LATIN.split(), frozenset({"LATIN"})),
    **dict.fromkeys(_CYRILLIC.split(), frozenset({"CYRILLIC"})),
    **dict.fromkeys(_ARABIC.split(), frozenset({"ARABIC"})),
    **dict.fromkeys(_DEVANAGARI.split(), frozenset({"DEVANAGARI"})),
    **{language: frozenset(scripts.split()) for language, scripts in _OTHERS.items()},
}

# Names of letters do not all begin with that of the script.
_PREFIXES = ("FULLWIDTH ", "HALFWIDTH ")
_BY_FIRST_WORD = {
    "CJK": "HAN",
    "IDEOGRAPHIC": "HAN",
    "KATAKANA-HIRAGANA": "KATAKANA",
    "HENTAIGANA": "HIRAGANA",
    "OHM": "GREEK",
    **dict.fromkeys(("FEMININE", "MASCULINE", "KELVIN", "ANGSTROM", "TURNED", "ROMAN"), "LATIN"),
}
_COMMON = ("MODIFIER ", "SUPERSCRIPT ", "MICRO ")
# More than are in use at a time; there are 140,000 letters.
_CACHED_CHARACTERS = 2**15


def script_fraction(text: str, language: str) -> float:
    """The part of the letters of a text that are of the scripts of a language, from 0 to 1.

    Marks, digits, punctuation and letters of all scripts, such as the modifier letters, do not
    count. Takes time in proportion to the length of the text.

    Args:
      text: the text.
      language: a Wikipedia code. Of one that is not in `LANGUAGE_SCRIPTS` every script may be.

    Returns:
      The part; 1 for a text without letters, as nothing in it is of another script.
    """
    scripts = LANGUAGE_SCRIPTS.get(language)
    if scripts is None:
        return 1.0
    found = list(map(script, text))
    letters = len(found) - found.count("")
    return sum(map(found.count, scripts)) / letters if letters else 1.0


@lru_cache(_CACHED_CHARACTERS)
def script(character: str) -> str:
    """The script of a letter, the first word of its name in Unicode: `LATIN`, `HAN`, `OLD`.

    Returns:
      The script; `""` of what is no letter, or one of all scripts.
    """
    if not character.isalpha():
        return ""
    name = unicodedata.name(character, "")
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    if name.startswith(_COMMON):
        return ""
    first = name.partition(" ")[0]
    return _BY_FIRST_WORD.get(first, first)
