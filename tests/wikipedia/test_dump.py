"""The pages of dumps, and dumps that are refused."""

import bz2
import tracemalloc
from collections import Counter

import pytest

from minibert.errors import InputError
from minibert.wikipedia import page_splitter
from minibert.wikipedia.dump import Article, SkippedPage, read_namespaces, read_pages
from minibert.wikipedia.dump_files import read_chunks
from tests.wikipedia.dumps import END, HEADER, REVISION, items_of, page_xml, read_all, write_parts


@pytest.mark.parametrize("ending", [".xml", ".xml.bz2", ".xml.gz"])
def test_articles_and_what_is_none(tmp_path, ending):
    path = write_parts(
        tmp_path / f"dewiki-20200101-pages-articles{ending}",
        "\ufeff<?xml version='1.0' encoding='UTF-8'?>\n",
        HEADER,
        page_xml(1, "Ein &lt;b&gt;Text&lt;/b&gt; &amp;amp; mehr.\n\nÄ"),
        page_xml(2, ns="<ns>1</ns>", title="Diskussion:A"),
        page_xml(3, extra='<redirect title="A" />'),
        page_xml(4, model="json"),
        page_xml(5, ""),
        page_xml(6, title="AC/DC"),
        page_xml(6, title="A\nB\t C"),
        "<page><title>Ohne Fassung</title><ns>0</ns><id>7</id></page>",
        "<page><title>Leer</title><ns>0</ns><id>8</id><revision><id>1</id></revision></page>",
        f"<page><title>Zwei</title><ns>0</ns><id>9</id>{REVISION}<text>alt</text></revision>"
        f"{REVISION}<text>neu</text></revision></page>",
        END,
    )
    assert read_namespaces(str(path)) == (
        *((-2, "Medium"), (0, "")),
        *((1, "Diskussion"), (6, "Datei")),
    )
    assert read_all(path) == [
        Article(1, "Seite 1", "Ein <b>Text</b> &amp; mehr.\n\nÄ"),
        SkippedPage("other_namespace", "Diskussion:A"),
        SkippedPage("redirect", "Seite 3"),
        SkippedPage("other_content_model", "Seite 4"),
        SkippedPage("no_text", "Seite 5"),
        Article(6, "AC/DC", "Ein Text."),
        SkippedPage("duplicate_page_id", "A B C"),
        SkippedPage("no_text", "Ohne Fassung"),
        SkippedPage("no_text", "Leer"),
        Article(9, "Zwei", "neu"),
    ]


def test_old_dumps(tmp_path):
    """Without numbers of namespaces the titles tell; without a header all is an article."""
    pages = (page_xml(1, ns="", title="Diskussion:A"), page_xml(2, ns="", title="Krieg: Teil"))
    path = write_parts(tmp_path / "dewiki-x.xml", HEADER, *pages, END)
    assert read_all(path) == [
        SkippedPage("other_namespace", "A"),
        Article(2, "Krieg: Teil", "Ein Text."),
    ]
    path = write_parts(tmp_path / "dewiki-y.xml", "<mediawiki>", *pages, END)
    assert [page.title for page in read_all(path)] == ["Diskussion:A", "Krieg: Teil"]
    assert read_namespaces(str(path)) == ()
    assert read_all(write_parts(tmp_path / "dewiki-z.xml", HEADER, END)) == []


