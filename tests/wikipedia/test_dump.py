import bz2
import gzip
import pickle
import random
import tracemalloc
from collections import Counter
from itertools import chain, pairwise

import pytest

from minibert.errors import InputError
from minibert.wikipedia import dump_files, page_splitter
from minibert.wikipedia.dump import Article, SkippedPage, read_namespaces, read_pages
from minibert.wikipedia.dump_files import WorkItem, read_chunks, work_items
from minibert.wikipedia.dump_name import (
    check_different_pages,
    index_of_dump,
    language_of_dump,
)
from minibert.wikipedia.page_ids import MAX_PAGE_ID, PageIds

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


def _page(number, text="Ein Text.", *, title=None, ns="<ns>0</ns>", extra="", model="wikitext"):
    return (
        f"  <page>\n    <title>{title or f'Titel {number}'}</title>\n    {ns}\n"
        f"    <id>{number}</id>{extra}\n    {REVISION}<model>{model}</model>"
        f'<text bytes="9" xml:space="preserve">{text}</text></revision>\n  </page>\n'
    )


def _write(path, *parts):
    content = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    if path.suffix == ".bz2":
        content = bz2.compress(content)
    elif path.suffix == ".gz":
        content = gzip.compress(content)
    path.write_bytes(content)
    return path


def _items(path, **options):
    return work_items(str(path), **options)


def _read(path):
    return list(chain.from_iterable(map(read_pages, _items(path))))


def _multistream(tmp_path, pages=10, per_stream=3):
    """A dump of bz2 streams with its index; the offsets of its streams and its size."""
    path = tmp_path / "dewiki-20200101-pages-articles-multistream1.xml-p1p9.bz2"
    content, lines, offsets = bz2.compress(HEADER.encode()), [], []
    for first in range(0, pages, per_stream):
        numbers = range(first, min(first + per_stream, pages))
        offsets.append(len(content))
        lines += [f"{len(content)}:{number + 1}:Titel: {number + 1}\n" for number in numbers]
        content += bz2.compress("".join(_page(number + 1) for number in numbers).encode())
    path.write_bytes(content + bz2.compress(END.encode()))
    index = tmp_path / "dewiki-20200101-pages-articles-multistream-index1.txt-p1p9.bz2"
    _write(index, *lines)
    return path, index, offsets


@pytest.mark.parametrize("ending", [".xml", ".xml.bz2", ".xml.gz"])
def test_articles_and_what_is_none(tmp_path, ending):
    path = _write(
        tmp_path / f"dewiki-20200101-pages-articles{ending}",
        "\ufeff<?xml version='1.0' encoding='UTF-8'?>\n",
        HEADER,
        _page(1, "Ein &lt;b&gt;Text&lt;/b&gt; &amp;amp; mehr.\n\nÄ"),
        _page(2, ns="<ns>1</ns>", title="Diskussion:A"),
        _page(3, extra='<redirect title="A" />'),
        _page(4, model="json"),
        _page(5, ""),
        _page(6, title="AC/DC"),
        _page(6, title="A\nB\t C"),
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
    assert _read(path) == [
        Article(1, "Titel 1", "Ein <b>Text</b> &amp; mehr.\n\nÄ"),
        SkippedPage("other_namespace", "Diskussion:A"),
        SkippedPage("redirect", "Titel 3"),
        SkippedPage("other_content_model", "Titel 4"),
        SkippedPage("no_text", "Titel 5"),
        Article(6, "AC/DC", "Ein Text."),
        SkippedPage("duplicate_page_id", "A B C"),
        SkippedPage("no_text", "Ohne Fassung"),
        SkippedPage("no_text", "Leer"),
        Article(9, "Zwei", "neu"),
    ]


def test_old_dumps(tmp_path):
    """Without numbers of namespaces the titles tell; without a header all is an article."""
    pages = (_page(1, ns="", title="Diskussion:A"), _page(2, ns="", title="Krieg: Teil"))
    path = _write(tmp_path / "dewiki-x.xml", HEADER, *pages, END)
    assert _read(path) == [
        SkippedPage("other_namespace", "A"),
        Article(2, "Krieg: Teil", "Ein Text."),
    ]
    path = _write(tmp_path / "dewiki-y.xml", "<mediawiki>", *pages, END)
    assert [page.title for page in _read(path)] == ["Diskussion:A", "Krieg: Teil"]
    assert read_namespaces(str(path)) == ()
    assert _read(_write(tmp_path / "dewiki-z.xml", HEADER, END)) == []


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("dewiki-20200101-pages-articles.xml.bz2", "de"),
        ("be_x_oldwiki-20200101-pages-articles-multistream.xml.bz2", "be_x_old"),
        ("zh_min_nanwiki-latest-pages-articles.xml.gz", "zh_min_nan"),
        ("simplewiki-minidump.xml", "simple"),
        ("enwiki-latest-pages-articles1.xml-p1p30302.bz2", "en"),
    ],
)
def test_language(name, language):
    assert language_of_dump(f"/some/where/{name}") == language


