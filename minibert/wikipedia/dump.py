"""Reads the articles of MediaWiki dumps, page by page, in bounded memory."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

from minibert.data.line_reader import shown
from minibert.errors import InputError
from minibert.packages import import_package
from minibert.wikipedia.dump_files import WorkItem, is_last, read_chunks, whole
from minibert.wikipedia.page_ids import MAX_PAGE_ID, PageIds
from minibert.wikipedia.page_splitter import PageSplitter
from minibert.wikipedia.wikitext_blocks import Namespaces

# Why a page is no article.
OTHER_NAMESPACE = "other_namespace"
REDIRECT = "redirect"
OTHER_MODEL = "other_content_model"
NO_TEXT = "no_text"
TOO_LARGE = "too_large"
DUPLICATE_ID = "duplicate_page_id"
MALFORMED = "malformed"
# Those of pages that may be articles.
DAMAGES = (DUPLICATE_ID, TOO_LARGE, MALFORMED)
SKIP_REASONS = (OTHER_NAMESPACE, REDIRECT, OTHER_MODEL, NO_TEXT, *DAMAGES)

# MediaWiki allows titles of 255 bytes, and a namespace before them.
_MAX_TITLE_CHARACTERS = 1024
# What is not text of a page: tags, names, the comment of the edit. A page has about 1 KiB of it.
_MAX_FRAME_BYTES = 2**17
_MAX_TAGS = 10_000
# A wiki has some forty namespaces; each costs time at each link.
_MAX_HEADER_TAGS = 1000
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


def read_namespaces(path: str) -> Namespaces:
    """Reads the namespaces of a wiki in the header of a dump, `()` if it does not have them.

    Raises:
      InputError: the file cannot be read, or does not begin as a dump.
    """
    return _namespaces(path, _read_header(path))


def read_pages(
    item: WorkItem, on_read: Callable[[int], None] = lambda size: None
) -> Iterator[Article | SkippedPage]:
    """Yields the pages of a work item in order, at most one in memory at a time.

    Of several revisions of a page it is the last. A page of over 8 MiB of XML, one that the
    parser refuses, and one with the number of an article before it is skipped: the others are good
    without it. What spoils the file is an error.

    Args:
      item: a part of a dump, of `work_items`.
      on_read: as of `read_chunks`.

    Raises:
      InputError: the file cannot be read, its compression is damaged, it is cut short, it is no
        dump of MediaWiki, there is something else between its pages or behind them, or it has a
        document type, which could define entities; MediaWiki writes none.
    """
    mwxml = _mwxml()
    last = is_last(item)
    header = b"" if item.start == 0 else _read_header(item.path)
    seen = PageIds()
    with closing(read_chunks(item, on_read)) as chunks:
        splitter = PageSplitter(chunks, _place(item))
        if item.start == 0:
            header = splitter.header()
            _namespaces(item.path, header)
        for page in splitter.pages(is_last=last):
            if not page.is_whole:
                yield SkippedPage(TOO_LARGE, _raw_title(page.xml))
                continue
            found = _page(mwxml, header, page.xml)
            if isinstance(found, Article) and not seen.add(found.page_id):
                found = SkippedPage(DUPLICATE_ID, found.title)
            yield found


def _place(item: WorkItem) -> str:
    return f"{item.path}: from byte {item.start}" if item.start else item.path


def _read_header(path: str) -> bytes:
    with closing(read_chunks(whole(path))) as chunks:
        return PageSplitter(chunks, path).header()


def _namespaces(path: str, header: bytes) -> Namespaces:
    mwxml = _mwxml()
    if b"<siteinfo" not in header:
        return ()
    try:
        if header.count(b"<") > _MAX_HEADER_TAGS:
            raise ValueError(f"over {_MAX_HEADER_TAGS} tags")
        info = mwxml.Dump.from_file(io.BytesIO(header + _END)).site_info
        return tuple((int(space.id), space.name) for space in info.namespaces or ())
    except _errors(mwxml) as error:
        raise InputError(
            f"{path}: the header is not that of a dump of MediaWiki: {shown(str(error))}; "
            "get the dump again"
        ) from error


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
        is_id = page.id is not None and 0 <= page.id <= MAX_PAGE_ID
        if not is_id or not 0 < len(title) <= _MAX_TITLE_CHARACTERS:
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
    return import_package("mwxml", needed_for="reading a dump")


def _errors(mwxml: Any) -> tuple[type[Exception], ...]:
    """What mwxml raises for XML that it does not expect: it converts and asserts on its way."""
    malformed = mwxml.errors.MalformedXML
    return (
        *(ParseError, malformed, ValueError, TypeError),
        *(AttributeError, AssertionError, StopIteration, OverflowError),
    )
