"""Dumps that tests write."""

import bz2

HEADER = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10">
<siteinfo><sitename>Wikipedia</sitename><dbname>{language}wiki</dbname><namespaces>
<namespace key="0" case="first-letter" /><namespace key="6" case="first-letter">Datei</namespace>
</namespaces></siteinfo>
"""
_PAGE = """<page><title>{title}</title><ns>{ns}</ns><id>{id}</id>{redirect}<revision><id>1</id>
<model>wikitext</model><format>text/x-wiki</format><text xml:space="preserve">{text}</text>
</revision></page>
"""
GERMAN = (
    "Das ist der {{lang|de|erste}} [[Satz|erste Satz]]. Hier steht der zweite Satz. Kurz.\n\n"
    "[[Datei:Bild.jpg|thumb|Ein Bild.]]Noch ein ''anderer'' Absatz steht hier."
    "&lt;ref&gt;Nein.&lt;/ref&gt;"
)


def _page(number, page):
    fields = {"title": f"Seite {number}", "ns": 0, "id": number, "redirect": ""}
    return _PAGE.format(**fields | (page if isinstance(page, dict) else {"text": page}))


def write_dump(path, *pages):
    """Writes a dump; a page is its text, or a dictionary of what else it has."""
    xml = HEADER.format(language=path.name.split("wiki")[0])
    xml += "".join(_page(number, page) for number, page in enumerate(pages, 1))
    content = f"{xml}</mediawiki>\n".encode()
    path.write_bytes(bz2.compress(content) if path.suffix == ".bz2" else content)
    return path


def write_multistream(directory, language, pages, *, per_stream=10):
    """Writes a dump of several bz2 streams, and its index."""
    name = f"{language}wiki-20200101-pages-articles-multistream"
    content, lines = bz2.compress(HEADER.format(language=language).encode()), []
    pages = list(enumerate(pages, 1))
    for start in range(0, len(pages), per_stream):
        stream = pages[start : start + per_stream]
        lines += [f"{len(content)}:{number}:Seite {number}\n" for number, _ in stream]
        content += bz2.compress("".join(_page(*page) for page in stream).encode())
    (directory / f"{name}.xml.bz2").write_bytes(content + bz2.compress(b"</mediawiki>\n"))
    (directory / f"{name}-index.txt.bz2").write_bytes(bz2.compress("".join(lines).encode()))
    return directory / f"{name}.xml.bz2"
