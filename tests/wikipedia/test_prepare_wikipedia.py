"""Dumps to records: what is in them, on two runners, and after all kinds of accidents."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import tensorflow as tf

from minibert.data.text_info import load_text_info
from minibert.errors import InputError
from minibert.wikipedia.article_sentences import read_wikipedia_sentences
from minibert.wikipedia.dump_parts import dump_parts
from minibert.wikipedia.extraction import bytes_done
from minibert.wikipedia.prepare_wikipedia import prepare_wikipedia
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from tests.conftest import TESTDATA, command, run_script
from tests.wikipedia.dumps import GERMAN, write_dump, write_multistream

_EXTRACTION = "minibert.wikipedia.extraction"
_JOB = "minibert.wikipedia.prepare_wikipedia"
_PLAN = "minibert.wikipedia.arrangement_plan"


@pytest.fixture
def dumps(tmp_path):
    directory = tmp_path / "dumps"
    directory.mkdir()
    write_dump(
        directory / "dewiki-20200101-pages-articles.xml.bz2",
        GERMAN,
        {"title": "Diskussion:A/B", "ns": 1, "text": "Das ist keine Seite, die zählt."},
        {"redirect": '<redirect title="X" />', "text": "#REDIRECT [[X]]"},
        "Hier steht der zweite Satz. Это предложение написано по-русски.",
    )
    write_dump(
        directory / "frwiki-20200101-pages-articles.xml",
        *(f"Voici la phrase numéro {i} de cette page." for i in range(40)),
    )
    return directory


def _prepare(dumps, output_dir, beam_options=(), **options):
    places = {"input": (f"{dumps}/*.xml*",), "output_dir": str(output_dir)}
    config = PrepareWikipediaConfig(**{**places, "num_workers": 1, **options})
    prepare_wikipedia(config, beam_options)
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
    # The two have 3 and 40 different ones.
    assert len(_all(_sentences(info, "de"))) == 3
    assert len(_all(_sentences(info, "fr"))) == 9
    assert info.counts["de"]["duplicates"] == 1
    assert info.counts["fr"]["not_drawn"] == 31


def test_languages_and_shards(dumps, tmp_path):
    info = _prepare(dumps, tmp_path / "out", languages=("fr",), gzip=False)
    assert {part.language for part in info.parts} == {"fr"}
    with pytest.raises(InputError, match="--languages: no dump of 'en' in --input"):
        _prepare(dumps, tmp_path / "none", languages=("en", "fr"))


def test_a_cut_dump_loses_no_other_and_is_read_again_when_mended(dumps, tmp_path, monkeypatch):
    path = dumps / "dewiki-20200101-pages-articles.xml.bz2"
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(InputError, match=r"dewiki-.*; the same command goes on"):
        _prepare(dumps, tmp_path / "out")
    assert not (tmp_path / "out" / "dataset.json").exists()
    path.write_bytes(whole)
    with pytest.raises(InputError, match="begun with min_characters=10, not 5; give the same to"):
        _prepare(dumps, tmp_path / "out", min_characters=5)
    reference = _prepare(dumps, tmp_path / "reference")
    # Nothing of the other is needed any more.
    monkeypatch.setattr(f"{_EXTRACTION}.read_wikipedia_sentences", _german_only)
    assert _prepare(dumps, tmp_path / "out").parts == reference.parts


def _german_only(item, language, *arguments):
    assert language == "de"
    return read_wikipedia_sentences(item, language, *arguments)


def test_how_much_is_done(dumps, tmp_path, monkeypatch):
    """By the bytes that are read of each part, and those of parts that are done."""
    monkeypatch.setattr(f"{_EXTRACTION}._SECONDS_BETWEEN_PROGRESS", 0)
    monkeypatch.setattr(f"{_JOB}._read_counts", _killed)
    with pytest.raises(KeyboardInterrupt):
        _prepare(dumps, tmp_path / "out")
    work = tmp_path / "out" / "work"
    sizes = {path.name[:2]: path.stat().st_size for path in dumps.iterdir()}
    config = PrepareWikipediaConfig(input=(f"{dumps}/*.xml*",), output_dir="x")
    parts = dump_parts(config)
    assert bytes_done(parts, str(work)) == sum(sizes.values())
    for path in work.glob("*-*.json"):
        path.unlink()
    # What was read last was all.
    assert bytes_done(parts, str(work)) == sum(sizes.values())
    (french,) = work.glob("fr-*.progress")
    french.write_text("100")
    assert bytes_done(parts, str(work)) == sizes["de"] + 100
    french.unlink()
    assert bytes_done(parts, str(work)) == sizes["de"]


def test_a_dump_that_was_changed_is_read_again(dumps, tmp_path, monkeypatch):
    """Also if everything of the job but its last file was there."""
    with monkeypatch.context() as patch:
        patch.setattr(f"{_JOB}.TextInfo.to_json", _killed)
        with pytest.raises(KeyboardInterrupt):
            _prepare(dumps, tmp_path / "out")
    write_dump(dumps / "dewiki-20200101-pages-articles.xml.bz2", "Das ist ein neuer Satz.")
    info = _prepare(dumps, tmp_path / "out")
    assert _all(_sentences(info, "de")) == ["Das ist ein neuer Satz."]
    assert info.parts == _prepare(dumps, tmp_path / "reference").parts


def test_a_multistream_dump_is_read_in_parts(tmp_path, small_parts):
    """What comes out is what comes out of the dump as a whole."""
    texts = [f"Voici la phrase numéro {i}. En voici une autre, {i}." for i in range(60)]
    dump = write_multistream(tmp_path, "fr", texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{_JOB}.TextInfo.to_json", _killed)
        with pytest.raises(KeyboardInterrupt):
            _prepare(tmp_path, tmp_path / "out")
    assert len(list((tmp_path / "out" / "work").glob("fr-*.jsonl.gz"))) == 6
    info = _prepare(tmp_path, tmp_path / "out")
    assert info.counts["fr"]["articles"] == 60
    assert len(_all(_sentences(info, "fr"))) == 120
    dump.with_name("frwiki-20200101-pages-articles-multistream-index.txt.bz2").unlink()
    whole = _prepare(tmp_path, tmp_path / "whole")
    assert (whole.parts, whole.counts) == (info.parts, info.counts)


def test_udpipe_cuts_sentences(udpipe_model, tmp_path):
    (tmp_path / "models").mkdir()
    shutil.copy(udpipe_model, tmp_path / "models" / "en.udpipe")
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    write_dump(dumps / "enwiki-1-pages-articles.xml", "The dog sees a cat. The cat sees a dog.")
    options = {"splitter": "udpipe", "udpipe_models": str(tmp_path / "models")}
    info = _prepare(dumps, tmp_path / "out", **options)
    assert sorted(_all(_sentences(info, "en"))) == ["The cat sees a dog.", "The dog sees a cat."]
    write_dump(dumps / "dewiki-1-pages-articles.xml", GERMAN)
    with pytest.raises(
        InputError, match=r"models/de.udpipe: no such file here; .* with --languages"
    ):
        _prepare(dumps, tmp_path / "other", **options)
    assert not (tmp_path / "other").exists()


def test_a_job_that_is_killed_goes_on(tmp_path):
    """The whole program, at any moment; what it leaves makes no difference."""
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    for language in ("de", "fr", "it", "es", "pt", "nl"):
        pages = (f"Das ist Satz {i} von {language}. Noch ein Satz, {i}." * 20 for i in range(500))
        write_dump(dumps / f"{language}wiki-1-pages-articles.xml", *pages)
    flags = {"input": f"{dumps}/*.xml", "num_workers": 2, "output_dir": tmp_path / "out"}
    work = tmp_path / "out" / "work"
    for moment in ("*-*.json", "results", "../train/*"):
        process = subprocess.Popen(command("prepare_wikipedia", **flags), stderr=subprocess.DEVNULL)
        before = set(work.glob(moment))
        while process.poll() is None and set(work.glob(moment)) == before:
            time.sleep(0.01)
        process.kill()
        process.wait()
        assert not (tmp_path / "out" / "dataset.json").exists()
    (tmp_path / "out" / "train" / "de-00000.x.partial").touch()
    result = run_script("prepare_wikipedia", **flags)
    assert result.returncode == 0, result.stderr
    reference = _prepare(dumps, tmp_path / "reference")
    info = load_text_info(tmp_path / "out")
    assert (info.parts, info.counts) == (reference.parts, reference.counts)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"dataset.json", "train", "dev"}
    listed = {shard.path for part in info.parts for shard in part.shards}
    there = {f"{path.parent.name}/{path.name}" for path in (tmp_path / "out").glob("*/*")}
    assert there == listed


def test_a_worker_that_is_killed_ends_the_job(tmp_path):
    """Apache Beam would wait for it for good."""
    pages = (f"Das ist Satz {i}. Noch ein Satz, {i}." * 40 for i in range(4000))
    dump = write_dump(tmp_path / "dewiki-1-pages-articles.xml", *pages)
    flags = {"input": dump, "num_workers": 2, "output_dir": tmp_path / "out"}
    process = subprocess.Popen(
        command("prepare_wikipedia", **flags), stderr=subprocess.PIPE, text=True
    )
    while not (workers := _workers(process.pid)):
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(workers[0], signal.SIGKILL)
    _, messages = process.communicate(timeout=120)
    assert process.returncode == 1
    last = messages.splitlines()[-1]
    assert re.match(r"error: a worker process ended with code (-9|137); .* goes on", last)


def _workers(pid):
    """The processes of the workers that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command_line = (path / "cmdline").read_bytes()
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid and b"sdk_worker_main" in command_line:
            found.append(int(path.name))
    return found


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("plan.json", "{", "work/plan.json: damaged; remove .*work to begin anew"),
        ("fr-*.json", "", "fr-.*json: damaged; remove it, and its part is read again"),
        ("fr-*.jsonl.gz", "x", "fr-.*jsonl.gz: damaged; remove its directory to begin anew"),
    ],
)
def test_what_is_damaged_in_the_work(dumps, tmp_path, monkeypatch, name, content, message):
    with monkeypatch.context() as patch:
        patch.setattr(f"{_JOB}._read_counts", _killed)
        with pytest.raises(KeyboardInterrupt):
            _prepare(dumps, tmp_path / "out")
    (path,) = (tmp_path / "out" / "work").glob(name)
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        _prepare(dumps, tmp_path / "out")


