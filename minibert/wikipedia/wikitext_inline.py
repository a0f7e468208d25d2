"""The text of what stands in a line of wikitext: links, bold and italics, entities."""

import html
import re
from typing import Any

# A link in the text of a link; more deeply nothing nests that is well-formed.
_MAX_DEPTH = 3
_BRACKETS = re.compile(r"(\[+|\]+)")
_URL = re.compile(r"//|[A-Za-z][A-Za-z0-9+.-]{1,12}:")
_QUOTES = re.compile(r"(''+)")


class ParserGaveUpError(Exception):
    """mwparserfromhell did not parse a paragraph."""


def without_quotes(line: str) -> str:
    """Takes the quotes of bold and italic text out of a line, and leaves its apostrophes.

    Two are italics, three bold, five both; what there is more are apostrophes. Where neither are
    in pairs, three are an apostrophe before italics, as in `l'''Opéra''`
    (https://www.mediawiki.org/wiki/Markup_spec).
    """
    parts = _QUOTES.split(line)
    runs = range(1, len(parts), 2)
    sizes = {index: min(len(parts[index]), 5) for index in runs}
    sizes = {index: 3 if size == 4 else size for index, size in sizes.items()}
    bold = sum(size in (3, 5) for size in sizes.values())
    italic = sum(size in (2, 5) for size in sizes.values())
    spare = {index: len(parts[index]) - size for index, size in sizes.items()}
    if bold % 2 and italic % 2:
        threes = [index for index in runs if sizes[index] == 3]
        # One behind a single letter, else behind a word, else any.
        threes.sort(key=lambda index: _order(parts[index - 1]))
        if threes:
            spare[threes[0]] += 1
    for index in runs:
        parts[index] = "'" * spare[index]
    return "".join(parts)


def _order(before: str) -> int:
    if before.endswith(" "):
        return 2
    return 0 if before[-2:-1] == " " else 1


def inline_text(parser: Any, paragraph: str) -> str:
    """The text of a paragraph that has links or entities.

    Args:
      parser: mwparserfromhell.
      paragraph: one without bold, italics, templates or tables; a tag in it is text.

    Raises:
      ParserGaveUpError: the parser does.
    """
    try:
        guarded = _with_closed_links(paragraph.replace("<", "&lt;"))
        if guarded.startswith("="):
            # No heading, or it would not be in a paragraph; the parser looks long for its end.
            guarded = f"&#61;{guarded[1:]}"
        code = parser.parse(guarded, skip_style_tags=True)
        parts: list[str] = []
        _add_text(code, parser.nodes, parts)
    except (parser.parser.ParserError, RecursionError, ValueError, OverflowError) as error:
        raise ParserGaveUpError(str(error)) from error
    return "".join(parts)


def _with_closed_links(paragraph: str) -> str:
    """Writes brackets that are not those of links as entities.

    The parser goes back from each link that is not closed, which takes quadratic time, and
    exponential time where they nest.
    """
    parts = _BRACKETS.split(paragraph)
    opened: list[tuple[int, int, int]] = []
    # The brackets of each run, as they are written in its place.
    written: dict[int, list[str]] = {}
    for index in range(1, len(parts), 2):
        left = len(parts[index])
        written[index] = []
        if parts[index][0] == "[":
            for width in (1,) * (left % 2) + (2,) * (left // 2):
                opened.append((index, len(written[index]), width))
                written[index].append("&#91;" * width)
            continue
        while opened and left >= opened[-1][2]:
            run, place, width = opened.pop()
            left -= width
            is_last_of_run = place == len(written[run]) - 1
            is_link = width == 2 or (is_last_of_run and _URL.match(parts[run + 1]))
            if is_link and len(opened) < _MAX_DEPTH:
                written[run][place] = "[" * width
                written[index].append("]" * width)
            else:
                written[index].append("&#93;" * width)
        written[index].append("&#93;" * left)
    for index, brackets in written.items():
        parts[index] = "".join(brackets)
    return "".join(parts)


def _add_text(code: Any, nodes: Any, parts: list[str]) -> None:
    """Adds the text of a tree of mwparserfromhell, of nodes as a paragraph has them."""
    for node in code.nodes:
        if isinstance(node, nodes.Text):
            parts.append(node.value)
        elif isinstance(node, nodes.Wikilink):
            if node.text is None:
                # The parser leaves entities of targets as they are.
                parts.append(html.unescape(str(node.title)).strip().removeprefix(":"))
            else:
                _add_text(node.text, nodes, parts)
        elif isinstance(node, nodes.ExternalLink):
            if node.title is not None:
                _add_text(node.title, nodes, parts)
            elif not node.brackets:
                parts.append(str(node.url))
        elif isinstance(node, nodes.HTMLEntity):
            parts.append(node.normalize())
        elif isinstance(node, nodes.Tag) and node.contents is not None:
            _add_text(node.contents, nodes, parts)
