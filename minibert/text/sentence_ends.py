"""Whether a terminator ends a sentence, by the word before it and what follows."""

import re

from minibert.text.abbreviations import abbreviations
from minibert.text.characters import INVISIBLE, seen

# Languages that write an ordinal as a number with a period: am 3. Oktober.
_ORDINAL_LANGUAGES = frozenset(
    [
        *("als", "bar", "de", "fy", "lb", "nds"),
        *("da", "fo", "is", "nn", "no"),
        *("bs", "cs", "dsb", "hr", "hsb", "sh", "sk", "sl", "sr"),
        *("az", "crh", "et", "eu", "fi", "hu", "lv", "sq", "tk", "tr"),
    ]
)
_ORDINAL_DIGITS = 2
# How much of the text before a terminator is looked at; a longer word is no abbreviation.
_WORD_CHARACTERS = 32
_ABBREVIATION_CHARACTERS = 4
_LIST_MARK_CHARACTERS = 12
_LIST_MARK = re.compile(r"\W*(?:\d+(?:\.\d+)*|[^\W\d]|[IVXLCDM]+|[ivx]+)")
# The article before an abbreviation: dell'art. 5.
_ELIDED = re.compile(r"^\w+['’]")
_DASHES = "-‐‑–—"
_MIN_GLUED = 3
_CAPITALIZED = re.compile(r"[^\W\d_]{1,32}(?=[\s,])")
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d|[IVXLCDM]+\b")
_ROMAN = re.compile(r"[IVXLCDMІХ]+")
_OPENING = "([{<«»„“”‟\"'‘’‚‹›¿¡‐‑–—-/*_~`´・…"
_STARTER = re.compile(r"[\W_]{0,4}([^\W_]+['’]?)(?!\.)")
_STARTER_CHARACTERS = 24
# What may stand before the first letter of a sentence.
_BEGIN = re.compile(
    rf"[\s{INVISIBLE}]*"
    r"(?:(?:[\"'“”„‟‘’‚«»‹›`´¿¡(\[{<*#_~•·–—―\-「『《〈【（〔]+|,,)\s?){0,3}"
)
# What goes on with a sentence; other symbols begin one.
_GOING_ON = frozenset(".,;:!?%)]}>/\\|&+=~^_…·’'\"”»›、，；：）】」』》〉〕။،؛؟۔।॥")
_CASELESS_LOWER = re.compile("[\u10d0-\u10ff]")
# 't Hart, 's Avonds.
_CLITIC = re.compile(r"['’‘][nst]\s+\w")
# Before a unit, which may end a sentence: 5 m, XX в.
_NUMBER_END = re.compile(r"[\dIVXІХ]\s*$")
# Letters of one of these are a word.
_IDEOGRAPHIC = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def _has_inner_capital(text: str, start: int) -> bool:
    """Whether a word has its capital behind a prefix: tSeapáin, bhFuil, n-Éireannach, iPhone."""
    first, second = text[start + 1 : start + 2], text[start + 2 : start + 3]
    return first.isupper() or (second.isupper() and (first.islower() or first in "-‐‑"))


def has_missing_space(text: str, stop: int, end: int) -> bool:
    """Whether a terminator stands between a word in lower case and a capitalized one: end.Next.

    Names of files, hosts and programs are not so: setup.py, Yandex.Market, System.out.
    """
    left = text[max(0, stop - _WORD_CHARACTERS) : stop]
    word = left.split()[-1] if left and not left[-1].isspace() else ""
    if not (_MIN_GLUED <= len(word) < _WORD_CHARACTERS and word.isalpha() and word.islower()):
        return False
    return bool(_CAPITALIZED.match(text, end)) and text[end].isupper()


def is_ideographic(character: str) -> bool:
    """Whether a character is of a script that puts no spaces between words, or is Hangul."""
    return bool(_IDEOGRAPHIC.match(character))


class SentenceEnds:
    """Tells which periods of a language end a sentence."""

    def __init__(self, language: str):
        self._words = abbreviations(language)
        self._has_ordinals = language in _ORDINAL_LANGUAGES

    def begins(self, text: str, position: int) -> bool:
        """Whether a sentence may begin behind a position: with a capital, a digit or a symbol."""
        match = _BEGIN.match(text, position)
        assert match is not None
        start = match.end()
        character = text[start : start + 1]
        if not character:
            return True
        if character.islower() and not _CASELESS_LOWER.match(character):
            return _has_inner_capital(text, start) or bool(_CLITIC.match(text, start - 1))
        return character not in _GOING_ON

    def period_ends(self, text: str, sentence: int, period: int, after: int) -> bool:
        """Whether a single period ends a sentence, if one may begin behind it.

        Args:
          text: the paragraph.
          sentence: where the sentence begins that the period may end.
          period: where the period is.
          after: where the next sentence would begin, or white space before it.
        """
        words = self._words
        left = text[max(sentence, period - _WORD_CHARACTERS) : period]
        if not left or left[-1].isspace():
            return True
        word = left.split()[-1].lstrip(_OPENING)
        if not word or len(word) == _WORD_CHARACTERS:
            return True
        if period - sentence <= _LIST_MARK_CHARACTERS and _LIST_MARK.fullmatch(
            text, sentence, period
        ):
            return False
        space = _SPACE.match(text, after)
        start = after if space is None else space.end()
        follower = text[start : start + _STARTER_CHARACTERS]
        if word.isdecimal():
            return self._number_ends(word, follower)
        if _ELIDED.sub("", word).lower() in words.before_number and _NUMBER.match(follower):
            return False
        if word in words.final or (
            len(word) > 2 and word.isalpha() and word.lower() in words.final
        ):
            return not follower.startswith("(")
        before = left[: -len(word)]
        if word in words.never_final or word.lower() in words.never_final:
            return word.islower() and bool(_NUMBER_END.search(before))
        if _ROMAN.fullmatch(word):
            return (len(word) > 1 and not self._has_ordinals) or self._is_starter(follower)
        return self._word_ends(word, before, follower)

    def _word_ends(self, word: str, before: str, follower: str) -> bool:
        """Whether a word that is in no list ends a sentence."""
        parts = [part for part in re.split(r"[.\-‐‑]", word) if part]
        if not parts:
            return True
        letters = [len(seen(part)) for part in parts]
        if len(parts) > 1 and "." in word:
            if max(letters) <= _ABBREVIATION_CHARACTERS and not any(map(str.isdecimal, parts)):
                return self._is_starter(follower)
            return parts[-1] not in self._words.never_final
        if letters[-1] == 1:
            last = parts[-1][0]
            if len(parts) > 1 and last.islower():
                return True
            if not last.isalpha() or is_ideographic(last):
                return True
            if last.islower() and _NUMBER_END.search(before):
                return True
            return self._is_starter(follower)
        return not (len(parts) > 1 and parts[-1] in self._words.never_final)

    def _number_ends(self, number: str, follower: str) -> bool:
        if not self._has_ordinals or len(number) > _ORDINAL_DIGITS:
            return True
        if follower[:1] in _DASHES:
            return False
        return not follower[:1].isalnum() or self._is_starter(follower)

    def _is_starter(self, follower: str) -> bool:
        """Whether what follows begins with a word that begins sentences."""
        match = _STARTER.match(follower)
        return match is not None and match[1].lower() in self._words.starters
