"""Reads the articles of MediaWiki dumps, page by page, in bounded memory."""

import io
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

from minibert.data.line_reader import shown
from minibert.errors import InputError
from minibert.packages import import_package
from minibert.wikipedia.dump_files import WorkItem, is_last, read_chunks, whole
from minibert.wikipedia.page_splitter import PageSplitter

# Why a page is no article.
OTHER_NAMESPACE = "other_namespace"
REDIRECT = "redirect"
OTHER_MODEL = "other_content_model"
NO_TEXT = "no_text"
TOO_LARGE = "too_large"
MALFORMED = "malformed"
SKIP_REASONS = (OTHER_NAMESPACE, REDIRECT, OTHER_MODEL, NO_TEXT, TOO_LARGE, MALFORMED)

# MediaWiki allows titles of 255 bytes, and a namespace before them.
_MAX_TITLE_CHARACTERS = 1024
# What is not text of a page: tags, names, the comment of the edit. A page has about 1 KiB of it.
_MAX_FRAME_BYTES = 2**17
_MAX_TAGS = 10_000
_TITLE = re.compile(rb"<title>([^<]{1,1024})")
_MINIMAL_HEADER = b"<mediawiki><siteinfo></siteinfo>"
_END = b"</mediawiki>"


@dataclass(frozen=True)
class Article:
    """A page of the main namespace that is no redirect.

    Attributes:
      page_id: the number of the page in its wiki.
      title: its title, on one line.
      wikitext: its text in the markup of MediaWiki, at most 8 MiB of it.
    """

    page_id: int
    title: str
    wikitext: str


@dataclass(frozen=True)
class SkippedPage:
    """A page that is no article.

    Attributes:
      reason: one of `SKIP_REASONS`.
      title: its title, `""` if it was not read.
    """

    reason: str
    title: str


@dataclass(frozen=True)
class Site:
    """What the header of a dump says.

    Attributes:
      database: the name of the wiki, as `dewiki`; `""` if the dump does not say it.
      namespaces: pairs of a number and a name in the language of the wiki: `(6, "Datei")`.
    """

    database: str
    namespaces: tuple[tuple[int, str], ...]


def read_site(path: str) -> Site:
    """Reads the header of a dump.

    Raises:
      InputError: the file cannot be read, or does not begin as a dump.
    """
    return _site(path, _read_header(path))


def read_pages(item: WorkItem) -> Iterator[Article | SkippedPage]:
    """Yields the pages of a work item in order, at most one in memory at a time.

    Of several revisions of a page it is the last. A page of over 8 MiB of XML, and one that the
    parser refuses, is skipped: the others are good without it. What spoils the file is an error.

    Args:
      item: a part of a dump, of `work_items`.

    Raises:
      InputError: the file cannot be read, its compression is damaged, it is cut short, it is no
        dump of MediaWiki, there is something else between its pages or behind them, or it has a
        document type, which could define entities; MediaWiki writes none.
    """
    mwxml = _mwxml()
    last = is_last(item)
    header = b"" if item.start == 0 else _read_header(item.path)
    with closing(read_chunks(item)) as chunks:
        splitter = PageSplitter(chunks, _place(item))
        if item.start == 0:
            header = splitter.header()
            _site(item.path, header)
        for page in splitter.pages(is_last=last):
            if page.is_whole:
                yield _page(mwxml, header, page.xml)
            else:
                yield SkippedPage(TOO_LARGE, _raw_title(page.xml))


def _place(item: WorkItem) -> str:
    return f"{item.path}: from byte {item.start}" if item.start else item.path


def _read_header(path: str) -> bytes:
    with closing(read_chunks(whole(path))) as chunks:
        return PageSplitter(chunks, path).header()


def _site(path: str, header: bytes) -> Site:
    mwxml = _mwxml()
    if b"<siteinfo" not in header:
        return Site("", ())
    try:
        if header.count(b"<") > _MAX_TAGS:
            raise ValueError(f"over {_MAX_TAGS} tags")
        info = mwxml.Dump.from_file(io.BytesIO(header + _END)).site_info
        namespaces = tuple((int(space.id), space.name) for space in info.namespaces or ())
    except _errors(mwxml) as error:
        raise InputError(
            f"{path}: the header is not that of a dump of MediaWiki: {shown(str(error))}; "
            "get the dump again"
        ) from error
    return Site(info.dbname or "", namespaces)


def _page(mwxml: Any, header: bytes, xml: bytes) -> Article | SkippedPage:
    """The article of the XML of one page, or why it is none."""
    if not _is_plain(xml):
        return SkippedPage(MALFORMED, _raw_title(xml))
    # Old dumps have no <ns>; the namespace is then in the title, and the header has its names.
    if b"<ns>" in xml or b"<siteinfo" not in header:
        header = _MINIMAL_HEADER
    try:
        page = next(mwxml.Dump.from_file(io.BytesIO(b"".join((header, xml, _END)))).pages)
        revisions = list(page)
        title = " ".join(page.title.split())
        if page.id is None or page.id < 0 or not 0 < len(title) <= _MAX_TITLE_CHARACTERS:
            return SkippedPage(MALFORMED, _raw_title(xml))
    except _errors(mwxml):
        return SkippedPage(MALFORMED, _raw_title(xml))
    if page.namespace != 0:
        return SkippedPage(OTHER_NAMESPACE, title)
    if page.redirect is not None:
        return SkippedPage(REDIRECT, title)
    if not revisions or not revisions[-1].text:
        return SkippedPage(NO_TEXT, title)
    if revisions[-1].model not in (None, "wikitext"):
        return SkippedPage(OTHER_MODEL, title)
    return Article(page.id, title, revisions[-1].text)


def _is_plain(xml: bytes) -> bool:
    """Whether nearly all of a page is in its text, so that no tree of it is large or deep."""
    if xml.count(b"<") > _MAX_TAGS:
        return False
    begin = xml.find(b"<text")
    end = xml.rfind(b"</text>")
    text_begin = xml.find(b">", begin)
    if begin < 0 or not begin < text_begin < end:
        return len(xml) <= _MAX_FRAME_BYTES
    return len(xml) - (end - text_begin) <= _MAX_FRAME_BYTES


def _raw_title(xml: bytes) -> str:
    """The title of a page that is not parsed, for messages."""
    match = _TITLE.search(xml, 0, _MAX_FRAME_BYTES)
    return " ".join(match[1].decode(errors="replace").split()) if match else ""


def _mwxml() -> Any:
    return import_package("mwxml", needed_for="reading a dump", install="mwxml")


def _errors(mwxml: Any) -> tuple[type[Exception], ...]:
    """What mwxml raises for XML that it does not expect: it converts and asserts on its way."""
    malformed = mwxml.errors.MalformedXML
    return (
        *(ParseError, malformed, ValueError, TypeError),
        *(AttributeError, AssertionError, StopIteration, OverflowError),
    )
