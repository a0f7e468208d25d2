"""Jobs that were stopped, and started again, and what others have done in their directories."""

import json
import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from minibert.data.text_info import load_text_info
from minibert.errors import InputError
from minibert.wikipedia.article_sentences import read_wikipedia_sentences
from minibert.wikipedia.dump_parts import dump_parts
from minibert.wikipedia.extraction import bytes_done
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from tests.conftest import command, run_script
from tests.wikipedia.dumps import write_dump
from tests.wikipedia.jobs import EXTRACTION, JOB, killed, prepare, sentences_of, texts


def test_a_cut_dump_loses_no_other_and_is_read_again_when_mended(dumps, tmp_path, monkeypatch):
    path = dumps / "dewiki-20200101-pages-articles.xml.bz2"
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(InputError, match=r"dewiki-.*; the same command goes on"):
        prepare(dumps, tmp_path / "out")
    assert not (tmp_path / "out" / "dataset.json").exists()
    path.write_bytes(whole)
    with pytest.raises(InputError, match="begun with min_characters=10, not 5; give the same to"):
        prepare(dumps, tmp_path / "out", min_characters=5)
    reference = prepare(dumps, tmp_path / "reference")
    # Nothing of the other is needed any more.
    monkeypatch.setattr(f"{EXTRACTION}.read_wikipedia_sentences", _german_only)
    assert prepare(dumps, tmp_path / "out").parts == reference.parts


def _german_only(item, language, *arguments):
    assert language == "de"
    return read_wikipedia_sentences(item, language, *arguments)


def test_how_much_is_done(dumps, tmp_path, monkeypatch):
    """By the bytes that are read of each part, and those of parts that are done."""
    monkeypatch.setattr(f"{EXTRACTION}._SECONDS_BETWEEN_PROGRESS", 0)
    monkeypatch.setattr(f"{JOB}._read_counts", killed)
    with pytest.raises(KeyboardInterrupt):
        prepare(dumps, tmp_path / "out")
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
        patch.setattr(f"{JOB}.TextInfo.to_json", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(dumps, tmp_path / "out")
    write_dump(dumps / "dewiki-20200101-pages-articles.xml.bz2", "Das ist ein neuer Satz.")
    info = prepare(dumps, tmp_path / "out")
    assert texts(sentences_of(info, "de")) == ["Das ist ein neuer Satz."]
    assert info.parts == prepare(dumps, tmp_path / "reference").parts


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
    reference = prepare(dumps, tmp_path / "reference")
    info = load_text_info(tmp_path / "out")
    assert (info.parts, info.counts) == (reference.parts, reference.counts)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"dataset.json", "train", "dev"}
    listed = {shard.path for part in info.parts for shard in part.shards}
    there = {f"{path.parent.name}/{path.name}" for path in (tmp_path / "out").glob("*/*")}
    assert there == listed


def test_a_worker_that_is_killed_ends_the_job(tmp_path):
    """Apache Beam would wait for it for good."""
    with _started(tmp_path) as process:
        os.kill(_workers(process)[-1], signal.SIGKILL)
        _, messages = process.communicate(timeout=120)
    assert process.returncode == 1
    last = messages.splitlines()[-1]
    assert re.match(r"error: a worker process ended with code (-9|137); .* goes on", last)


def test_ctrl_c_ends_it_with_its_workers(tmp_path):
    with _started(tmp_path) as process:
        # As a terminal does.
        os.killpg(process.pid, signal.SIGINT)
        _, messages = process.communicate(timeout=120)
        # They may end a moment after it.
        for _ in range(300):
            if not (workers := _workers(process)):
                break
            time.sleep(0.1)
        assert not workers
    assert process.returncode == 130, messages
    last = messages.splitlines()[-1]
    assert last == "error: interrupted; a job that can go on does so with the same command"
    assert "Traceback" not in messages


