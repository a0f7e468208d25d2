"""The package as users install it: the built wheel in an environment that has nothing else."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Those that setup.py has been made for.
PYTHONS = [f"3.{minor}" for minor in range(10, 15)]
_MOST_MEGABYTES = 120
_SENTENCE = "the old dog sleeps ."
_PROBE = """
import json, sys
import minibert
tagger = minibert.Tagger.load(sys.argv[1])
words = tagger.tag([sys.argv[2]], segment=True)[0]
heavy = {"tensorflow", "tensorflow_text", "tf_keras", "official", "matplotlib", "jinja2"}
print(json.dumps([[word.upos for word in words], sorted(heavy & set(sys.modules))]))
"""


def _run(*command, **options) -> str:
    result = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=600, check=False, **options
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def _python(version: str) -> str | None:
    """The program of a version of Python, if there is one here."""
    if version == f"3.{sys.version_info.minor}":
        return sys.executable
    path = shutil.which(f"python{version}")
    if path is None:
        return None
    found = subprocess.run([path, "-c", "import venv"], check=False, capture_output=True)
    return path if found.returncode == 0 else None


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built of a copy so that nothing is left in the sources."""
    directory = tmp_path_factory.mktemp("wheel")
    source = directory / "source"
    source.mkdir()
    for name in ("setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(
        ROOT / "minibert", source / "minibert", ignore=shutil.ignore_patterns("__pycache__")
    )
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    _run(*pip, "--wheel-dir", directory, source)
    (path,) = directory.glob("minibert_tagger-*.whl")
    return path


@pytest.mark.parametrize("version", PYTHONS)
def test_base_install(version, wheel, demo_export, tmp_path):
    """It is small, has the command, and tags without TensorFlow."""
    python = _python(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    # A package that all have: whether there is a network at all.
    online = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(tmp_path), "tqdm"]
    if subprocess.run(online, capture_output=True, check=False).returncode:
        pytest.skip("no network that has PyPI")
    environment = tmp_path / "environment"
    _run(python, "-m", "venv", "--without-pip", environment)
    inside = environment / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--python", inside, "install", "--quiet", wheel)
    megabytes = sum(p.stat().st_size for p in environment.rglob("*") if p.is_file()) / 1e6
    assert megabytes < _MOST_MEGABYTES
    model = demo_export / "model.tflite"
    tags, heavy = json.loads(_run(inside, "-c", _PROBE, model, _SENTENCE, cwd=tmp_path))
    assert len(tags) == len(_SENTENCE.split())
    assert heavy == []
    command = environment / "bin" / "minibert"
    lines = _run(
        *(command, "tag", f"--model={model}", "--input_format=words"), input=_SENTENCE, cwd=tmp_path
    )
    assert [line.split("\t")[3] for line in lines.splitlines() if line] == tags


def test_command_without_arguments_lists_the_commands():
    usage = _run(sys.executable, "-m", "minibert")
    for name in ("tag", "evaluate", "info"):
        assert f"  {name} " in usage
    assert _run(sys.executable, "-m", "minibert", "--help") == usage


def test_unknown_command():
    result = subprocess.run(
        [sys.executable, "-m", "minibert", "tga"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr == "error: minibert has no command 'tga'; there are tag, evaluate, info\n"


def test_help_of_a_command():
    result = subprocess.run(
        [sys.executable, "-m", "minibert", "tag", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.startswith("Tags sentences: CoNLL-U, words or raw text in, CoNLL-U out.")
    assert "--input_format: <conllu|words|text>" in result.stdout


def test_info_shows_the_card(demo_export):
    shown = _run(sys.executable, "-m", "minibert", "info", f"--model={demo_export.parent}")
    card = (demo_export / "model_card.md").read_text(encoding="utf-8")
    assert shown == f"{demo_export}\n\n{card}"


def test_a_missing_extra_is_named(demo_model, tmp_path):
    """Where TensorFlow cannot be imported; a job that is for training, and one that may not be."""
    (tmp_path / "tensorflow.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'tensorflow'\", name='tensorflow')\n"
    )
    environment = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": ""}
    for command in (
        ["run_scripts/fine_tune.py", "--data_dir=x", "--model_dir=y"],
        ["-m", "minibert", "tag", f"--model={demo_model}"],
    ):
        result = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            input="",
        )
        assert result.returncode == 1
        assert result.stderr.count("\n") == 1
        assert result.stderr.endswith("pip install 'minibert-tagger[train]'\n")
