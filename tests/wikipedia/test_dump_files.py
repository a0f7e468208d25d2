"""Parts of dumps, their bytes, and what is damaged of them."""

import bz2
import gzip
import pickle
import random
from itertools import pairwise

import pytest

from minibert.errors import InputError
from minibert.wikipedia import dump_files
from minibert.wikipedia.dump import read_pages
from minibert.wikipedia.dump_files import WorkItem, read_chunks
from minibert.wikipedia.dump_name import index_of_dump
from tests.wikipedia.dumps import (
    END,
    HEADER,
    items_of,
    page_xml,
    read_all,
    write_multistream,
    write_parts,
)


@pytest.fixture
def multistream(tmp_path):
    """What `write_multistream` gives of ten pages in four streams."""
    return write_multistream(tmp_path, "de", ["Ein Text."] * 10, per_stream=3)


@pytest.mark.parametrize("ending", [".xml", ".xml.bz2", ".xml.gz"])
def test_how_much_is_read(tmp_path, ending, multistream):
    """Seldom less than before, and all of it at the end."""
    pages = "".join(page_xml(i, random.Random(i).randbytes(3000).hex()) for i in range(100))
    path = write_parts(tmp_path / f"dewiki-x{ending}", HEADER, pages, END)
    sizes = []
    (item,) = items_of(path)
    for _ in read_pages(item, sizes.append):
        pass
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 1
    assert sizes[-1] == path.stat().st_size
    dump, _, offsets = multistream
    item = items_of(dump, target_bytes=1)[1]
    list(read_pages(item, sizes.append))
    assert sizes[-1] == offsets[2] - offsets[1]


def test_multistream_is_read_in_parts(multistream):
    path, index, offsets = multistream
    assert index_of_dump(str(path)) == str(index)
    size = path.stat().st_size
    items = items_of(path, target_bytes=1)
    assert [(item.start, item.end) for item in items] == list(
        zip([0, *offsets[1:]], [*offsets[1:], size], strict=True)
    )
    items = pickle.loads(pickle.dumps(items))
    numbers = [[page.page_id for page in read_pages(item)] for item in items]
    assert numbers == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10]]
    two = items_of(path, target_bytes=offsets[2])
    assert [item.start for item in two] == [0, offsets[2]]
    assert [page.page_id for page in read_pages(two[1])] == [7, 8, 9, 10]
    index.unlink()
    assert items_of(path, target_bytes=1) == [WorkItem(str(path), 0, size)]
    assert [page.page_id for page in read_all(path)] == list(range(1, 11))


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
def test_index_is_not_trusted(lines, message, multistream):
    path, index, _ = multistream
    write_parts(index, *lines)
    with pytest.raises(InputError) as error:
        items_of(path, target_bytes=1)
    assert message in str(error.value)
    index.write_bytes(b"no bz2")
    with pytest.raises(InputError, match="cannot read on"):
        items_of(path, target_bytes=1)


def test_part_of_a_changed_dump(multistream):
    path, _, offsets = multistream
    items = items_of(path, target_bytes=1)
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


def test_compression_that_is_damaged(tmp_path):
    dump = (HEADER + "".join(map(page_xml, range(3000))) + END).encode()
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
            read_all(path)
        assert message in str(error.value)
    path = tmp_path / "dewiki-x.xml.gz"
    for content in (b"no gz", gzip.compress(dump)[:-9], gzip.compress(dump) + b"garbage"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="is the file whole"):
            read_all(path)
    with pytest.raises(InputError, match="cannot open"):
        items_of(tmp_path / "dewiki-y.xml")
    with pytest.raises(InputError, match="not a regular file"):
        items_of(tmp_path)


def test_streams_that_are_cut_anywhere(tmp_path):
    """Ends of streams, of compressed blocks and of chunks need not be those of pages."""
    dump = (HEADER + "".join(map(page_xml, range(300))) + END).encode()
    path = tmp_path / "dewiki-x.xml.bz2"
    cuts = [0, 1, 5, 777, 778, 40_000, 40_001, len(dump)]
    streams = [bz2.compress(dump[a:b]) for a, b in pairwise(cuts)]
    path.write_bytes(bz2.compress(b"").join(streams))
    assert len(read_all(path)) == 300


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_chunks_of_any_size(tmp_path, monkeypatch, size):
    monkeypatch.setattr(dump_files, "_CHUNK_BYTES", size)
    monkeypatch.setattr(dump_files, "_BLOCK_BYTES", size)
    path = write_parts(tmp_path / "dewiki-x.xml.bz2", HEADER, page_xml(1), "\n\n", page_xml(2), END)
    assert max(map(len, read_chunks(items_of(path)[0]))) == size
    assert [page.page_id for page in read_all(path)] == [1, 2]