@pytest.mark.parametrize("name", ["dewiktionary-1.xml", "wiki-1.xml", "../wiki-1", "Dwiki-1", "de"])
def test_names_without_a_language(name):
    with pytest.raises(InputError, match="the name says no language"):
        language_of_dump(name)


def test_only_multistream_dumps_have_an_index():
    assert index_of_dump("/a-multistream/dewiki-20200101-pages-articles.xml.bz2") is None
    dump = "gs://b/enwiki-20200101-pages-articles-multistream{}.xml{}.bz2"
    for number, pages in (("", ""), ("12", "-p1p9")):
        index = f"gs://b/enwiki-20200101-pages-articles-multistream-index{number}.txt{pages}.bz2"
        assert index_of_dump(dump.format(number, pages)) == index
    assert index_of_dump("x-multistream.xml.bz2") == "x-multistream-index.txt.bz2"


def test_dumps_of_the_same_pages():
    all_in_one = "/d/enwiki-20200101-pages-articles.xml.bz2"
    parts = [f"/d/enwiki-20200101-pages-articles{i}.xml-p{i}p{i}.bz2" for i in (1, 2)]
    multistream = "/e/enwiki-20200101-pages-articles-multistream.xml.bz2"
    later = "/d/enwiki-20200201-pages-articles.xml.gz"
    check_different_pages([*parts, "/d/enwiki-some-pages.xml", "/d/enwiki-others.xml"])
    for two in (
        *([all_in_one, parts[0]], [all_in_one, multistream], [all_in_one, later]),
        *([all_in_one, all_in_one.removesuffix(".bz2")], [parts[0], parts[0].replace("/d", "/e")]),
    ):
        with pytest.raises(InputError, match=rf"{two[1]}: has the pages that {two[0]} has; give"):
            check_different_pages(two)


def test_numbers_of_pages():
    ids = PageIds()
    numbers = [0, 7, 8, 2**15 - 1, 2**15, 2**20 + 3, MAX_PAGE_ID]
    assert all(ids.add(number) for number in numbers)
    assert not any(ids.add(number) for number in numbers)
    assert ids.add(6)
    assert ids.add(MAX_PAGE_ID - 1)


@pytest.mark.parametrize("ending", [".xml", ".xml.bz2", ".xml.gz"])
def test_how_much_is_read(tmp_path, ending):
    """Seldom less than before, and all of it at the end."""
    pages = "".join(_page(i, random.Random(i).randbytes(3000).hex()) for i in range(100))
    path = _write(tmp_path / f"dewiki-x{ending}", HEADER, pages, END)
    sizes = []
    (item,) = _items(path)
    for _ in read_pages(item, sizes.append):
        pass
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 1
    assert sizes[-1] == path.stat().st_size
    multistream, _, offsets = _multistream(tmp_path)
    item = _items(multistream, target_bytes=1)[1]
    list(read_pages(item, sizes.append))
    assert sizes[-1] == offsets[2] - offsets[1]


