"""`train_box.sh`, from treebanks and a pretrained encoder to the model of the package, in small."""

import json
import os
import shutil
import subprocess
import sys

import pytest

import minibert
from minibert.inference.exported_model import TFLITE, read_export
from tests.conftest import ROOT, TESTDATA, mistake_of
from tests.hugging_face import publish

INDEX = """treebank\tlanguage\tlicence\tsplit
en_demo\tEnglish\tApache-2.0\ttrain
en_demo\tEnglish\tApache-2.0\tdev
ru_demo\tRussian\tApache-2.0\ttrain
ru_demo\tRussian\tApache-2.0\tdev
"""
ATTRIBUTION = "treebank\ttitle\nen_demo\tDemo\n"
TINY = {
    "FEATS_UNANNOTATED": "",
    "VOCAB_SIZE": "600",
    "LAYERS": "1",
    "HIDDEN": "16",
    "HEAD_RANK": "4",
    "TEACHER_FLAGS": "--epochs=1 --sentences_per_treebank=30 --max_seq_length=40",
    "VOCAB_FLAGS": "--character_coverage=0.99",
    "DISTILL_FLAGS": "--epochs=1",
    "FINE_TUNE_FLAGS": "--epochs=2 --sentences_per_treebank=100 --max_seq_length=40",
    "MOST_SENTENCES": "200",
    "TRAINING": "in a test",
    "LICENSE": "Apache-2.0",
}


def _train(directory, **environment) -> subprocess.CompletedProcess:
    places = [str(directory / name) for name in ("ud", "encoder")]
    return subprocess.run(
        [
            *("bash", str(ROOT / "run_scripts" / "train_box.sh"), *places),
            f"{directory}/text/*.txt",
            str(directory / "out"),
        ],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
        env={**os.environ, "VENV_PYTHON": sys.executable, **TINY, **environment},
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory, sentencepiece_file):
    directory = tmp_path_factory.mktemp("box")
    for treebank in ("en_demo", "ru_demo"):
        shutil.copytree(TESTDATA / "ud" / treebank, directory / "ud" / treebank)
    (directory / "ud" / "INDEX.tsv").write_text(INDEX)
    (directory / "ud" / "ATTRIBUTION.tsv").write_text(ATTRIBUTION)
    (directory / "text").mkdir()
    for language in ("en", "ru", "tr"):
        shutil.copy(TESTDATA / "text" / f"{language}.txt", directory / "text")
    (directory / "encoder").mkdir()
    publish(directory / "encoder", sentencepiece_file)
    result = _train(directory, ZERO_SHOT=str(TESTDATA / "ud" / "tr_demo" / "tr_demo-ud-dev.conllu"))
    assert result.returncode == 0, result.stderr
    return directory


def test_the_box_tags(directory):
    box = directory / "out" / "box"
    export = read_export(box, network=TFLITE)
    assert export.features.num_pieces == 600
    assert export.features.normalization == "nfc-straight"
    tagger = minibert.Tagger.load(box / TFLITE)
    words, others = tagger.tag([["l'eau", "sleeps", "."], ["l’eau", "sleeps", "."]])
    assert [word[1:] for word in words] == [word[1:] for word in others]


def test_the_box_has_what_it_needs_and_no_more(directory):
    box = directory / "out" / "box"
    files = {path.relative_to(box).as_posix() for path in box.rglob("*") if path.is_file()}
    assert files == {
        *("model.tflite", "model_card.md", "ATTRIBUTION.tsv", "assets.extra/minibert.json"),
        *("assets/vocab.txt", "assets/labels.upos.txt", "assets/labels.feats.txt"),
    }
    assert (box / "ATTRIBUTION.tsv").read_text() == ATTRIBUTION


def test_the_card(directory):
    card = (directory / "out" / "box" / "model_card.md").read_text()
    metrics = json.loads((directory / "out" / "evaluation" / "metrics.json").read_text())
    macro = [100 * metrics["tasks"][task]["macro_accuracy"] for task in ("upos", "feats")]
    assert "| this model | {:.2f} | {:.2f} |".format(*macro) in card
    for line in ("| trained | in a test |", "| licence | Apache-2.0 |", "| English | 1 |"):
        assert line in card
    assert "| ru_demo | Russian | Apache-2.0 |" in card
    assert "| tr_demo |" in card


def test_started_again_it_does_nothing_anew(directory):
    out = directory / "out"
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    kept = [path for path in before if path.parts[len(out.parts)] in ("box", "export", "text")]
    assert kept
    result = _train(directory)
    assert result.returncode == 0, result.stderr
    assert {path: path.stat().st_mtime_ns for path in kept} == {p: before[p] for p in kept}


def _options(directory, tmp_path, **changes):
    out = directory / "out"
    return {
        "export": out / "export" / "1",
        "evaluation": out / "evaluation" / "metrics.json",
        "teacher_evaluation": out / "teacher-evaluation" / "metrics.json",
        "index": directory / "ud" / "INDEX.tsv",
        "attribution": directory / "ud" / "ATTRIBUTION.tsv",
        "training": "x",
        "license": "y",
        "output_dir": tmp_path / "box",
        **changes,
    }


def test_a_treebank_that_the_index_has_not(directory, tmp_path):
    index = tmp_path / "INDEX.tsv"
    index.write_text("".join(INDEX.splitlines(keepends=True)[:3]))
    message = mistake_of("build_box", **_options(directory, tmp_path, index=index))
    assert message == f"{index}: has no ru_demo, which was evaluated; add it"
    assert not (tmp_path / "box").exists()


def test_an_index_without_a_column(directory, tmp_path):
    index = tmp_path / "INDEX.tsv"
    index.write_text(INDEX.replace("licence", "license", 1))
    message = mistake_of("build_box", **_options(directory, tmp_path, index=index))
    assert message.startswith(f"{index}:1: no column licence")


def test_evaluations_of_different_treebanks(directory, tmp_path):
    other = directory / "out" / "zero-shot-evaluation" / "metrics.json"
    message = mistake_of("build_box", **_options(directory, tmp_path, teacher_evaluation=other))
    assert "of other treebanks or tasks than" in message


def test_without_arguments_it_explains_itself():
    result = subprocess.run(
        ["bash", str(ROOT / "run_scripts" / "train_box.sh")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "UD_DIR ENCODER_DIR TEXT OUTPUT_DIR" in result.stdout


def test_what_is_missing_is_said_at_once(tmp_path):
    (tmp_path / "ud").mkdir()
    result = _train(tmp_path)
    assert result.returncode == 1
    assert result.stderr == f"error: {tmp_path}/ud/INDEX.tsv: not there\n"
    assert not (tmp_path / "out").exists()
