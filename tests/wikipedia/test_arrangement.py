"""The same sentences are in the same shards, whatever runs where and is arranged together."""

import socket
import subprocess
import sys
import time

import pytest

from minibert.data.text_info import load_text_info
from tests.conftest import run_script
from tests.wikipedia.jobs import JOB, PLAN, killed, prepare, sentences_of, texts


def test_other_batches_do_not_take_what_these_have_made(dumps, tmp_path, monkeypatch):
    """As of another runner, which arranges all languages together."""
    reference = prepare(dumps, tmp_path / "reference")
    for name, first, then in (("a", 1, 2**28), ("b", 2**28, 1)):
        with monkeypatch.context() as patch:
            patch.setattr(f"{PLAN}._BATCH_BYTES", first)
            patch.setattr(f"{JOB}.TextInfo.to_json", killed)
            with pytest.raises(KeyboardInterrupt):
                prepare(dumps, tmp_path / name)
        monkeypatch.setattr(f"{PLAN}._BATCH_BYTES", then)
        info = prepare(dumps, tmp_path / name)
        assert (info.parts, info.counts) == (reference.parts, reference.counts)


def test_several_shards(dumps, tmp_path, monkeypatch):
    """Each sentence is in one of them."""
    one = prepare(dumps, tmp_path / "one")
    monkeypatch.setattr(f"{PLAN}._RECORD_BYTES", 2**18)
    many = prepare(dumps, tmp_path / "many", shard_megabytes=1)
    (train,) = (p for p in many.parts if (p.language, p.split) == ("fr", "train"))
    assert len(train.shards) > 5
    # Shards are sections of the order.
    assert sentences_of(one, "fr") == sentences_of(many, "fr")


@pytest.mark.parametrize("options", [{}, {"drop_duplicates": False}])
def test_a_language_that_is_arranged_in_sections(dumps, tmp_path, monkeypatch, options):
    """As one that is larger than memory; what is drawn is exactly as many."""
    one = prepare(dumps, tmp_path / "one", held_out_fraction=0.2, **options)
    monkeypatch.setattr(f"{PLAN}._SECTION_BYTES", 2000)
    monkeypatch.setattr(f"{PLAN}._BATCH_BYTES", 2000)
    many = prepare(dumps, tmp_path / "many", held_out_fraction=0.2, **options)
    for language in ("de", "fr"):
        assert sentences_of(one, language) == sentences_of(many, language)
    assert one.counts == many.counts
    (train,) = (p for p in many.parts if (p.language, p.split) == ("fr", "train"))
    assert len(train.shards) > 3
    monkeypatch.setattr("minibert.wikipedia.arrangement._WAITING_SENTENCES", 3)
    drawn = prepare(dumps, tmp_path / "drawn", max_sentences_per_language=17, **options)
    monkeypatch.setattr(f"{PLAN}._BATCH_BYTES", 2**28)
    again = prepare(dumps, tmp_path / "again", max_sentences_per_language=17, **options)
    assert drawn.parts == again.parts
    found = texts(sentences_of(drawn, "fr"))
    assert len(found) == 17
    assert {*found} < {*texts(sentences_of(one, "fr"))}
    assert drawn.counts["fr"]["not_drawn"] == 23


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
    local = prepare(dumps, tmp_path / "local", **options)
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
    several = prepare(dumps, tmp_path / "several", num_workers=2)
    assert several.parts == prepare(dumps, tmp_path / "one").parts
