"""Dumps and records that are in an object store, as of `gs://`."""

import pytest

from minibert.data.text_info import load_text_info
from minibert.errors import InputError
from minibert.wikipedia.prepare_wikipedia import prepare_wikipedia
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from tests.wikipedia import memory_file_system
from tests.wikipedia.dumps import GERMAN, write_dump, write_multistream


@pytest.fixture
def store(monkeypatch):
    """The names and contents."""
    monkeypatch.setattr(memory_file_system, "FILES", {})
    return memory_file_system.FILES


@pytest.fixture
def dumps(store, tmp_path):
    """The same dumps here and there."""
    directory = tmp_path / "dumps"
    directory.mkdir()
    write_dump(directory / "dewiki-20200101-pages-articles.xml.bz2", GERMAN)
    write_multistream(directory, "fr", (f"Voici la phrase numéro {i}." for i in range(60)))
    for path in directory.iterdir():
        memory_file_system.put(f"mem://bucket/dumps/{path.name}", path.read_bytes())
    return directory


def _prepare(place, output_dir, **options):
    config = PrepareWikipediaConfig(
        input=(f"{place}/*wiki-*.xml*",), output_dir=str(output_dir), num_workers=1, **options
    )
    prepare_wikipedia(config, ())


def test_records_are_the_same(dumps, store, tmp_path, small_parts):
    _prepare(dumps, tmp_path / "here")
    _prepare("mem://bucket/dumps", "mem://bucket/out")
    prefix = "mem://bucket/out/"
    written = {path.removeprefix(prefix) for path in store if path.startswith(prefix)}
    here = tmp_path / "here"
    found = {str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()}
    assert written == found
    for name in found:
        path = tmp_path / "copied" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(store[f"{prefix}{name}"])
    copied, info = load_text_info(tmp_path / "copied"), load_text_info(here)
    assert copied.parts == info.parts
    assert copied.counts == info.counts


def test_a_job_goes_on(dumps, store):
    path = "mem://bucket/dumps/dewiki-20200101-pages-articles.xml.bz2"
    whole = store[path]
    memory_file_system.put(path, whole[:-30])
    with pytest.raises(InputError, match=f"{path}: .*; the same command goes on"):
        _prepare("mem://bucket/dumps", "mem://bucket/out")
    memory_file_system.put(path, whole)
    _prepare("mem://bucket/dumps", "mem://bucket/out")
    assert "mem://bucket/out/dataset.json" in store
    with pytest.raises(InputError, match="mem://bucket/out: exists already"):
        _prepare("mem://bucket/dumps", "mem://bucket/out")
    del store["mem://bucket/out/dataset.json"]
    with pytest.raises(InputError, match="out/train: there, but of no job that goes on"):
        _prepare("mem://bucket/dumps", "mem://bucket/out")


def test_what_is_not_there(store, tmp_path):
    with pytest.raises(InputError, match=r"--input=mem://none/\*wiki-\*.xml\*: no such file"):
        _prepare("mem://none", tmp_path / "out")
    with pytest.raises(InputError, match=r"nosuch://none/.*: .*Unable to get filesystem"):
        _prepare("nosuch://none", tmp_path / "out")
