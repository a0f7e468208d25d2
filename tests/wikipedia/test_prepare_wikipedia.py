"""Dumps to records: what is in them, and what is said of bad options."""

import json
import shutil
from collections import Counter

import pytest

from minibert.errors import InputError
from tests.conftest import TESTDATA, run_script
from tests.wikipedia.dumps import GERMAN, write_dump, write_multistream
from tests.wikipedia.jobs import JOB, killed, prepare, sentences_of, texts


def test_records(dumps, tmp_path, capsys):
    info = prepare(dumps, tmp_path / "out", held_out_fraction=0.2)
    german = sentences_of(info, "de")
    assert Counter(texts(german)) == Counter(
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
    french = sentences_of(info, "fr")
    assert {*french} == {"train", "dev"}
    assert len(french["train"]) + len(french["dev"]) == 40
    # Not in the order of the dump.
    numbers = [int(text.split()[4]) for text in french["train"]]
    assert numbers != sorted(numbers)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"dataset.json", "train", "dev"}
    assert "duplicates" in capsys.readouterr().out


def test_limits(dumps, tmp_path):
    info = prepare(dumps, tmp_path / "out", max_sentences_per_language=7, min_characters=1)
    assert len(texts(sentences_of(info, "fr"))) == 7
    assert info.counts["fr"]["not_drawn"] == 33
    german = sentences_of(info, "de")
    assert "Kurz." in texts(german)
    info = prepare(
        dumps, tmp_path / "all", drop_duplicates=False, min_script_fraction=0.0, max_characters=28
    )
    assert len(texts(sentences_of(info, "de"))) == 3
    assert info.counts["de"]["too_long"] == 2


def test_languages_share_a_total(dumps, tmp_path):
    info = prepare(dumps, tmp_path / "out", max_sentences=12, sampling_exponent=0.0)
    # The two have 3 and 40 different ones.
    assert len(texts(sentences_of(info, "de"))) == 3
    assert len(texts(sentences_of(info, "fr"))) == 9
    assert info.counts["de"]["duplicates"] == 1
    assert info.counts["fr"]["not_drawn"] == 31


def test_languages_and_shards(dumps, tmp_path):
    info = prepare(dumps, tmp_path / "out", languages=("fr",), gzip=False)
    assert {part.language for part in info.parts} == {"fr"}
    with pytest.raises(InputError, match="--languages: no dump of 'en' in --input"):
        prepare(dumps, tmp_path / "none", languages=("en", "fr"))


def test_a_multistream_dump_is_read_in_parts(tmp_path, small_parts):
    """What comes out is what comes out of the dump as a whole."""
    pages = [f"Voici la phrase numéro {i}. En voici une autre, {i}." for i in range(60)]
    _, index, _ = write_multistream(tmp_path, "fr", pages)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{JOB}.TextInfo.to_json", killed)
        with pytest.raises(KeyboardInterrupt):
            prepare(tmp_path, tmp_path / "out")
    assert len(list((tmp_path / "out" / "work").glob("fr-*.sentences"))) == 6
    info = prepare(tmp_path, tmp_path / "out")
    assert info.counts["fr"]["articles"] == 60
    assert len(texts(sentences_of(info, "fr"))) == 120
    index.unlink()
    whole = prepare(tmp_path, tmp_path / "whole")
    assert (whole.parts, whole.counts) == (info.parts, info.counts)


def test_a_sentence_ends_where_a_line_does_and_something_is_seen_in_it(tmp_path):
    text = "Der erste Satz\u2028der zweite Satz. &#x200F;\n\n\u200bDer\x85letzte. \u200d\ufe0f"
    write_dump(tmp_path / "dewiki-1-pages-articles.xml", text)
    info = prepare(tmp_path, tmp_path / "out", min_characters=1)
    assert Counter(texts(sentences_of(info, "de"))) == Counter(
        ["Der erste Satz", "der zweite Satz.", "\u200bDer", "letzte."]
    )
    assert info.counts["de"]["read"] == 4


def test_udpipe_cuts_sentences(udpipe_model, tmp_path):
    (tmp_path / "models").mkdir()
    shutil.copy(udpipe_model, tmp_path / "models" / "en.udpipe")
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    write_dump(dumps / "enwiki-1-pages-articles.xml", "The dog sees a cat. The cat sees a dog.")
    options = {"splitter": "udpipe", "udpipe_models": str(tmp_path / "models")}
    info = prepare(dumps, tmp_path / "out", **options)
    assert sorted(texts(sentences_of(info, "en"))) == ["The cat sees a dog.", "The dog sees a cat."]
    write_dump(dumps / "dewiki-1-pages-articles.xml", GERMAN)
    with pytest.raises(
        InputError, match=r"models/de.udpipe: no such file here; .* with --languages"
    ):
        prepare(dumps, tmp_path / "other", **options)
    assert not (tmp_path / "other").exists()


def test_copies_take_no_memory(tmp_path):
    """A sentence that is there a million times is merged where it is read."""
    text = "Das ist ein Satz. " * 20_000
    write_dump(tmp_path / "dewiki-1-pages-articles.xml", *[text] * 10)
    info = prepare(tmp_path, tmp_path / "out", held_out_fraction=0.0)
    assert info.counts["de"]["read"] == 200_000
    assert info.counts["de"]["duplicates"] == 199_999
    assert texts(sentences_of(info, "de")) == ["Das ist ein Satz."]


def test_pages_that_fail_are_named(dumps, tmp_path, capsys):
    write_dump(
        dumps / "enwiki-1-pages-articles.xml",
        "[[a " * 500_000,
        "This is a good sentence.",
        {"title": "Again", "number": 2, "text": "This is another sentence."},
        {"title": "Bad", "number": "x", "text": "This is one more sentence."},
    )
    info = prepare(dumps, tmp_path / "out", languages=("en",))
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


def test_nothing_is_left(tmp_path):
    write_dump(tmp_path / "dewiki-1-pages-articles.xml", "Kurz.")
    with pytest.raises(InputError, match="no sentence of it is left to train on"):
        prepare(tmp_path, tmp_path / "out")


def test_a_teacher_reads_it(demo_model, tmp_path):
    """What distillation needs is there, as in text of `prepare_text.py`."""
    prepare(TESTDATA / "wikipedia", tmp_path / "text", held_out_fraction=0.2)
    places = {"transfer_dir": tmp_path / "text", "output_dir": tmp_path / "outputs"}
    result = run_script("cache_teacher_outputs", teacher_dir=demo_model, **places)
    assert result.returncode == 0, result.stderr


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
        prepare(dumps, beam_options=beam_options, **places)


def test_flags_that_beam_does_not_know(dumps, tmp_path, caplog):
    """A runner may."""
    prepare(dumps, tmp_path / "out", ("--runner=FnApiRunner", "--some_flag=3", "--job_name=x"))
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
