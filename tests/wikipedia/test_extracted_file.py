"""The file of extracted sentences: each section has its sentences, and only they are read."""

import gzip
import io
from itertools import chain

import pytest

from minibert.data.text_reader import TextSentence
from minibert.errors import InputError
from minibert.wikipedia import beam_files
from minibert.wikipedia.extracted_file import read_extracted, write_extracted
from minibert.wikipedia.text_order import digest, place_digits, section

FILE = "minibert.wikipedia.extracted_file"
# With copies, which have one place, and with what ends lines of other programs.
_TEXTS = [f"Satz {number % 700}\u2028 «ß» \x85" for number in range(1000)]
# Of an index that is all of a file.
_BEGIN = b"0" * 16


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A file of four runs of twenty pieces, and a short one."""
    monkeypatch.setattr(f"{FILE}._RUN_BYTES", 12_000)
    monkeypatch.setattr(f"{FILE}._PIECE_BYTES", 600)
    path = str(tmp_path / "some.sentences")
    write_extracted(
        path, (TextSentence(text, "de", f"dewiki:{i}:1") for i, text in enumerate(_TEXTS))
    )
    return path


@pytest.mark.parametrize("sections", [1, 2, 3, 50, 3000])
def test_each_section_has_its_sentences(path, sections):
    expected = [[] for _ in range(sections)]
    for number, text in enumerate(_TEXTS):
        expected[section(digest(text), sections)].append((text, f"dewiki:{number}:1"))
    found = [sorted(read_extracted(path, i, i + 1, sections)) for i in range(sections)]
    assert found == [sorted(of_section) for of_section in expected]
    first, end = sections // 3, sections // 3 + sections // 2
    some = sorted(read_extracted(path, first, end, sections)) if first < end else []
    assert some == sorted(chain.from_iterable(expected[first:end]))


def test_only_what_is_wanted_is_read(path, monkeypatch):
    sizes = []

    class Counted(io.FileIO):
        def read(self, size=-1):
            content = super().read(size)
            sizes.append(len(content))
            return content

    monkeypatch.setattr(beam_files, "open_input", Counted)
    assert len(list(read_extracted(path, 0, 1, 1))) == len(_TEXTS)
    whole = sum(sizes[2:])
    sizes.clear()
    assert list(read_extracted(path, 20, 21, 40))
    # Of each run no more than two pieces.
    assert sum(sizes[2:]) < whole / 8


def test_nothing_to_write(tmp_path):
    path = str(tmp_path / "none.sentences")
    write_extracted(path, [])
    assert list(read_extracted(path, 0, 1, 1)) == []


def test_copies_in_several_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{FILE}._PIECE_BYTES", 600)
    path = str(tmp_path / "copies.sentences")
    texts = [*["Ein Satz, den es oft gibt."] * 100, *map(str, range(500))]
    write_extracted(path, (TextSentence(text, "de", "dewiki:1:1") for text in texts))
    for text, number in ((texts[0], 100), (texts[100], 1)):
        place = int(place_digits(digest(text)), 16)
        found = list(read_extracted(path, place, place + 1, 2**32))
        assert found == [(text, "dewiki:1:1")] * number


def test_damage(path, tmp_path):
    with open(path, "rb") as file:
        content = file.read()
    damaged = tmp_path / "damaged.sentences"
    middle = len(content) // 3
    for wrong in (
        *(content[:end] for end in (0, 1, 15, 16, middle, len(content) - 1)),
        content[:middle] + bytes(100) + content[middle + 100 :],
        content[1:],
        # A digit of the index.
        content[:-30] + bytes([content[-30] ^ 1]) + content[-29:],
        gzip.compress(b'{"a": 1}') + _BEGIN,
        gzip.compress(b"[[[1], [0, 1]]]") + _BEGIN,
        gzip.compress(b'[[["0"], [0]]]') + _BEGIN,
    ):
        damaged.write_bytes(wrong)
        with pytest.raises(InputError, match=r"damaged.sentences: damaged; remove its directory"):
            list(read_extracted(str(damaged), 0, 1, 1))