def test_multistream_is_read_in_parts(tmp_path):
    path, index, offsets = _multistream(tmp_path)
    assert index_of_dump(str(path)) == str(index)
    size = path.stat().st_size
    items = _items(path, target_bytes=1)
    assert [(item.start, item.end) for item in items] == list(
        zip([0, *offsets[1:]], [*offsets[1:], size], strict=True)
    )
    items = pickle.loads(pickle.dumps(items))
    numbers = [[page.page_id for page in read_pages(item)] for item in items]
    assert numbers == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10]]
    two = _items(path, target_bytes=offsets[2])
    assert [item.start for item in two] == [0, offsets[2]]
    assert [page.page_id for page in read_pages(two[1])] == [7, 8, 9, 10]
    index.unlink()
    assert _items(path, target_bytes=1) == [WorkItem(str(path), 0, size)]
    assert [page.page_id for page in _read(path)] == list(range(1, 11))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a:1:x\n"], "1.txt-p1p9.bz2:1: expected offset:page_id:title, found 'a:1:x"),
        (["99:x\n"], ":1: expected offset:page_id:title"),
        ([b"\xff\xfe\n"], ":1: expected offset:page_id:title"),
        (["9" * 18 + ":1:x\n"], ":1: the dump has only"),
        (["9" * 5000 + ":1:x\n"], ":1: expected offset:page_id:title"),
        (["300:1:x\n", "200:2:y\n"], ":2: offset 200 does not fit behind 300"),
        (["300:1:x\n", "301:2:y\n"], ":2: offset 301 does not fit behind 300"),
        (["0:1:x\n"], ":1: offset 0 does not fit"),
        (["200:1:x\n", "400:2:y\n"], "no bz2 stream begins at byte 400"),
        (["400:1:x\n" * 100_000], "the dump has only"),
        (["400:1:" + "x" * 2**21 + "\n"], ":1: line of over 1 MiB"),
    ],
)
def test_index_is_not_trusted(tmp_path, lines, message):
    path, index, _ = _multistream(tmp_path)
    _write(index, *lines)
    with pytest.raises(InputError) as error:
        _items(path, target_bytes=1)
    assert message in str(error.value)
    index.write_bytes(b"no bz2")
    with pytest.raises(InputError, match="cannot read on"):
        _items(path, target_bytes=1)


def test_part_of_a_changed_dump(tmp_path):
    path, _, offsets = _multistream(tmp_path)
    items = _items(path, target_bytes=1)
    content = path.read_bytes()
    path.write_bytes(content[: offsets[2] + 40])
    with pytest.raises(InputError, match="the dump was changed since"):
        list(read_pages(items[2]))
    assert len(list(read_pages(items[1]))) == 3
    path.write_bytes(content[: offsets[1]] + b"x" * 60 + content[offsets[1] + 60 :])
    with pytest.raises(InputError, match=f"cannot read bytes {offsets[1]} to {offsets[2]}"):
        list(read_pages(items[1]))
    path.write_bytes(content[: offsets[1]] + bz2.compress(b"no page"))
    with pytest.raises(InputError, match=f"from byte {offsets[1]}: byte 0 of the XML: expected"):
        list(read_pages(WorkItem(str(path), offsets[1], path.stat().st_size)))