def test_files_of_others_are_left_alone(dumps, tmp_path):
    (tmp_path / "out" / "work").mkdir(parents=True)
    (tmp_path / "out" / "work" / "thesis.tex").touch()
    with pytest.raises(InputError, match=r"thesis.tex: there, but of no job that goes on"):
        _prepare(dumps, tmp_path / "out")
    assert (tmp_path / "out" / "work" / "thesis.tex").exists()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: not a directory; name another"):
        _prepare(dumps, tmp_path / "file")


def test_copies_take_no_memory(tmp_path):
    """A sentence that is there a million times is merged where it is read."""
    text = "Das ist ein Satz. " * 20_000
    write_dump(tmp_path / "dewiki-1-pages-articles.xml", *[text] * 10)
    info = _prepare(tmp_path, tmp_path / "out", held_out_fraction=0.0)
    assert info.counts["de"]["read"] == 200_000
    assert info.counts["de"]["duplicates"] == 199_999
    assert _all(_sentences(info, "de")) == ["Das ist ein Satz."]


def test_what_is_whole_is_not_made_again(dumps, tmp_path, monkeypatch):
    """A job that ended before dataset.json was written reads no dump and writes no shard."""
    with monkeypatch.context() as patch:
        patch.setattr(f"{_JOB}.text_table", _killed)
        patch.setattr(f"{_JOB}.TextInfo.to_json", _killed)
        with pytest.raises(KeyboardInterrupt):
            _prepare(dumps, tmp_path / "out")
    shards = sorted((tmp_path / "out" / "train").iterdir())
    times = [path.stat().st_mtime_ns for path in shards]
    # As if the job had ended while it wrote them.
    for path in (tmp_path / "out" / "work" / "results").iterdir():
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
    reference = _prepare(dumps, tmp_path / "reference")
    for name, first, then in (("a", 1, 2**28), ("b", 2**28, 1)):
        with monkeypatch.context() as patch:
            patch.setattr(f"{_PLAN}._BATCH_BYTES", first)
            patch.setattr(f"{_JOB}.TextInfo.to_json", _killed)
            with pytest.raises(KeyboardInterrupt):
                _prepare(dumps, tmp_path / name)
        monkeypatch.setattr(f"{_PLAN}._BATCH_BYTES", then)
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
    monkeypatch.setattr(f"{_PLAN}._RECORD_BYTES", 2**18)
    many = _prepare(dumps, tmp_path / "many", shard_megabytes=1)
    (train,) = (p for p in many.parts if (p.language, p.split) == ("fr", "train"))
    assert len(train.shards) > 5
    # Shards are sections of the order.
    assert _sentences(one, "fr") == _sentences(many, "fr")


