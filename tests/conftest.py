"""Fixtures that several tests share: a small prepared data set, a small encoder, real data."""

import fcntl
import io
import json
import os
import runpy
import subprocess
import sys
import typing
from collections.abc import Callable
from pathlib import Path

import pytest
import sentencepiece
from absl import flags

from minibert.data.conllu_reader import read_conllu
from minibert.errors import InputError
from minibert.options import define_flags
from tests.warm_processes import run_warm

ROOT = Path(__file__).parent.parent
TESTDATA = ROOT / "testdata"
LONGEST_FILES = (
    "test_reproduce.py",
    "test_resume.py",
    "test_benchmarks.py",
    "test_distribution.py",
)


def made_once(tmp_path_factory, name: str, make: Callable[[Path], None]) -> Path:
    """A path that the first of the processes of a test run makes, for all of them to read.

    Args:
      tmp_path_factory: the fixture.
      name: of the path.
      make: writes it.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    directory = root / "made_once" / name
    directory.mkdir(parents=True, exist_ok=True)
    path, done = directory / name, directory / "done"
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make(path)
            done.touch()
    return path


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The directory of the real data; the test is skipped where there is none."""
    directory = os.environ.get("MINIBERT_DATA_DIR")
    if not directory:
        pytest.skip("MINIBERT_DATA_DIR is not set: no real data")
    return Path(directory)


@pytest.fixture(scope="session")
def encoder_dir(real_data) -> Path:
    """A real pretrained encoder in the form of Hugging Face; the test is skipped without it."""
    directory = real_data / "encoders" / "multilingual-e5-small"
    if not directory.is_dir():
        pytest.skip(f"{directory} is not there: no pretrained encoder")
    return directory


@pytest.fixture(scope="session")
def sentencepiece_file(tmp_path_factory) -> Path:
    """A model of the words of the demo text, normalized as that of XLM-R is."""
    lines = [line for path in sorted((TESTDATA / "text").glob("*.txt")) for line in path.open()]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        vocab_size=300,
        normalization_rule_name="nmt_nfkc",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    path = tmp_path_factory.mktemp("sentencepiece") / "sentencepiece.bpe.model"
    path.write_bytes(model.getvalue())
    return path


@pytest.fixture(scope="session")
def ud_words(real_data) -> list[str]:
    """The distinct words of Universal Dependencies 2.2."""
    words = {
        word
        for path in sorted((real_data / "ud22").glob("*/*.conllu"))
        for sentence in read_conllu(path)
        for word in sentence.words
    }
    assert len(words) > 300_000
    return sorted(words)


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory) -> Path:
    """Two of the demo treebanks, prepared."""
    from minibert.data.prepare_ud import prepare_ud
    from minibert.data.prepare_ud_config import PrepareUdConfig

    def make(directory: Path) -> None:
        treebanks = ("en_demo", "ru_demo")
        prepare_ud(
            PrepareUdConfig(
                input_dir=str(TESTDATA / "ud"), output_dir=str(directory), treebanks=treebanks
            )
        )

    return made_once(tmp_path_factory, "demo_data", make)


@pytest.fixture(scope="session")
def tiny_bert_config(tmp_path_factory) -> Path:
    """A `bert_config.json` of odd sizes for the demo vocabulary."""
    vocab_size = len((TESTDATA / "vocab.txt").read_text(encoding="utf-8").splitlines())
    path = tmp_path_factory.mktemp("config") / "bert_config.json"
    config = {
        "vocab_size": vocab_size,
        "hidden_size": 12,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "intermediate_size": 20,
        "max_position_embeddings": 40,
    }
    path.write_text(json.dumps(config))
    return path


@pytest.fixture(scope="session")
def tiny_options(demo_data, tiny_bert_config) -> dict[str, str]:
    """Flags of a run of `fine_tune.py` that takes a few seconds."""
    return {
        "data_dir": str(demo_data),
        "vocab_file": str(TESTDATA / "vocab.txt"),
        "bert_config": str(tiny_bert_config),
        "max_seq_length": "40",
        "epochs": "2",
        "sentences_per_treebank": "60",
        "batch_wordpieces": "400",
        "learning_rate": "1e-2",
    }


@pytest.fixture(scope="session")
def demo_model(tiny_options, tmp_path_factory) -> Path:
    """A model directory of a run on the demo data."""
    return made_once(
        tmp_path_factory,
        "demo_model",
        lambda directory: run_well("fine_tune", model_dir=directory, **tiny_options),
    )


@pytest.fixture(scope="session")
def demo_export(demo_model, tmp_path_factory) -> Path:
    """`EXPORT_DIR/1` of the demo model."""
    export_dir = made_once(
        tmp_path_factory,
        # The model is named after this directory.
        "demo",
        lambda directory: run_well("export", model_dir=demo_model, export_dir=directory),
    )
    return export_dir / "1"


@pytest.fixture(scope="session")
def udpipe_model(tmp_path_factory) -> Path:
    """A model of UDPipe that cuts English text, `en_demo.udpipe` in a directory of its own."""
    treebank = TESTDATA / "ud" / "en_demo"

    def make(directory: Path) -> None:
        directory.mkdir()
        run_well("train_udpipe", conllu=treebank, output=directory / "en_demo.udpipe", epochs="5")

    return made_once(tmp_path_factory, "udpipe", make) / "en_demo.udpipe"


def command(script: str, *arguments: str, **given) -> list[str]:
    """The command line of a script of `run_scripts`, flags first."""
    path = ROOT / "run_scripts" / f"{script}.py"
    options = [f"--{name}={value}" for name, value in given.items()]
    return [sys.executable, str(path), *options, *arguments]


def run_script(script: str, *arguments: str, stdin: str = "", environment=None, **given):
    """Runs a script of `run_scripts` to its end; returns the completed process.

    It is one that has TensorFlow imported (`run_warm`). With variables to add to the environment
    it starts from nothing; `{}` is enough.
    """
    line = command(script, *arguments, **given)
    if environment is None:
        return run_warm(line, stdin=stdin, timeout=1200)
    return subprocess.run(
        line,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
        env={**os.environ, **environment},
    )


def job_of(script: str) -> tuple[Callable[..., None], type]:
    """What a script calls, and the dataclass of its options."""
    main = runpy.run_path(str(ROOT / "run_scripts" / f"{script}.py"))["main"]
    return main, typing.get_type_hints(main)["config"]


def parse_flags(script: str, **given):
    """The options of a script from its flags, as on its command line."""
    values = flags.FlagValues()
    build = define_flags(job_of(script)[1], values)
    values([script, *(f"--{name}={value}" for name, value in given.items())])
    return build()


def mistake_of(script: str, **given) -> str:
    """The line that is said of a job's mistake, which is run in this process.

    `cli.run` prints it and exits with 1, which is tested once.
    """
    main, _ = job_of(script)
    with pytest.raises(InputError) as raised:
        main(parse_flags(script, **given))
    message = str(raised.value)
    assert "\n" not in message
    return message


def run_well(script: str, **given) -> None:
    """Runs a script of `run_scripts` that must not fail."""
    result = run_script(script, **given)
    assert result.returncode == 0, result.stderr


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files whose tests take longest first, so that none runs alone at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST_FILES)
