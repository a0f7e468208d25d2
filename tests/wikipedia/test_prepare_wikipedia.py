"""Dumps to records: what is in them, on two runners, and after all kinds of accidents."""

import bz2
import json
import socket
import subprocess
import sys
import time
from collections import Counter

import pytest
import tensorflow as tf

from minibert.data.text_info import load_text_info
from minibert.errors import InputError
from minibert.wikipedia.prepare_wikipedia import prepare_wikipedia
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from tests.conftest import TESTDATA, run_script

_HEADER = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10">
<siteinfo><sitename>Wikipedia</sitename><dbname>{language}wiki</dbname><namespaces>
<namespace key="0" case="first-letter" /><namespace key="6" case="first-letter">Datei</namespace>
</namespaces></siteinfo>
"""
_PAGE = """<page><title>{title}</title><ns>{ns}</ns><id>{id}</id>{redirect}<revision><id>1</id>
<model>wikitext</model><format>text/x-wiki</format><text xml:space="preserve">{text}</text>
</revision></page>
"""
_GERMAN = (
    "Das ist der {{lang|de|erste}} [[Satz|erste Satz]]. Hier steht der zweite Satz. Kurz.\n\n"
    "[[Datei:Bild.jpg|thumb|Ein Bild.]]Noch ein ''anderer'' Absatz steht hier."
    "&lt;ref&gt;Nein.&lt;/ref&gt;"
)


def _dump(path, *pages, **options):
    """Writes a dump; a page is its text, or a dictionary of what else it has."""
    xml = _HEADER.format(language=path.name.split("wiki")[0])
    for number, page in enumerate(pages, 1):
        fields = {"title": f"Seite {number}", "ns": 0, "id": number, "redirect": ""}
        xml += _PAGE.format(**fields | (page if isinstance(page, dict) else {"text": page}))
    xml += "</mediawiki>\n"
    content = xml.encode()
    path.write_bytes(bz2.compress(content) if path.suffix == ".bz2" else content)
    return path


@pytest.fixture
def dumps(tmp_path):
    directory = tmp_path / "dumps"
    directory.mkdir()
    _dump(
        directory / "dewiki-20200101-pages-articles.xml.bz2",
        _GERMAN,
        {"title": "Diskussion:A/B", "ns": 1, "text": "Das ist keine Seite, die zählt."},
        {"redirect": '<redirect title="X" />', "text": "#REDIRECT [[X]]"},
        "Hier steht der zweite Satz. Это предложение написано по-русски.",
    )
    _dump(
        directory / "frwiki-20200101-pages-articles.xml",
        *(f"Voici la phrase numéro {i} de cette page." for i in range(40)),
    )
    return directory


def _prepare(dumps, output_dir, beam_options=(), **options):
    options = {"input": (f"{dumps}/*.xml*",), "num_workers": 1, **options}
    prepare_wikipedia(PrepareWikipediaConfig(output_dir=str(output_dir), **options), beam_options)
    return load_text_info(output_dir)


def _sentences(info, language):
    """Split to the texts of its records, in order."""
    found = {}
    for part in info.parts:
        if part.language == language:
            paths = [str(info.directory / shard.path) for shard in part.shards]
            records = tf.data.TFRecordDataset(paths, "GZIP" if info.gzip else "")
            examples = map(tf.train.Example.FromString, records.as_numpy_iterator())
            found[part.split] = [_text(example, language) for example in examples]
            assert len(found[part.split]) == part.sentences
            assert sum(map(len, found[part.split])) == part.characters
    return found


def _all(by_split):
    return [text for texts in by_split.values() for text in texts]


def _text(example, language):
    (text,), (found,), (source,) = (
        example.features.feature[name].bytes_list.value
        for name in ("text", "language", "source_id")
    )
    assert found.decode() == language
    assert source.decode().startswith(f"{language}wiki:")
    return text.decode()


def test_records(dumps, tmp_path, capsys):
    info = _prepare(dumps, tmp_path / "out", held_out_fraction=0.2)
    german = _sentences(info, "de")
    assert Counter(_all(german)) == Counter(
        [
            "Das ist der erste Satz.",
            "Hier steht der zweite Satz.",
            "Noch ein anderer Absatz steht hier.",
        ]
    )
    assert info.counts["de"] == {
        **dict.fromkeys(info.counts["de"], 0),
        "pages": 4,
        "articles": 2,
        "other_namespace": 1,
        "redirect": 1,
        "read": 6,
        "too_short": 1,
        "other_script": 1,
        "duplicates": 1,
    }
    french = _sentences(info, "fr")
    assert {*french} == {"train", "dev"}
    assert len(french["train"]) + len(french["dev"]) == 40
    # Not in the order of the dump.
    numbers = [int(text.split()[4]) for text in french["train"]]
    assert numbers != sorted(numbers)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"dataset.json", "train", "dev"}
    assert "duplicates" in capsys.readouterr().out


def test_limits(dumps, tmp_path):
    info = _prepare(dumps, tmp_path / "out", max_sentences_per_language=7, min_characters=1)
    assert len(_all(_sentences(info, "fr"))) == 7
    assert info.counts["fr"]["not_drawn"] == 33
    german = _sentences(info, "de")
    assert "Kurz." in _all(german)
    info = _prepare(
        dumps, tmp_path / "all", drop_duplicates=False, min_script_fraction=0.0, max_characters=28
    )
    assert len(_all(_sentences(info, "de"))) == 3
    assert info.counts["de"]["too_long"] == 2


def test_languages_share_a_total(dumps, tmp_path):
    info = _prepare(dumps, tmp_path / "out", max_sentences=12, sampling_exponent=0.0)
    # The two have 4 and 40; without the duplicate it is 3.
    assert len(_all(_sentences(info, "de"))) == 3
    assert len(_all(_sentences(info, "fr"))) == 8


def test_languages_and_shards(dumps, tmp_path):
    info = _prepare(dumps, tmp_path / "out", languages=("fr",), gzip=False)
    assert {part.language for part in info.parts} == {"fr"}
    with pytest.raises(InputError, match="--languages: no dump of 'en' in --input"):
        _prepare(dumps, tmp_path / "none", languages=("en", "fr"))


def test_a_cut_dump_loses_no_other_and_is_read_again_when_mended(dumps, tmp_path):
    path = dumps / "dewiki-20200101-pages-articles.xml.bz2"
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(InputError, match=r"dewiki-.*; the same command goes on"):
        _prepare(dumps, tmp_path / "out")
    assert not (tmp_path / "out" / "dataset.json").exists()
    (french,) = (tmp_path / "out" / "work").glob("fr-*.json")
    before = french.stat().st_mtime_ns
    path.write_bytes(whole)
    with pytest.raises(InputError, match="begun with min_characters=10, not 5; give the same to"):
        _prepare(dumps, tmp_path / "out", min_characters=5)
    reference = _prepare(dumps, tmp_path / "reference")
    french.with_suffix(".jsonl.gz").touch()
    assert french.stat().st_mtime_ns == before
    assert _prepare(dumps, tmp_path / "out").parts == reference.parts


def test_what_is_whole_is_not_made_again(dumps, tmp_path, monkeypatch):
    """A job that ended before dataset.json was written reads no dump and writes no shard."""
    job = "minibert.wikipedia.prepare_wikipedia"
    with monkeypatch.context() as patch:
        patch.setattr(f"{job}.text_table", _killed)
        patch.setattr(f"{job}.TextInfo.to_json", _killed)
        with pytest.raises(KeyboardInterrupt):
            _prepare(dumps, tmp_path / "out")
    shards = sorted((tmp_path / "out" / "train").iterdir())
    times = [path.stat().st_mtime_ns for path in shards]
    # As if the job had ended while it wrote them.
    for path in (tmp_path / "out" / "work" / "arranged").iterdir():
        path.unlink()
    shards[0].unlink()
    monkeypatch.setattr("minibert.wikipedia.extraction.read_wikipedia_sentences", _killed)
    info = _prepare(dumps, tmp_path / "out")
    assert [path.stat().st_mtime_ns for path in shards[1:]] == times[1:]
    assert shards[0].stat().st_mtime_ns != times[0]
    monkeypatch.undo()
    assert _prepare(dumps, tmp_path / "reference").parts == info.parts


def test_other_batches_do_not_take_what_these_have_made(dumps, tmp_path, monkeypatch):
    """As of another runner, which arranges all languages together."""
    job = "minibert.wikipedia.prepare_wikipedia"
    reference = _prepare(dumps, tmp_path / "reference")
    for name, first, then in (("a", 1, 2**28), ("b", 2**28, 1)):
        with monkeypatch.context() as patch:
            patch.setattr(f"{job}._BATCH_BYTES", first)
            patch.setattr(f"{job}.TextInfo.to_json", _killed)
            with pytest.raises(KeyboardInterrupt):
                _prepare(dumps, tmp_path / name)
        monkeypatch.setattr(f"{job}._BATCH_BYTES", then)
        info = _prepare(dumps, tmp_path / name)
        assert (info.parts, info.counts) == (reference.parts, reference.counts)


def test_results_of_no_job_are_not_taken(dumps, tmp_path):
    _prepare(dumps, tmp_path / "out")
    (tmp_path / "out" / "dataset.json").unlink()
    with pytest.raises(InputError, match="out/train: there, but of no job that goes on; remove it"):
        _prepare(dumps, tmp_path / "out")


def test_several_shards(dumps, tmp_path, monkeypatch):
    """Each sentence is in one of them."""
    one = _prepare(dumps, tmp_path / "one")
    monkeypatch.setattr("minibert.wikipedia.arrangement._RECORD_BYTES", 2**18)
    many = _prepare(dumps, tmp_path / "many", shard_megabytes=1)
    (train,) = (p for p in many.parts if (p.language, p.split) == ("fr", "train"))
    assert len(train.shards) > 5
    assert sorted(_all(_sentences(one, "fr"))) == sorted(_all(_sentences(many, "fr")))


def _killed(*arguments, **options):
    raise KeyboardInterrupt


def test_pages_that_fail_are_named(dumps, tmp_path, capsys):
    _dump(dumps / "enwiki-1-pages-articles.xml", "[[a " * 500_000, "This is a good sentence.")
    info = _prepare(dumps, tmp_path / "out", languages=("en",))
    assert info.counts["en"]["failed_pages"] == 1
    (failed,) = json.loads((tmp_path / "out" / "failed_pages.json").read_text())
    assert (failed["language"], failed["title"]) == ("en", "Seite 1")
    assert "failed_pages.json" in capsys.readouterr().out


def test_a_teacher_reads_it(demo_model, tmp_path):
    """What distillation needs is there, as in text of `prepare_text.py`."""
    _prepare(TESTDATA / "wikipedia", tmp_path / "text", held_out_fraction=0.2)
    places = {"transfer_dir": tmp_path / "text", "output_dir": tmp_path / "outputs"}
    result = run_script("cache_teacher_outputs", teacher_dir=demo_model, **places)
    assert result.returncode == 0, result.stderr


def test_nothing_is_left(tmp_path):
    _dump(tmp_path / "dewiki-1-pages-articles.xml", "Kurz.")
    with pytest.raises(InputError, match="no sentence of it is left to train on"):
        _prepare(tmp_path, tmp_path / "out")


def test_another_runner_writes_the_same(dumps, tmp_path):
    """Through the portability API: what a worker needs goes to it over the network."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    service = subprocess.Popen(
        [
            *(sys.executable, "-m", "apache_beam.runners.portability.local_job_service_main"),
            f"--port={port}",
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        options = {"max_sentences_per_language": 20, "held_out_fraction": 0.2}
        flags = {**options, "input": f"{dumps}/*.xml*", "output_dir": tmp_path / "remote"}
        runner = ["--runner=PortableRunner", f"--job_endpoint=localhost:{port}"]
        result = run_script(
            "prepare_wikipedia", "--", *runner, "--environment_type=LOOPBACK", **flags
        )
        assert result.returncode == 0, result.stderr
    finally:
        service.terminate()
        service.wait()
    local = _prepare(dumps, tmp_path / "local", **options)
    remote = load_text_info(tmp_path / "remote")
    assert local.parts == remote.parts
    assert local.counts == remote.counts


def _wait_for(port):
    for _ in range(600):
        with socket.socket() as connection:
            if connection.connect_ex(("localhost", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the job service does not answer")


def test_several_workers(dumps, tmp_path):
    several = _prepare(dumps, tmp_path / "several", num_workers=2)
    assert several.parts == _prepare(dumps, tmp_path / "one").parts


def test_bad_input(dumps, tmp_path):
    for flags, arguments, message in (
        ({"input": "/no/such*"}, (), "no such file"),
        ({"input": tmp_path / "x.xml"}, (), "no such file"),
        ({"output_dir": tmp_path / "b"}, ("--", "--runner=NoSuchRunner"), "error: Apache Beam: "),
        ({"output_dir": tmp_path / "c"}, ("--", "--runer=X"), "behind --: no --runner; give one"),
        ({"min_script_fraction": 2}, (), "--min_script_fraction=2.0: must be from 0 to 1"),
        ({"splitter": "udpipe"}, (), "--udpipe_models=None: needed for --splitter=udpipe"),
    ):
        base = {"input": f"{dumps}/*.xml*", "output_dir": tmp_path / "a"}
        result = run_script("prepare_wikipedia", *arguments, **{**base, **flags})
        assert result.returncode == 1
        assert message in result.stderr.splitlines()[-1]
    result = run_script("prepare_wikipedia", "stray", **base)
    assert result.returncode == 1
    assert "unexpected argument 'stray'" in result.stdout + result.stderr