DOCTYPE = '<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["x"], "ends before its first <page>"),
        (["<html><page></page></html>"], "does not begin with <mediawiki>"),
        (["x" * 2**21], "no <page> in its first 1 MiB"),
        ([DOCTYPE, HEADER, page_xml(1, "&b;"), END], "byte 0 of the XML: <! of a document type"),
        ([HEADER, DOCTYPE, page_xml(1, "&b;"), END], "<! of a document type"),
        ([HEADER, page_xml(1), DOCTYPE, END], "expected <page>"),
        ([HEADER, page_xml(1, DOCTYPE + "&b;"), END], "<! of a document type"),
        ([HEADER, page_xml(1, "<![CDATA[</page>]]>"), END], "<! of a document type"),
        ([HEADER.replace("dewiki", "&b;"), page_xml(1), END], "the header is not that of a dump"),
        ([HEADER.replace("</siteinfo>", ""), END], "the header is not that of a dump"),
        ([HEADER.replace("<dbname>", "<a>" * 2000), END], "over 1000 tags"),
        (["<?xml version='1.0' encoding='latin-1'?>", HEADER, END], "not in UTF-8"),
        ([(HEADER + page_xml(1) + END).encode("utf-16")], "ends before its first <page>"),
        ([HEADER, page_xml(1), page_xml(2)[:-40]], "ends in a page; it is cut short"),
        ([HEADER, page_xml(1)], "ends before </mediawiki>; it is cut short"),
        ([HEADER, page_xml(1), "garbage", END], "expected <page>"),
        ([HEADER, page_xml(1), "<a>" * 100_000, END], "expected <page>"),
        ([HEADER, page_xml(1), END, "garbage"], "something behind </mediawiki>"),
        ([HEADER, page_xml(1), END, HEADER, page_xml(2), END], "something behind </mediawiki>"),
        ([HEADER, page_xml(1), " " * 2**21, END], "over 1 MiB of white space"),
    ],
)
@pytest.mark.parametrize("ending", ["xml", "xml.bz2"])
def test_files_that_are_refused(tmp_path, parts, message, ending):
    path = write_parts(tmp_path / f"dewiki-x.{ending}", *parts)
    with pytest.raises(InputError) as error:
        read_all(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


BROKEN = {
    "control character": page_xml(1, "a\x01b"),
    "not UTF-8": page_xml(1, "a@b").encode().replace(b"@", b"\xff"),
    "unknown entity": page_xml(1, "&b;"),
    "surrogate": page_xml(1, "&#xD800;"),
    "deep": page_xml(1, "<a>" * 5000 + "</a>" * 5000),
    "deeper": page_xml(1, "<a>" * 100_000),
    "no number": page_xml("x"),
    "long number": page_xml("9" * 6000),
    "no title": "<page><ns>0</ns><id>1</id></page>",
    "white title": page_xml(1, title=" "),
    "gigantic title": page_xml(1, title="x" * 2**20),
    "long title": page_xml(1, title="x" * 1025),
    "gigantic attribute": page_xml(1, extra=f'<redirect title="{"x" * 2**20}" />'),
    "gigantic comment": page_xml(1, extra="<sha1>" + "x" * 2**20 + "</sha1>"),
    "many attributes": page_xml(
        1, extra="<a " + "".join(f'a{n}="" ' for n in range(50_000)) + "/>"
    ),
    "two pages in one": page_xml(1).replace("</page>", "") + page_xml(2),
    "unknown element": page_xml(1, extra="<a/>"),
    "wrong time": page_xml(1).replace("2020-01-01", "2020-91-01"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_pages_that_are_malformed(tmp_path, name):
    path = write_parts(tmp_path / "dewiki-x.xml.bz2", HEADER, BROKEN[name], page_xml(3), END)
    first, second = read_all(path)
    assert first.reason == "malformed"
    assert len(first.title) <= 1024
    assert second == Article(3, "Seite 3", "Ein Text.")


def _peak(path):
    """The pages of a dump by what they are, and the most memory that Python had for them."""
    tracemalloc.start()
    try:
        counts = Counter(
            page.reason if isinstance(page, SkippedPage) else "article"
            for item in items_of(path)
            for page in read_pages(item)
        )
        return counts, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_of_large_pages(tmp_path):
    path = tmp_path / "dewiki-x.xml.bz2"
    with bz2.open(path, "wb", compresslevel=1) as file:
        file.write(HEADER.encode())
        head, tail = page_xml(1, "@").split("@")
        for size in (50, 7):
            file.write(head.encode())
            for _ in range(size):
                file.write(b"x" * 2**20)
            file.write(tail.encode())
        file.write((page_xml(2) + END).encode())
    counts, peak = _peak(path)
    assert counts == {"too_large": 1, "article": 2}
    assert peak < 60 * 2**20
    assert next(read_pages(items_of(path)[0])) == SkippedPage("too_large", "Seite 1")


def test_memory_of_many_pages(tmp_path):
    path = write_parts(tmp_path / "dewiki-x.xml", HEADER, "".join(map(page_xml, range(4000))), END)
    counts, peak = _peak(path)
    assert counts == {"article": 4000}
    assert peak < 2**21


def test_bomb(tmp_path):
    """Some KB that are a page of 1 GB."""
    path = tmp_path / "dewiki-x.xml.bz2"
    begin = bz2.compress((HEADER + "<page><text>").encode())
    path.write_bytes(begin + bz2.compress(b"x" * 2**26) * 16)
    assert path.stat().st_size < 10_000
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="a page of over 256 MiB"):
            read_all(path)
        assert tracemalloc.get_traced_memory()[1] < 60 * 2**20
    finally:
        tracemalloc.stop()


def test_limit_of_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(page_splitter, "MAX_PAGE_BYTES", len(page_xml(1).strip()))
    path = write_parts(
        tmp_path / "dewiki-x.xml", HEADER, page_xml(1), page_xml(22), page_xml(3), END
    )
    kinds = [type(page) for page in read_all(path)]
    assert kinds == [Article, SkippedPage, Article]


def test_real_dumps(real_data):
    """Nothing is left out of 124 dumps; redirects and articles are those of their XML."""
    counts = Counter()
    found = Counter()
    paths = sorted((real_data / "wiki_dumps").glob("*wiki-*.bz2"))
    for path in paths:
        xml = b"".join(read_chunks(items_of(path)[0]))
        counts["pages"] += xml.count(b"<page>")
        counts["redirects"] += sum(
            b"<redirect " in page and b"<ns>0</ns>" in page for page in xml.split(b"<page>")
        )
        for page in read_all(path):
            found["pages"] += 1
            found["redirects"] += isinstance(page, SkippedPage) and page.reason == "redirect"
            found["malformed"] += isinstance(page, SkippedPage) and page.reason == "malformed"
    assert len(paths) >= 124
    assert found == {**counts, "malformed": 0}
    assert counts["pages"] > 300
