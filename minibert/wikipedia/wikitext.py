"""Turns the markup of MediaWiki into paragraphs of running text."""

import re
from collections.abc import Iterator

from minibert.packages import import_package
from minibert.wikipedia.wikitext_blocks import Namespaces, remove_blocks
from minibert.wikipedia.wikitext_inline import ParserGaveUpError, inline_text, without_quotes

# To be raised with every change by which articles give other sentences: what other rules have made
# does not go together.
RULES = 2
MAX_CHARACTERS = 2**23
# Brackets and entities of a page, of which the parser takes 5 to 20 microseconds each. A page of
# the 2 MiB that MediaWiki allows has no more if it is a list of links.
_MAX_MARKS = 300_000
_BREAKING_TAGS = "blockquote|center|dd|div|dl|dt|h[1-6]|hr|li|ol|p|poem|ul"
_SPACING_TAGS = "br|td|th|tr|caption"
# Those that are opaque stand here for what of them is not closed, or not opened.
_INLINE_TAGS = (
    "abbr|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|gallery|i|includeonly|ins|kbd|mark|math"
    "|noinclude|nowiki|onlyinclude|pre|q|rb|ref|references|rp|rt|rtc|ruby|s|samp|section|small"
    "|source|span|strike|strong|sub|sup|syntaxhighlight|table|tbody|time|tt|u|var|wbr"
)
_TAG = re.compile(
    rf"</?(?:((?ai:{_BREAKING_TAGS}))|((?ai:{_SPACING_TAGS}))|(?ai:{_INLINE_TAGS}))(?=[\s/>])[^<>]*>"
)
# `__NOTOC__` in the language of any wiki; `__init__` is none.
_MAGIC_WORD = re.compile(r"__[^\W\d_]\w{1,40}?__")
_VARIANTS = re.compile(r"-\{([^{}]*)\}-")
_HEADING = re.compile(r"(={1,6})(.+?)\1")
_LIST_MARKERS = re.compile(r"[*#:;][*#:;\s]*")
_RULE = re.compile(r"-{4,}")
# Of tables that are not closed, and of templates.
_CELLS = re.compile(r"\{\||\||!.*(?:!!|\||=)")
# Categories, whatever they are called: a header need not have the names of its wiki's language.
_PREFIXED_LINKS = re.compile(r"(?:\[\[[^\[\]{}|:]{1,40}:(?! )[^\[\]]*\]\]\s*)+")
_BROKEN_BLOCK = re.compile(r"\{\{|\}\}|\{\||\|\}")
_MARKUP = re.compile(r"[\[&]")
_RESIDUE = re.compile(
    r"\[\[|\]\]|\{\{|\}\}|\{\||\|\}|<ref|<!--|-->|thumb(?:nail)?\s*\|", re.IGNORECASE
)
# What XML may not have, surrogates, which no encoding has, and hyphens that are not shown.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\xad\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# What a template leaves behind that stood in brackets or before a comma.
_EMPTY_BRACKETS = re.compile(r" ?(?:\([ ,;:]*\)|（[ ，；：、]*）|\[ *\])")
_LEADING_SEPARATOR = re.compile(r"(?<=[(（])[ ,;:，；：、]+")
_BEGIN = re.compile(r"[,;:،，] *|[.)] ")
_SPACE_BEFORE = re.compile(r" (?=[,.)](?: |$))")
_LETTER = re.compile(r"[^\W\d_]")


class WikitextError(Exception):
    """A page that cannot be cleaned in bounded time; the message says why."""


def clean(wikitext: str, *, namespaces: Namespaces = (), headings: bool = False) -> list[str]:
    """Turns a page into paragraphs of text, each on one line.

    The text of links, bold and italic text, and list items stay; templates, tables, references,
    media, formulas, code, comments, categories, links to other languages and magic words go. A
    paragraph in which markup is left, as of a template that is not closed, is left out. The time is
    linear in the length of the page, or the page is refused. A line feed inside a paragraph is a
    space, as in a browser; what else `str.splitlines` takes for the end of a line is that of a
    paragraph.

    Args:
      wikitext: the page, at most 8 Mi characters.
      namespaces: names of the wiki's namespaces by number, as in `Site`. The English ones of files
        and categories are known.
      headings: whether headings are paragraphs, or left out.

    Raises:
      WikitextError: the page is too long, would take too much time, or the parser gives up.
      InputError: mwparserfromhell is not installed.
    """
    if len(wikitext) > MAX_CHARACTERS:
        raise WikitextError(f"over {MAX_CHARACTERS >> 20} Mi characters")
    parser = import_package("mwparserfromhell", needed_for="cleaning wikitext")
    # For the parser a NUL is the end.
    text = remove_blocks(wikitext.replace("\0", ""), namespaces)
    text = _MAGIC_WORD.sub(_without_magic_word, _TAG.sub(_instead_of_tag, text))
    if "-{" in text:
        text = _VARIANTS.sub(_first_variant, text)
    paragraphs: list[str] = []
    marks = 0
    for paragraph in _paragraphs(text, headings=headings):
        if _BROKEN_BLOCK.search(paragraph):
            continue
        if _MARKUP.search(paragraph):
            marks += sum(paragraph.count(mark) for mark in "[]&<")
            if marks > _MAX_MARKS:
                raise WikitextError(f"over {_MAX_MARKS} brackets and entities")
            try:
                paragraph = inline_text(parser, paragraph)
            except ParserGaveUpError as error:
                raise WikitextError(f"the parser gives up: {error}") from error
        lines = list(map(_tidied, paragraph.splitlines()))
        if not any(map(_RESIDUE.search, lines)):
            paragraphs += filter(_LETTER.search, lines)
    return paragraphs


def _instead_of_tag(tag: re.Match[str]) -> str:
    return "\n\n" if tag[1] else " " if tag[2] else ""


def _without_magic_word(word: re.Match[str]) -> str:
    return word[0] if word[0] != word[0].upper() else ""


def _first_variant(variants: re.Match[str]) -> str:
    """The text of `-{zh-hans:…; zh-hant:…}-`: the first, or none of a rule for other places."""
    flags, _, rest = variants[1].rpartition("|")
    if set(flags.upper()) & set("HTRN-"):
        return ""
    first = rest.split(";")[0]
    return first.partition(":")[2].strip() if ":" in first else first


def _paragraphs(text: str, *, headings: bool) -> Iterator[str]:
    """Yields the paragraphs of a page; an item of a list and a line of its own are one each."""
    lines: list[str] = []
    for raw_line in (*text.split("\n"), ""):
        line = raw_line.strip()
        if "''" in line:
            line = without_quotes(line)
        heading = _HEADING.fullmatch(line) if line.startswith("=") else None
        marker = _LIST_MARKERS.match(line)
        is_alone = bool(marker or heading or raw_line.startswith(" "))
        is_gap = not line or bool(
            _CELLS.match(line) or _RULE.match(line) or _PREFIXED_LINKS.fullmatch(line)
        )
        if lines and (is_gap or is_alone):
            yield " ".join(lines)
            lines = []
        if heading:
            if headings:
                yield heading[2]
        elif is_alone:
            yield line[marker.end() :] if marker else line
        elif not is_gap:
            lines.append(line)


def _tidied(text: str) -> str:
    text = _CONTROLS.sub("", " ".join(text.split()))
    if "(" in text or "（" in text or "[" in text:
        text = _LEADING_SEPARATOR.sub("", _EMPTY_BRACKETS.sub("", text))
    text = _SPACE_BEFORE.sub("", text).strip()
    return text[begin.end() :] if (begin := _BEGIN.match(text)) else text
