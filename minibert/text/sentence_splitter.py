"""Cuts paragraphs of any language into sentences, by rules.

A terminator ends a sentence if what follows can begin one and the word before it is no
abbreviation, initial or ordinal. Closing quotes and brackets and footnote marks behind it belong to
its sentence. Nothing is cut inside brackets and short quotations. Thai and Lao, which have no
terminator, are cut at spaces.
"""

import re
from collections import defaultdict

from minibert.text.abbreviations import abbreviations
from minibert.text.characters import INVISIBLE
from minibert.text.sentence_ends import SentenceEnds, has_missing_space, is_ideographic
from minibert.text.space_sentences import SPACE_LANGUAGES, split_at_spaces

# Need white space behind them and something that begins a sentence.
_WEAK = ".!?…‥‽⁇⁈⁉‼"
# End a sentence wherever they are: of East Asia, Indic scripts, Arabic, Armenian, Ethiopic,
# Burmese, Khmer, Tibetan, Mongolian, Syriac, N'Ko, Ol Chiki, Meetei, Canadian syllabics.
_STRONG = "。｡！？．।॥؟۔։።፧፨။។៕།༎᠃᠉܀܁܂߹᱾᱿꯫᙮"
_OF_LANGUAGE = {
    "el": (";\u037e", ""),
    "hy": (":", ""),
    "hyw": (":", ""),
    **dict.fromkeys(("hi", "mr", "ne", "new", "bn", "bpy", "as", "or", "pa", "sa"), ("|", "")),
}
# Ethiopic separates words by one, and by two ends a sentence where it has not its full stop.
_TWO_WORD_SEPARATORS = "፡፡"
# In Armenian a period is a pause inside a sentence.
_NO_PERIOD = frozenset({"hy", "hyw"})

_BRACKETS = {"(": ")", "[": "]", "{": "}", "（": "）", "［": "］", "【": "】", "〔": "〕"}
_CORNERS = {"「": "」", "『": "』", "《": "》", "〈": "〉"}
_OPENERS = {**_BRACKETS, **_CORNERS}
_CLOSERS = {closing: opening for opening, closing in _OPENERS.items()}
# Which of these opens and which closes differs by language.
_QUOTES = {**dict.fromkeys('"“”„‟＂', '"'), **dict.fromkeys("«»", "«")}
_OPENING_QUOTES = "“„‟«"
# Within so many characters a bracket or quote must be closed, or it is taken for unclosed.
_BRACKET_CHARACTERS = 200
_QUOTE_CHARACTERS = 60
# Of white space before a bracket with which a sentence begins.
_LEAD_CHARACTERS = 8
_CLOSING = f"[{re.escape('’›' + ''.join((*_CLOSERS, *_QUOTES)))}'{INVISIBLE}]"
_FOOTNOTES = r"(?:\[\w{1,4}\]|[⁰¹²³⁴-⁹])"
_EAST_ASIAN_MARKS = "「」『』《》〈〉（）【】〔〕“”"
_PARTICLES = "とってのをがはにでもへやなか"


class SentenceSplitter:
    """Cuts paragraphs of one language into sentences; a function of the paragraph alone."""

    def __init__(self, language: str):
        """Makes a splitter.

        Args:
          language: its Wikipedia code. An unknown one has the rules that all languages share.
        """
        weak, strong = _OF_LANGUAGE.get(language, ("", ""))
        self._strong = frozenset(_STRONG + strong)
        self._ends = SentenceEnds(language)
        self._at_spaces = language in SPACE_LANGUAGES
        self._words = abbreviations(language).starters
        stops = re.escape(_WEAK + _STRONG + weak + strong)
        if language in _NO_PERIOD:
            stops = stops.replace(re.escape("."), "")
        marks = re.escape("".join((*_OPENERS, *_CLOSERS, *_QUOTES)))
        self._event = re.compile(
            rf"(?P<stop>(?:[{stops}]|{_TWO_WORD_SEPARATORS})+)(?P<closing>(?:{_CLOSING}|{_FOOTNOTES})*"
            r"(?:[ \u00a0\u202f](?:[»”)\]]|\[\d{1,3}\])(?![^\s.,;:]))*)"
            rf"|[{marks}]"
        )

    def split(self, paragraph: str) -> list[str]:
        """The sentences of a paragraph, without white space around them; none is empty.

        Joined, they have all its characters but white space. A line end counts as a space.
        Takes time in proportion to its length.
        """
        starts = _Sentences(self._event, self._strong, self._ends).starts(paragraph)
        ends = [*starts[1:], len(paragraph)]
        pieces = [paragraph[i:j].strip() for i, j in zip(starts, ends, strict=True)]
        if self._at_spaces:
            pieces = [
                sentence for piece in pieces for sentence in split_at_spaces(piece, self._words)
            ]
        return [piece for piece in pieces if piece]