@contextmanager
def _started(directory):
    """A job in a session of its own which has begun to start workers."""
    pages = (f"Das ist Satz {i}. Noch ein Satz, {i}." * 40 for i in range(4000))
    dump = write_dump(directory / "dewiki-1-pages-articles.xml", *pages)
    process = subprocess.Popen(
        command("prepare_wikipedia", input=dump, num_workers=2, output_dir=directory / "out"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where the tests run in the background, it is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        while not _workers(process):
            assert process.poll() is None
            time.sleep(0.05)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _workers(process):
    """The processes of the workers in the session of a job, and of the shells around them."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command_line = (path / "cmdline").read_bytes()
            _, _, _, session, *_ = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(session) == process.pid and b"sdk_worker_main" in command_line:
            found.append(int(path.name))
    return sorted(found)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("plan.json", "{", "work/plan.json: damaged; remove .*work to begin anew"),
        ("fr-*.json", "", "fr-.*json: damaged; remove it, and its part is read again"),
        ("fr-*.sentences", "x", "fr-.*sentences: damaged; remove its directory to begin anew"),
    ],
)
def test_what_is_damaged_in_the_work(dumps, tmp_path, monkeypatch, name, content, message):
    with monkeypatch.context() as patch:
        patch.setattr(f"{JOB}._read_counts", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(dumps, tmp_path / "out")
    (path,) = (tmp_path / "out" / "work").glob(name)
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        prepare(dumps, tmp_path / "out")


def test_options_that_a_job_did_not_have_are_no_other_job(dumps, tmp_path, monkeypatch):
    """What it has made stays."""
    with monkeypatch.context() as patch:
        patch.setattr(f"{JOB}._read_counts", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(dumps, tmp_path / "out")
    work = tmp_path / "out" / "work"
    plan = json.loads((work / "plan.json").read_text())
    del plan["options"]["min_characters"]
    (work / "plan.json").write_text(json.dumps(plan))
    kept = {path: path.stat().st_mtime_ns for path in work.glob("*.sentences")}
    assert kept
    with monkeypatch.context() as patch:
        patch.setattr(f"{JOB}._read_counts", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(dumps, tmp_path / "out")
    assert {path: path.stat().st_mtime_ns for path in work.glob("*.sentences")} == kept


def test_files_of_others_are_left_alone(dumps, tmp_path):
    (tmp_path / "out" / "work").mkdir(parents=True)
    (tmp_path / "out" / "work" / "thesis.tex").touch()
    with pytest.raises(InputError, match=r"thesis.tex: there, but of no job that goes on"):
        prepare(dumps, tmp_path / "out")
    assert (tmp_path / "out" / "work" / "thesis.tex").exists()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: not a directory; name another"):
        prepare(dumps, tmp_path / "file")


def test_what_is_whole_is_not_made_again(dumps, tmp_path, monkeypatch):
    """A job that ended before dataset.json was written reads no dump and writes no shard."""
    with monkeypatch.context() as patch:
        patch.setattr(f"{JOB}.text_table", killed)
        patch.setattr(f"{JOB}.TextInfo.to_json", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(dumps, tmp_path / "out")
    shards = sorted((tmp_path / "out" / "train").iterdir())
    times = [path.stat().st_mtime_ns for path in shards]
    # As if the job had ended while it wrote them.
    for path in (tmp_path / "out" / "work" / "results").iterdir():
        path.unlink()
    shards[0].unlink()
    monkeypatch.setattr("minibert.wikipedia.extraction.read_wikipedia_sentences", killed)
    info = prepare(dumps, tmp_path / "out")
    assert [path.stat().st_mtime_ns for path in shards[1:]] == times[1:]
    assert shards[0].stat().st_mtime_ns != times[0]
    monkeypatch.undo()
    assert prepare(dumps, tmp_path / "reference").parts == info.parts


def test_results_of_no_job_are_not_taken(dumps, tmp_path):
    prepare(dumps, tmp_path / "out")
    (tmp_path / "out" / "dataset.json").unlink()
    with pytest.raises(InputError, match="out/train: there, but of no job that goes on; remove it"):
        prepare(dumps, tmp_path / "out")
