import pytest

from minibert.errors import InputError
from minibert.wikipedia.dump_name import (
    check_different_pages,
    index_of_dump,
    language_of_dump,
)


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
