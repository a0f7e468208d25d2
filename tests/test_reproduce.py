"""`reproduce.sh`, the whole of the paper, on small data and a small public checkpoint."""

import os
import shutil
import subprocess
import sys

import pytest

from minibert.models.encoder_kinds import read_encoder_config
from tests.conftest import ROOT, TESTDATA
from tests.public_bert import random_weights, write_checkpoint


def _reproduce(directory, **environment) -> subprocess.CompletedProcess:
    places = [str(directory / name) for name in ("ud", "bert", "text", "out")]
    return subprocess.run(
        ["bash", str(ROOT / "run_scripts" / "reproduce.sh"), *places],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
        env={**os.environ, "VENV_PYTHON": sys.executable, **environment},
    )


def _table(output: str) -> list[list[str]]:
    """The cells of the table of accuracies by treebank, of all words, that is printed last."""
    lines = output.splitlines()
    heads = [i for i, line in enumerate(lines) if line.startswith("treebank")]
    (start,) = (i for i in heads[-2:] if "unseen" not in lines[i])
    return [line.split() for line in lines[start : start + 4]]


def test_ends_in_a_table_and_goes_on(tiny_bert_config, tmp_path):
    for treebank in ("en_demo", "ru_demo"):
        shutil.copytree(TESTDATA / "ud" / treebank, tmp_path / "ud" / treebank)
    (tmp_path / "text").mkdir()
    for language in ("en", "ru"):
        shutil.copy(TESTDATA / "text" / f"{language}.txt", tmp_path / "text")
    config = read_encoder_config(tiny_bert_config)
    write_checkpoint(tmp_path / "bert" / "bert_model.ckpt", random_weights(config))
    shutil.copy(tiny_bert_config, tmp_path / "bert" / "bert_config.json")
    shutil.copy(TESTDATA / "vocab.txt", tmp_path / "bert")
    options = {
        "TASKS": "upos",
        "SPLIT": "dev",
        "PREPARE_FLAGS": "--max_sentences_per_treebank=30",
        "FINE_TUNE_FLAGS": "--epochs=1 --max_seq_length=40",
        "DISTILL_FLAGS": "--epochs=1",
    }
    result = _reproduce(tmp_path, **options)
    assert result.returncode == 0, result.stderr
    table = _table(result.stdout)
    assert [row[:2] for row in table[1:]] == [
        ["en_demo", table[1][1]],
        ["ru_demo", table[2][1]],
        ["macro", "average"],
    ]
    assert len(table[-1]) == 2 + 3
    trained = {
        path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("weights-*.index")
    }
    assert len(trained) == 4
    again = _reproduce(tmp_path, **options)
    assert again.returncode == 0, again.stderr
    assert _table(again.stdout) == table
    assert trained == {path: path.stat().st_mtime_ns for path in trained}


def test_without_arguments_it_explains_itself():
    result = subprocess.run(
        ["bash", str(ROOT / "run_scripts" / "reproduce.sh")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "UD_DIR BERT_DIR TRANSFER_DIR OUTPUT_DIR" in result.stdout


@pytest.mark.parametrize(
    ("directories", "message"),
    [
        (("bert", "text"), "error: {0}/ud: no such directory"),
        (("ud", "bert", "text"), "error: {0}/text/*.txt: not there"),
    ],
)
def test_what_is_missing_is_said_at_once(tmp_path, directories, message):
    for name in directories:
        (tmp_path / name).mkdir()
    for name in ("bert/bert_config.json", "bert/vocab.txt", "bert/bert_model.ckpt.index"):
        (tmp_path / name).touch()
    result = _reproduce(tmp_path)
    assert result.returncode == 1
    assert result.stderr == message.format(tmp_path) + "\n"
    assert not (tmp_path / "out").exists()
