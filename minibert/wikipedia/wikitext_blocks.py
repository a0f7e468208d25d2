"""Takes what is not running text out of wikitext, in one pass from left to right.

Templates, tables, comments, references and links to files and categories span lines and nest. A
parser that goes back when one of them is not closed needs quadratic time; this one never goes back.
"""

import re
from functools import lru_cache

# What stands between these tags is not text, or not text of the article.
_OPAQUE_TAGS = (
    *("categorytree", "ce", "chem", "code", "gallery", "graph", "hiero", "imagemap"),
    *("includeonly", "indicator", "inputbox", "maplink", "mapframe", "math", "nowiki", "pre"),
    *("ref", "references", "score", "section", "source", "syntaxhighlight", "templatedata"),
    *("templatestyles", "timeline"),
)
_TOKEN = re.compile(
    r"<!--"
    rf"|<(?P<tag>(?ai:{'|'.join(_OPAQUE_TAGS)}))(?=[\s/>])[^<>]*>"
    r"|<(?ai:table)(?=[\s/>])|</(?ai:table)\s*>"
    r"|\{\{+|\}\}+|\{\||\|\}(?!\})|\[\[|\]\]+"
)
_CLOSING = {tag: re.compile(rf"</{tag}\s*>", re.IGNORECASE) for tag in _OPAQUE_TAGS}
_APOSTROPHES = re.compile(r"'+")
# Longer than any indent.
_INDENT_CHARACTERS = 40

Namespaces = tuple[tuple[int, str], ...]
_MEDIA, _FILE, _CATEGORY = -2, 6, 14
# These names are known to every wiki, beside those in its language.
_CANONICAL = ("Media", "File", "Image", "Category")
# Old names of the file namespace are not in dumps; the target's ending tells as well.
_FILE_ENDINGS = "jpe?g|png|gif|svg|tiff?|webp|xcf|ogg|oga|ogv|opus|webm|mp3|wav|flac|midi?|pdf|djvu"
# Prefixes as short as those of languages that lead to no Wikipedia.
_NO_LANGUAGES = "bcp|doi|mw|rev|rfc|voy|wmf"


def remove_blocks(wikitext: str, namespaces: Namespaces) -> str:
    """Takes templates, tables, comments, references, media, and links that are no text away.

    What is not closed stays, but for a comment, which goes to the end. Links to files, to
    categories and to the same page in other languages are no text; those that begin with a colon
    are.

    Args:
      wikitext: a page.
      namespaces: names of the wiki's namespaces by number, as in `Site`.
    """
    blocks = _Blocks(wikitext, _removed_link(namespaces)).find()
    parts: list[str] = []
    end = 0
    for start, stop, replacement in blocks:
        parts += (wikitext[end:start], replacement)
        end = stop
    parts.append(wikitext[end:])
    return "".join(parts)


class _Blocks:
    """The outermost blocks of a page: where they start and end, and what stands for them."""

    def __init__(self, text: str, removed_link: re.Pattern[str]):
        self._text = text
        self._removed_link = removed_link
        self._found: list[tuple[int, int, str]] = []
        self._open: list[tuple[str, int]] = []
        # `[` is a link that stays, inside of one that goes.
        self._counts = dict.fromkeys(("{{", "{|", "[[", "[", "<table"), 0)
        self._never_closed: set[str] = set()

    def find(self) -> list[tuple[int, int, str]]:
        position = 0
        while match := _TOKEN.search(self._text, position):
            position = match.end()
            if match["tag"] or match[0] == "<!--":
                position, replacement = self._end_of_opaque(match)
                self._found.append((match.start(), position, replacement))
            else:
                self._take_token(match[0], match.start(), position)
        return self._found

    def _take_token(self, token: str, start: int, end: int) -> None:
        if token == "[[":
            if self._removed_link.match(self._text, end):
                self._begin("[[", start)
            elif self._counts["[["]:
                self._begin("[", start)
        elif token[0] == "]":
            # The first of an odd number closes a link to a page of the web.
            for position in range(start + 2 + len(token) % 2, end + 1, 2):
                if self._open and self._open[-1][0] == "[[":
                    self._end("[[", position)
                elif self._open and self._open[-1][0] == "[":
                    # It goes with the link that it is in, if that is closed at all.
                    self._open.pop()
                    self._counts["["] -= 1
        elif token == "{|":
            if self._begins_line(start):
                self._begin("{|", start)
        elif token == "|}":
            if self._begins_line(start):
                self._end("{|", end)
        elif token[0] == "{":
            # Three are a parameter; a run of more is of templates, one in the other.
            for index in range(len(token) // 2):
                self._begin("{{", start + 2 * index)
        elif token[0] == "}":
            for _ in range(min(len(token) // 2, self._counts["{{"])):
                self._end("{{", end)
        elif token[1] == "/":
            self._end("<table", end)
        else:
            self._begin("<table", start)

    def _begin(self, kind: str, start: int) -> None:
        self._open.append((kind, start))
        self._counts[kind] += 1

    def _end(self, kind: str, end: int) -> None:
        """Closes the innermost open block of a kind; those in it that are not closed are in it."""
        if not self._counts[kind]:
            return
        found = ""
        while found != kind:
            found, start = self._open.pop()
            self._counts[found] -= 1
        while self._found and self._found[-1][0] >= start:
            self._found.pop()
        self._found.append((start, end, ""))

    def _end_of_opaque(self, opening: re.Match[str]) -> tuple[int, str]:
        """Where a comment or an element ends that has no markup in it, and what stands for it."""
        if not opening["tag"]:
            end = self._text.find("-->", opening.end())
            return (len(self._text) if end < 0 else end + 3), ""
        tag = opening["tag"].lower()
        if self._text[opening.end() - 2] == "/" or tag in self._never_closed:
            return opening.end(), ""
        closing = _CLOSING[tag].search(self._text, opening.end())
        if not closing:
            # Nor is any that follows; without this each would look through all of the page.
            self._never_closed.add(tag)
            return opening.end(), ""
        content = self._text[opening.end() : closing.start()]
        if tag == "nowiki" and _APOSTROPHES.fullmatch(content):
            # `l<nowiki>'</nowiki>''Opéra''`: one of the word, which must not join the italics.
            return closing.end(), "&#39;" * len(content)
        return closing.end(), ""

    def _begins_line(self, position: int) -> bool:
        before = self._text[max(0, position - _INDENT_CHARACTERS) : position]
        indent = before[before.rfind("\n") + 1 :]
        return len(indent) < _INDENT_CHARACTERS and not indent.strip(" \t:;*#")


@lru_cache(maxsize=512)
def _removed_link(namespaces: Namespaces) -> re.Pattern[str]:
    """A pattern of what is behind the `[[` of a link that is no text."""
    names = {*_CANONICAL}
    names.update(name for number, name in namespaces if number in (_MEDIA, _FILE, _CATEGORY))
    alternatives = "|".join(
        re.escape(name).replace("\\ ", "[ _]") for name in sorted(names) if name
    )
    return re.compile(
        rf"\s*(?:(?i:{alternatives})\s*:"
        rf"|(?!(?:{_NO_LANGUAGES}):)(?:[a-z]{{2,3}}(?:-[a-z]{{2,10}}){{0,2}}|be-x-old|simple):"
        rf"|[^\[\]{{}}|<>\n:]{{1,40}}:[^\[\]{{}}|<>\n]{{1,250}}\.(?i:{_FILE_ENDINGS})\s*[|\]])"
    )
