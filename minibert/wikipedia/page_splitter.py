"""Cuts the XML of a MediaWiki dump into pages, before any parser sees it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from minibert.errors import InputError

MAX_PAGE_BYTES = 2**23
# A page of a dump has at most some MiB; more is a compressed file made to fill a disk.
_MAX_SKIPPED_BYTES = 2**28
_MAX_HEADER_BYTES = 2**20
_MAX_GAP_BYTES = 2**20
_BEGIN = b"<page>"
_PAGE_END = b"</page>"
_END = b"</mediawiki>"
_DECLARATION = re.compile(rb"\s*<\?xml\s([^?]{0,200})\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)[\"']")
_ROOT = re.compile(rb"\s*<mediawiki[\s>]")
_UTF8_BOM = b"\xef\xbb\xbf"
_CUT = "it is cut short; get it again"
_NO_DUMP = "this is no dump of pages of MediaWiki"


@dataclass(frozen=True)
class RawPage:
    """A page.

    Attributes:
      xml: the page from `<page>` to `</page>`; only its first 8 MiB if it is longer.
      is_whole: whether it is not.
    """

    xml: bytes
    is_whole: bool


class PageSplitter:
    """Cuts XML into its header and its pages.

    In dumps `<` is written as an entity wherever it is not that of a tag, so `<page>` and `</page>`
    are found without a parser. What could hide them, `<!` of comments, CDATA and document
    types, is refused; MediaWiki does not write it.

    Args:
      chunks: the XML, from the begin of the file or from that of a page.
      place: what it is, for messages.
    """

    def __init__(self, chunks: Iterator[bytes], place: str):
        self._chunks = chunks
        self._place = place
        self._buffer = bytearray()
        self._dropped = 0

    def header(self) -> bytes:
        """What is before the first page: `<mediawiki …>` and what it says of the site.

        Raises:
          InputError: it is not the begin of a dump, or longer than 1 MiB.
        """
        searched = 0
        while (end := self._first(_BEGIN, _END, searched)) < 0:
            searched = max(0, len(self._buffer) - len(_END))
            if len(self._buffer) > _MAX_HEADER_BYTES:
                raise self._error(f"no <page> in its first {_MAX_HEADER_BYTES >> 20} MiB", _NO_DUMP)
            if not self._fill():
                raise self._error("ends before its first <page>", _CUT)
        header = self._take(end).removeprefix(_UTF8_BOM)
        if declaration := _DECLARATION.match(header):
            encoding = _ENCODING.search(declaration[1])
            if encoding and encoding[1].lower() not in (b"utf-8", b"utf8"):
                raise self._error("not in UTF-8, which dumps are in", "convert it")
            header = header[declaration.end() :]
        if not _ROOT.match(header):
            raise self._error("does not begin with <mediawiki>", _NO_DUMP)
        return header.lstrip()

    def pages(self, *, is_last: bool) -> Iterator[RawPage]:
        """Yields the pages.

        Args:
          is_last: whether the end of the dump belongs to the XML.

        Raises:
          InputError: the XML ends in a page or, if it is the last, before `</mediawiki>`; there is
            something between two pages or behind the last; a page does not end within 256 MiB.
        """
        while self._skip_space(len(_END)):
            if self._buffer.startswith(_BEGIN):
                yield self._page()
            elif self._buffer.startswith(_END) and is_last:
                self._take(len(_END))
                if self._skip_space(1):
                    raise self._error("something behind </mediawiki>", "remove it")
                return
            else:
                raise self._error("expected <page>", "the dump is damaged; get it again")
        if is_last:
            raise self._error("ends before </mediawiki>", _CUT)

    def _page(self) -> RawPage:
        begin = b""
        searched = skipped = 0
        while (end := self._buffer.find(_PAGE_END, searched)) < 0:
            searched = max(0, len(self._buffer) - len(_PAGE_END))
            if searched > MAX_PAGE_BYTES:
                taken = self._take(searched)
                begin = begin or taken[:MAX_PAGE_BYTES]
                skipped += searched
                searched = 0
            if skipped > _MAX_SKIPPED_BYTES:
                raise self._error(f"a page of over {_MAX_SKIPPED_BYTES >> 20} MiB", _NO_DUMP)
            if not self._fill():
                raise self._error("ends in a page", _CUT)
        page = self._take(end + len(_PAGE_END))
        if begin or len(page) > MAX_PAGE_BYTES:
            return RawPage((begin or page)[:MAX_PAGE_BYTES], is_whole=False)
        return RawPage(page, is_whole=True)

    def _skip_space(self, wanted: int) -> bool:
        """Takes white space away, and reads on to `wanted` bytes; False if nothing is there."""
        gap = 0
        while True:
            space = len(self._buffer) - len(self._buffer.lstrip())
            gap += space
            self._take(space)
            if gap > _MAX_GAP_BYTES:
                raise self._error(f"over {_MAX_GAP_BYTES >> 20} MiB of white space", _NO_DUMP)
            if len(self._buffer) >= wanted or not self._fill():
                return bool(self._buffer)

    def _first(self, one: bytes, other: bytes, start: int) -> int:
        """Where the first of two strings is in what was read, -1 if neither is."""
        found = [at for at in (self._buffer.find(text, start) for text in (one, other)) if at >= 0]
        return min(found, default=-1)

    def _fill(self) -> bool:
        chunk = next(self._chunks, b"")
        self._buffer += chunk
        return bool(chunk)

    def _take(self, size: int) -> bytes:
        """Takes bytes away from what was read; they may have no `<!`."""
        taken = bytes(self._buffer[:size])
        if (at := taken.find(b"<!")) >= 0:
            self._dropped += at
            raise self._error(
                "<! of a document type, comment or CDATA, which is not read", _NO_DUMP
            )
        del self._buffer[:size]
        self._dropped += size
        return taken

    def _error(self, message: str, remedy: str) -> InputError:
        return InputError(f"{self._place}: byte {self._dropped} of the XML: {message}; {remedy}")
