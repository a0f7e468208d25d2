"""What a word of raw text is, by script and punctuation: regular expressions, in the syntax of RE2.

For scripts that put spaces between words. A punctuation mark is a word. Of Chinese every character
is one, of Japanese every run of one kana; Thai, Lao and Khmer are not cut at all between spaces.
"""

from minibert.text.characters import BLANK, INVISIBLE

# No word begins with one of these. Marks and invisible characters, such as the joiners of Persian
# and Indic words, are in a word that they follow.
_MARK = rf"\p{{M}}{INVISIBLE}"
_UNSEEN = rf"\p{{Z}}\p{{Cc}}{BLANK}{_MARK}"
_MARKS = rf"[{_MARK}]*"
# The sound marks of halfwidth kana and the signs of long vowels are of no script.
_KATAKANA = r"\p{Katakana}\x{30FC}\x{FF70}\x{FF9E}\x{FF9F}"
# Letters are all but white space, punctuation, symbols and the scripts that are cut otherwise; a
# mark may be of one of these, too.
_NO_LETTER = rf"\p{{Z}}\p{{P}}\p{{S}}\p{{Cc}}\p{{Han}}\p{{Hiragana}}{_KATAKANA}"
_LETTERS = rf"[^{_NO_LETTER}{_UNSEEN}](?:[^{_NO_LETTER}]|[{_MARK}])*"
_DIGITS = rf"(?:\p{{Nd}}{_MARKS})+"
# A punctuation mark or symbol with what is on it, an accent, a style or a colour of skin, and the
# symbols joined to it.
_SYMBOL = (
    r"[\p{P}\p{S}]"
    rf"(?:\x{{200D}}[\p{{P}}\p{{S}}]|[{_MARK}\x{{1F3FB}}-\x{{1F3FF}}])*"
)
# What French, Catalan and Italian write with an apostrophe before the next word, which is a word of
# its own: l'homme, qu'il, dell'arte. Elsewhere an apostrophe inside a word is a part of it.
_ELIDED = (
    "[cdjlmnstv]|qu|jusqu|lorsqu|puisqu|quoiqu|un|anch|quell|quest|tutt|bell|sant|dov|com|"
    "(?:d|n|s|c|da|de|ne|su|co|a)?(?:ll|gl)|al|del"
)
_WORD = "|".join(
    [
        # 3.14 and 12:30.
        rf"{_DIGITS}(?:[.,:]{_MARKS}{_DIGITS})+",
        rf"(?i:{_ELIDED})['’]{_MARKS}",
        rf"{_LETTERS}(?:['’]{_MARKS}{_LETTERS})*",
        rf"\p{{Han}}{_MARKS}",
        rf"(?:\p{{Hiragana}}{_MARKS})+",
        rf"(?:[{_KATAKANA}]{_MARKS})+",
        rf"\.{{2,}}{_MARKS}",
        # Flags.
        rf"[\x{{1F1E6}}-\x{{1F1FF}}]{{2}}{_MARKS}",
        _SYMBOL,
    ]
)
# What lies between words comes first: what is in the scripts and symbols above may be unseen, too.
PIECE = rf"[{_UNSEEN}]+|{_WORD}"
IS_WORD = rf"[^{_UNSEEN}](?s:.*)"