@pytest.mark.parametrize("options", [{}, {"drop_duplicates": False}])
def test_a_language_that_is_arranged_in_sections(dumps, tmp_path, monkeypatch, options):
    """As one that is larger than memory; what is drawn is exactly as many."""
    one = _prepare(dumps, tmp_path / "one", held_out_fraction=0.2, **options)
    monkeypatch.setattr(f"{_PLAN}._SECTION_BYTES", 2000)
    monkeypatch.setattr(f"{_PLAN}._BATCH_BYTES", 2000)
    many = _prepare(dumps, tmp_path / "many", held_out_fraction=0.2, **options)
    for language in ("de", "fr"):
        assert _sentences(one, language) == _sentences(many, language)
    assert one.counts == many.counts
    (train,) = (p for p in many.parts if (p.language, p.split) == ("fr", "train"))
    assert len(train.shards) > 3
    monkeypatch.setattr("minibert.wikipedia.arrangement._WAITING_SENTENCES", 3)
    drawn = _prepare(dumps, tmp_path / "drawn", max_sentences_per_language=17, **options)
    monkeypatch.setattr(f"{_PLAN}._BATCH_BYTES", 2**28)
    again = _prepare(dumps, tmp_path / "again", max_sentences_per_language=17, **options)
    assert drawn.parts == again.parts
    found = _all(_sentences(drawn, "fr"))
    assert len(found) == 17
    assert {*found} < {*_all(_sentences(one, "fr"))}
    assert drawn.counts["fr"]["not_drawn"] == 23


