import ast
import dataclasses
import os
import re
import subprocess
import sys

import pytest
from absl import flags

from minibert.errors import InputError
from tests.conftest import (
    ROOT,
    TESTDATA,
    command,
    job_of,
    mistake_of,
    parse_flags,
    run_script,
)
from tests.warm_processes import run_alone

SCRIPTS = sorted(path.stem for path in (ROOT / "run_scripts").glob("*.py"))
VOCAB = TESTDATA / "vocab.txt"


def _parsed(script):
    return ast.parse((ROOT / "run_scripts" / f"{script}.py").read_text(encoding="utf-8"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_teaches_and_does_not_import_tensorflow(script, tmp_path):
    # A package of this name that cannot be imported stands before the real one.
    (tmp_path / "tensorflow.py").write_text("raise ImportError('imported for --help')")
    environment = {"PYTHONPATH": str(tmp_path)}
    result = run_script(script, help="true", environment=environment)
    assert "imported for --help" not in result.stderr
    assert ast.get_docstring(_parsed(script)).splitlines()[0] in result.stdout
    assert f"run_scripts/{script}.py" in result.stdout
    shown = re.findall(r"^  --(?:\[no\])?(\w+):", result.stdout, re.MULTILINE)
    names = {field.name for field in dataclasses.fields(job_of(script)[1])}
    assert names <= set(shown)


@pytest.mark.parametrize("script", SCRIPTS)
def test_jobs_are_imported_alone(script):
    """Without what other jobs import of this package."""
    (imported,) = (
        node for node in _parsed(script).body[-2].body if isinstance(node, ast.ImportFrom)
    )
    result = run_alone(imported.module)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("module", ["training.distill", "wikipedia.entry"])
def test_imports_are_silent(module):
    """TensorFlow and Apache Beam, too, in a process that starts from nothing."""
    lines = (
        "from minibert.cli import prepare_for_tensorflow",
        "prepare_for_tensorflow()",
        f"import minibert.{module}",
    )
    result = subprocess.run(
        [sys.executable, "-c", "; ".join(lines)], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


# tag.py takes the model that comes with the package, and standard input.
@pytest.mark.parametrize("script", sorted(set(SCRIPTS) - {"tag"}))
def test_missing_flags(script):
    missing = r"Flag --\w+ must have a value other than None|--\w+=None: give either"
    with pytest.raises((flags.IllegalFlagValueError, InputError), match=missing):
        parse_flags(script)


def test_unknown_flag_and_missing_flag_get_usage():
    result = run_script("prepare_ud", no_such_flag="1")
    assert result.returncode == 1
    assert "Unknown command line flag 'no_such_flag'" in result.stderr
    assert "Traceback" not in result.stderr
    result = run_script("prepare_ud")
    assert result.returncode == 1
    assert "Flag --input_dir must have a value other than None" in result.stderr
    assert "Traceback" not in result.stderr


def test_huge_number_gets_usage():
    result = run_script("prepare_ud", input_dir="a", output_dir="b", num_shards=10**30)
    assert result.returncode == 1
    assert "--num_shards" in result.stderr
    assert "Traceback" not in result.stderr


def test_stray_argument_gets_usage():
    stray = subprocess.run(
        [*command("prepare_ud", input_dir="a", output_dir="b"), "stray"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert stray.returncode == 1
    assert "unexpected argument 'stray'" in stray.stdout + stray.stderr
    assert "Traceback" not in stray.stderr


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("epochs", "0", "--epochs=0: must be from 1 to 10000"),
        ("batch_size", "1000000000", "--batch_size=1000000000: must be from 0 to 65536"),
        ("vocab_file", "/dev/zero", "/dev/zero: not a regular file"),
        ("model_dir", "/tmp/run[1]", "no checkpoint in a directory with ["),
        ("learning_rate", "-1", "--learning_rate=-1.0: must be in (0, 1)"),
        ("dropout", "1.5", "--dropout=1.5: must be in [0, 1), or -1"),
        ("batch_wordpieces", "5", "--batch_wordpieces=5: must be from --max_seq_length to"),
        ("max_seq_length", "99", "windows of 99 wordpieces: --bert_config="),
        ("weight_decay", "nan", "--weight_decay=nan"),
        ("tasks", "ner", "the records have no 'ner' labels, only upos feats"),
        ("tasks", "upos,upos", "must name tasks, each once"),
        ("train_splits", "train,dev", "must name splits, each once, and not the validation"),
        ("train_splits", "train,train", "must name splits, each once"),
        ("clip_norm", "inf", "--clip_norm=inf: must be 0 or more, and finite"),
        ("treebanks", "xx_y", "no treebank 'xx_y' in this data set; it has en_demo ru_demo"),
        ("train_splits", "test", "no split 'test'"),
        ("vocab_file", "/no/vocab.txt", "/no/vocab.txt: cannot read the vocabulary"),
        ("data_dir", "/no/data", "/no/data: no dataset.json there"),
        ("init_checkpoint", "/no/model", "/no/model: no such checkpoint"),
        ("bert_config", "maxi", "--bert_config=maxi: neither a file nor one of"),
    ],
)
def test_mistakes_are_one_line(tiny_options, tmp_path, flag, value, message):
    options = {**tiny_options, "model_dir": tmp_path / "run", flag: value}
    assert message in mistake_of("fine_tune", **options)
    assert not (tmp_path / "run" / "best.json").exists()


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("epochs", "0", "error: --epochs=0: must be from 1 to 10000"),
        ("model_dir", "run\udcff", "error: --model_dir='run\\udcff': not UTF-8; rename"),
        ("vocab_file", "/no/\n\x1b[31m", r"error: /no/\n\x1b[31m: cannot read the vocabulary"),
        ("vocab_file", "v" * 100_000, "vvv … vvv"),
    ],
)
def test_script_prints_the_line_and_fails(tiny_options, tmp_path, flag, value, message):
    options = {**tiny_options, "model_dir": tmp_path / "run", flag: value}
    result = run_script("fine_tune", **options)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert not (tmp_path / "run" / "best.json").exists()


def test_vocabulary_of_another_size(tiny_options, tmp_path):
    vocab = tmp_path / "vocab.txt"
    vocab.write_text(VOCAB.read_text(encoding="utf-8") + "another\n", encoding="utf-8")
    options = {**tiny_options, "vocab_file": vocab}
    message = mistake_of("fine_tune", model_dir=tmp_path / "run", **options)
    assert re.search(r"vocab.txt: \d+ pieces, but .* has vocab_size \d+", message)


def test_directory_that_holds_something_else(tiny_options, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine").write_text("x")
    message = mistake_of("fine_tune", model_dir=tmp_path / "run", **tiny_options)
    assert "exists and holds no run" in message
    assert os.listdir(tmp_path / "run") == ["mine"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_hold_no_logic(script):
    """A script is its docstring, imports, a main of one import and one call, and its start."""
    docstring, *imports, main, start = _parsed(script).body
    assert isinstance(docstring, ast.Expr)
    assert all(isinstance(node, ast.ImportFrom) for node in imports)
    assert isinstance(main, ast.FunctionDef)
    assert [type(node) for node in main.body] == [ast.ImportFrom, ast.Expr]
    assert isinstance(start, ast.If)
    assert len(start.body) == 1