def _is_east_asian(character: str) -> bool:
    return is_ideographic(character) or (character != "" and character in _EAST_ASIAN_MARKS)


class _Sentences:
    """Finds where the sentences of one paragraph begin."""

    def __init__(self, event: re.Pattern[str], strong: frozenset[str], ends: SentenceEnds):
        self._event = event
        self._strong = strong
        self._ends = ends
        self._starts = [0]
        # The quotes before this place are done.
        self._done = 0
        # Where brackets and quotes are open, by kind.
        self._open: dict[str, list[int]] = defaultdict(list)

    def starts(self, text: str) -> list[int]:
        for match in self._event.finditer(text):
            if match.lastgroup is None:
                self._mark(text, match.start())
            else:
                self._stop(text, match)
        return self._starts

    def _stop(self, text: str, match: re.Match[str]) -> None:
        """Begins a sentence behind a terminator, if it ends one."""
        opened = len(text)
        for position in range(*match.span("closing")):
            if text[position] in _CLOSERS:
                opened = self._close(_CLOSERS[text[position]], position)
            elif text[position] in _QUOTES:
                self._close(_QUOTES[text[position]], position)
        start, end = match.end("stop"), match.end()
        if end == len(text):
            return
        if text[end : end + 3].strip() == '"' == text[end + 1 : end + 2] and self._open['"']:
            # The quote of text whose marks are words of their own.
            self._close('"', end + 1)
            self._done = end = end + 2
        sentence = self._starts[-1]
        if text[start - 1] in self._strong or match["stop"].endswith(_TWO_WORD_SEPARATORS):
            ends = self._strong_ends(text, match, opened)
        else:
            ends = self._weak_ends(text, match, end)
        # A bracket that stands inside a sentence does not end it.
        if ends and text[opened : opened + 1] in _BRACKETS:
            ends = opened - sentence <= _LEAD_CHARACTERS and not text[sentence:opened].strip()
        if ends:
            self._starts.append(end)

    def _strong_ends(self, text: str, match: re.Match[str], opened: int) -> bool:
        following = text[match.end() : match.end() + 1]
        if text[opened : opened + 1] in _CORNERS and following and following in _PARTICLES:
            return False
        before = text[match.start() - 1 : match.start()]
        if following.isdecimal() and before.isdecimal():
            return False
        return following not in "、，,;；:：）)" if following else True

    def _weak_ends(self, text: str, match: re.Match[str], end: int) -> bool:
        stop = match["stop"]
        following = text[end : end + 1]
        if following and not following.isspace():
            # East Asian text with the full stop of another script, or a space that is missing.
            before = text[match.start() - 1 : match.start()]
            if _is_east_asian(before):
                return _is_east_asian(following) or following.isalnum()
            if not has_missing_space(text, match.start(), end):
                return False
        elif not self._ends.begins(text, end):
            return False
        if stop != ".":
            return True
        return self._ends.period_ends(text, self._starts[-1], match.start(), end)

    def _mark(self, text: str, position: int) -> None:
        """Opens or closes what a bracket or quote does."""
        mark = text[position]
        if position < self._done:
            return
        if mark in _OPENERS:
            self._open[mark].append(position)
        elif mark in _CLOSERS:
            self._close(_CLOSERS[mark], position)
        else:
            kind = _QUOTES[mark]
            is_opening = self._is_opening(text, position, kind)
            if is_opening:
                self._open[kind].append(position)
            elif is_opening is not None:
                self._close(kind, position)

    def _is_opening(self, text: str, position: int, kind: str) -> bool | None:
        """Whether a quote opens; None if it is no quote but a sign inside a word."""
        before, after = text[position - 1 : position], text[position + 1 : position + 2]
        free_before = not before or before.isspace() or before in "([{-–—/=„“«"
        free_after = not after or after.isspace() or after in ")]}.,;:!?-–—/"
        if free_before != free_after:
            return free_before
        if text[position] in _OPENING_QUOTES:
            return True
        if kind == '"' and text[position] == '"':
            if not free_before and before.isalpha() and after.isalpha():
                return None
            opened = self._open[kind]
            return not opened or position - opened[-1] > _QUOTE_CHARACTERS
        return False

    def _close(self, kind: str, position: int) -> int:
        """Closes the last of a kind, and joins what was cut inside it.

        Returns:
          Where it was opened; the position itself if it was not, or too far back.
        """
        opened = self._open[kind]
        if not opened:
            return position
        start = opened.pop()
        limit = _QUOTE_CHARACTERS if kind in _QUOTES else _BRACKET_CHARACTERS
        if position - start > limit:
            opened.clear()
            return position
        while self._starts[-1] > start:
            self._starts.pop()
        return start
