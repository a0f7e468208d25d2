"""Dumps that tests write, and what is read of them."""

import bz2
import gzip
from itertools import chain

from minibert.wikipedia.dump import read_pages
from minibert.wikipedia.dump_files import work_items

HEADER = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <dbname>dewiki</dbname>
    <namespaces>
      <namespace key="-2" case="first-letter">Medium</namespace>
      <namespace key="0" case="first-letter" />
      <namespace key="1" case="first-letter">Diskussion</namespace>
      <namespace key="6" case="first-letter">Datei</namespace>
    </namespaces>
  </siteinfo>
"""
END = "</mediawiki>\n"
REVISION = "<revision><id>1</id><timestamp>2020-01-01T00:00:00Z</timestamp>"
GERMAN = (
    "Das ist der {{lang|de|erste}} [[Satz|erste Satz]]. Hier steht der zweite Satz. Kurz.\n\n"
    "[[Datei:Bild.jpg|thumb|Ein Bild.]]Noch ein ''anderer'' Absatz steht hier."
    "&lt;ref&gt;Nein.&lt;/ref&gt;"
)


def page_xml(number, text="Ein Text.", *, title=None, ns="<ns>0</ns>", extra="", model="wikitext"):
    """A page; `extra` stands behind its number."""
    return (
        f"  <page>\n    <title>{title or f'Seite {number}'}</title>\n    {ns}\n"
        f"    <id>{number}</id>{extra}\n    {REVISION}<model>{model}</model>"
        f'<text bytes="9" xml:space="preserve">{text}</text></revision>\n  </page>\n'
    )


def write_parts(path, *parts):
    """Writes a file of any parts, compressed by its ending."""
    content = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    if path.suffix == ".bz2":
        content = bz2.compress(content)
    elif path.suffix == ".gz":
        content = gzip.compress(content)
    path.write_bytes(content)
    return path


def write_dump(path, *pages):
    """Writes a dump; a page is its text, or a dictionary of the arguments of `page_xml`."""
    fields = (page if isinstance(page, dict) else {"text": page} for page in pages)
    xml = [page_xml(**{"number": number} | of_page) for number, of_page in enumerate(fields, 1)]
    return write_parts(path, _header(path.name.split("wiki")[0]), *xml, END)


def write_multistream(directory, language, texts, *, per_stream=10):
    """Writes a dump of several bz2 streams, and its index.

    Returns:
      The dump; its index; where its streams of pages begin.
    """
    name = f"{language}wiki-20200101-pages-articles-multistream"
    content, lines, offsets = bz2.compress(_header(language).encode()), [], []
    pages = list(enumerate(texts, 1))
    for start in range(0, len(pages), per_stream):
        stream = pages[start : start + per_stream]
        offsets.append(len(content))
        lines += [f"{len(content)}:{number}:Seite: {number}\n" for number, _ in stream]
        content += bz2.compress("".join(page_xml(*page) for page in stream).encode())
    dump = directory / f"{name}1.xml-p1p9.bz2"
    dump.write_bytes(content + bz2.compress(END.encode()))
    return dump, write_parts(directory / f"{name}-index1.txt-p1p9.bz2", *lines), offsets


def _header(language):
    return HEADER.replace("dewiki", f"{language}wiki")


def items_of(path, **options):
    """The work items of a dump."""
    return work_items(str(path), **options)


def read_all(path):
    """The pages of all work items."""
    return list(chain.from_iterable(map(read_pages, items_of(path))))