def _killed(*arguments, **options):
    raise KeyboardInterrupt


def test_pages_that_fail_are_named(dumps, tmp_path, capsys):
    write_dump(
        dumps / "enwiki-1-pages-articles.xml",
        "[[a " * 500_000,
        "This is a good sentence.",
        {"title": "Again", "id": 2, "text": "This is another sentence."},
        {"title": "Bad", "id": "x", "text": "This is one more sentence."},
    )
    info = _prepare(dumps, tmp_path / "out", languages=("en",))
    assert info.counts["en"]["failed_pages"] == 1
    assert info.counts["en"]["duplicate_page_id"] == 1
    assert info.counts["en"]["malformed"] == 1
    left_out = json.loads((tmp_path / "out" / "left_out_pages.json").read_text())
    assert [(page["language"], page["title"], page["reason"]) for page in left_out] == [
        ("en", "Seite 1", "over 300000 brackets and entities"),
        ("en", "Again", "duplicate_page_id"),
        ("en", "Bad", "malformed"),
    ]
    assert "left_out_pages.json: pages that could not be read" in capsys.readouterr().out


def test_a_teacher_reads_it(demo_model, tmp_path):
    """What distillation needs is there, as in text of `prepare_text.py`."""
    _prepare(TESTDATA / "wikipedia", tmp_path / "text", held_out_fraction=0.2)
    places = {"transfer_dir": tmp_path / "text", "output_dir": tmp_path / "outputs"}
    result = run_script("cache_teacher_outputs", teacher_dir=demo_model, **places)
    assert result.returncode == 0, result.stderr


def test_nothing_is_left(tmp_path):
    write_dump(tmp_path / "dewiki-1-pages-articles.xml", "Kurz.")
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


@pytest.mark.parametrize(
    ("options", "beam_options", "message"),
    [
        ({"input": ("/no/such*",)}, (), "no such file"),
        ({}, ("--runner=NoSuchRunner",), "Apache Beam: "),
        ({"output_dir": "nosuch://x"}, (), "nosuch://x: Unable to get filesystem"),
        ({"output_dir": "/tmp/x[1]"}, (), r"--output_dir=/tmp/x\[1\]: must name a directory"),
        ({"output_dir": ""}, (), "--output_dir=: must name a directory"),
        ({}, ("--runer=X",), "behind --: no --runner; give one"),
        ({}, ("--runner=X", "--direct_num_workers=x"), "--direct_num_workers: invalid int value"),
        ({"min_script_fraction": 2.0}, (), "--min_script_fraction=2.0: must be from 0 to 1"),
        ({"splitter": "udpipe"}, (), "--udpipe_models=None: needed for --splitter=udpipe"),
    ],
)
def test_bad_options(dumps, tmp_path, options, beam_options, message):
    places = {"output_dir": tmp_path / "out", **options}
    with pytest.raises(InputError, match=message):
        _prepare(dumps, beam_options=beam_options, **places)


def test_flags_that_beam_does_not_know(dumps, tmp_path, caplog):
    """A runner may."""
    _prepare(dumps, tmp_path / "out", ("--runner=FnApiRunner", "--some_flag=3", "--job_name=x"))
    assert [record.message for record in caplog.records if "behind" in record.message] == [
        "behind --: Apache Beam does not know --some_flag; the runner may"
    ]


def test_bad_command_lines(dumps, tmp_path):
    flags = {"input": f"{dumps}/*.xml*", "output_dir": tmp_path / "out"}
    result = run_script("prepare_wikipedia", "--", "--runner=NoSuchRunner", **flags)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("error: Apache Beam: ")
    result = run_script("prepare_wikipedia", "stray", **flags)
    assert result.returncode == 1
    assert "unexpected argument 'stray'" in result.stdout + result.stderr