DOCTYPE = '<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["x"], "ends before its first <page>"),
        (["<html><page></page></html>"], "does not begin with <mediawiki>"),
        (["x" * 2**21], "no <page> in its first 1 MiB"),
        ([DOCTYPE, HEADER, _page(1, "&b;"), END], "byte 0 of the XML: <! of a document type"),
        ([HEADER, DOCTYPE, _page(1, "&b;"), END], "<! of a document type"),
        ([HEADER, _page(1), DOCTYPE, END], "expected <page>"),
        ([HEADER, _page(1, DOCTYPE + "&b;"), END], "<! of a document type"),
        ([HEADER, _page(1, "<![CDATA[</page>]]>"), END], "<! of a document type"),
        ([HEADER.replace("dewiki", "&b;"), _page(1), END], "the header is not that of a dump"),
        ([HEADER.replace("</siteinfo>", ""), END], "the header is not that of a dump"),
        ([HEADER.replace("<dbname>", "<a>" * 2000), END], "over 1000 tags"),
        (["<?xml version='1.0' encoding='latin-1'?>", HEADER, END], "not in UTF-8"),
        ([(HEADER + _page(1) + END).encode("utf-16")], "ends before its first <page>"),
        ([HEADER, _page(1), _page(2)[:-40]], "ends in a page; it is cut short"),
        ([HEADER, _page(1)], "ends before </mediawiki>; it is cut short"),
        ([HEADER, _page(1), "garbage", END], "expected <page>"),
        ([HEADER, _page(1), "<a>" * 100_000, END], "expected <page>"),
        ([HEADER, _page(1), END, "garbage"], "something behind </mediawiki>"),
        ([HEADER, _page(1), END, HEADER, _page(2), END], "something behind </mediawiki>"),
        ([HEADER, _page(1), " " * 2**21, END], "over 1 MiB of white space"),
    ],
)
@pytest.mark.parametrize("ending", ["xml", "xml.bz2"])
def test_files_that_are_refused(tmp_path, parts, message, ending):
    path = _write(tmp_path / f"dewiki-x.{ending}", *parts)
    with pytest.raises(InputError) as error:
        _read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_compression_that_is_damaged(tmp_path):
    dump = (HEADER + "".join(map(_page, range(3000))) + END).encode()
    path = tmp_path / "dewiki-x.xml.bz2"
    whole = bz2.compress(dump, compresslevel=1)
    for content, message in (
        (b"this is no bz2", "Invalid data stream"),
        (whole[: len(whole) // 2], "a bz2 stream is cut short"),
        (whole[: len(whole) // 2] + b"x" * 99 + whole[len(whole) // 2 + 99 :], "Invalid data"),
        (whole + b"garbage", "Invalid data stream"),
        (b"", "empty"),
        (bz2.compress(b""), "ends before its first <page>"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError) as error:
            _read(path)
        assert message in str(error.value)
    path = tmp_path / "dewiki-x.xml.gz"
    for content in (b"no gz", gzip.compress(dump)[:-9], gzip.compress(dump) + b"garbage"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="is the file whole"):
            _read(path)
    with pytest.raises(InputError, match="cannot open"):
        _items(tmp_path / "dewiki-y.xml")
    with pytest.raises(InputError, match="not a regular file"):
        _items(tmp_path)


def test_streams_that_are_cut_anywhere(tmp_path):
    """Ends of streams, of compressed blocks and of chunks need not be those of pages."""
    dump = (HEADER + "".join(map(_page, range(300))) + END).encode()
    path = tmp_path / "dewiki-x.xml.bz2"
    cuts = [0, 1, 5, 777, 778, 40_000, 40_001, len(dump)]
    streams = [bz2.compress(dump[a:b]) for a, b in pairwise(cuts)]
    path.write_bytes(bz2.compress(b"").join(streams))
    assert len(_read(path)) == 300


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_chunks_of_any_size(tmp_path, monkeypatch, size):
    monkeypatch.setattr(dump_files, "_CHUNK_BYTES", size)
    monkeypatch.setattr(dump_files, "_BLOCK_BYTES", size)
    path = _write(tmp_path / "dewiki-x.xml.bz2", HEADER, _page(1), "\n\n", _page(2), END)
    assert max(map(len, read_chunks(_items(path)[0]))) == size
    assert [page.page_id for page in _read(path)] == [1, 2]


BROKEN = {
    "control character": _page(1, "a\x01b"),
    "not UTF-8": _page(1, "a@b").encode().replace(b"@", b"\xff"),
    "unknown entity": _page(1, "&b;"),
    "surrogate": _page(1, "&#xD800;"),
    "deep": _page(1, "<a>" * 5000 + "</a>" * 5000),
    "deeper": _page(1, "<a>" * 100_000),
    "no number": _page("x"),
    "long number": _page("9" * 6000),
    "no title": "<page><ns>0</ns><id>1</id></page>",
    "white title": _page(1, title=" "),
    "gigantic title": _page(1, title="x" * 2**20),
    "long title": _page(1, title="x" * 1025),
    "gigantic attribute": _page(1, extra=f'<redirect title="{"x" * 2**20}" />'),
    "gigantic comment": _page(1, extra="<sha1>" + "x" * 2**20 + "</sha1>"),
    "many attributes": _page(1, extra="<a " + "".join(f'a{n}="" ' for n in range(50_000)) + "/>"),
    "two pages in one": _page(1).replace("</page>", "") + _page(2),
    "unknown element": _page(1, extra="<a/>"),
    "wrong time": _page(1).replace("2020-01-01", "2020-91-01"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_pages_that_are_malformed(tmp_path, name):
    path = _write(tmp_path / "dewiki-x.xml.bz2", HEADER, BROKEN[name], _page(3), END)
    first, second = _read(path)
    assert first.reason == "malformed"
    assert len(first.title) <= 1024
    assert second == Article(3, "Titel 3", "Ein Text.")


def _peak(path):
    """The pages of a dump by what they are, and the most memory that Python had for them."""
    tracemalloc.start()
    try:
        counts = Counter(
            page.reason if isinstance(page, SkippedPage) else "article"
            for item in _items(path)
            for page in read_pages(item)
        )
        return counts, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_of_large_pages(tmp_path):
    path = tmp_path / "dewiki-x.xml.bz2"
    with bz2.open(path, "wb", compresslevel=1) as file:
        file.write(HEADER.encode())
        head, tail = _page(1, "@").split("@")
        for size in (50, 7):
            file.write(head.encode())
            for _ in range(size):
                file.write(b"x" * 2**20)
            file.write(tail.encode())
        file.write((_page(2) + END).encode())
    counts, peak = _peak(path)
    assert counts == {"too_large": 1, "article": 2}
    assert peak < 60 * 2**20
    assert next(read_pages(_items(path)[0])) == SkippedPage("too_large", "Titel 1")


def test_memory_of_many_pages(tmp_path):
    path = _write(tmp_path / "dewiki-x.xml", HEADER, "".join(map(_page, range(4000))), END)
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
            _read(path)
        assert tracemalloc.get_traced_memory()[1] < 60 * 2**20
    finally:
        tracemalloc.stop()


def test_limit_of_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(page_splitter, "MAX_PAGE_BYTES", len(_page(1).strip()))
    path = _write(tmp_path / "dewiki-x.xml", HEADER, _page(1), _page(22), _page(3), END)
    kinds = [type(page) for page in _read(path)]
    assert kinds == [Article, SkippedPage, Article]


def test_real_dumps(real_data):
    """Nothing is left out of 124 dumps; redirects and articles are those of their XML."""
    counts = Counter()
    found = Counter()
    paths = sorted((real_data / "wiki_dumps").glob("*wiki-*.bz2"))
    for path in paths:
        xml = b"".join(read_chunks(_items(path)[0]))
        counts["pages"] += xml.count(b"<page>")
        counts["redirects"] += sum(
            b"<redirect " in page and b"<ns>0</ns>" in page for page in xml.split(b"<page>")
        )
        for page in _read(path):
            found["pages"] += 1
            found["redirects"] += isinstance(page, SkippedPage) and page.reason == "redirect"
            found["malformed"] += isinstance(page, SkippedPage) and page.reason == "malformed"
    assert len(paths) >= 124
    assert found == {**counts, "malformed": 0}
    assert counts["pages"] > 300
