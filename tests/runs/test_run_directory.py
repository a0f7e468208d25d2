"""Whose a run directory is: a run of an older release goes on where it did the same."""

import json

import pytest

from minibert.errors import InputError
from minibert.runs.run_directory import check_run_directory, claim_run_directory
from minibert.training.distill_config import DistillConfig
from minibert.training.fine_tune_config import FineTuneConfig

_RESOLVED = {"data": "abc", "precision": "float32"}


def _config(directory, **options) -> FineTuneConfig:
    return FineTuneConfig(data_dir=("d",), vocab_file="v", model_dir=str(directory), **options)


def _written_without(directory, config, *, options=(), resolved=()):
    """Claims a directory as a release did that had not these."""
    claim_run_directory(directory, config, _RESOLVED)
    path = directory / "config.json"
    content = json.loads(path.read_text())
    for name in options:
        del content["options"][name]
    for name in resolved:
        del content["resolved"][name]
    path.write_text(json.dumps(content))


def test_run_without_an_option_had_its_default(tmp_path):
    directory = tmp_path / "run"
    old = ("xla", "clip_norm", "treebanks", "train_splits")
    _written_without(directory, _config(directory), options=old)
    assert check_run_directory(directory, _config(directory), _RESOLVED)
    for options in (
        {"xla": True},
        {"clip_norm": 0.5},
        {"treebanks": ("en_demo",)},
        {"train_splits": ("train", "extra")},
    ):
        (name,) = options
        with pytest.raises(InputError, match=f"another run, with {name}="):
            check_run_directory(directory, _config(directory, **options), _RESOLVED)


def test_default_of_the_job_and_not_of_all(tmp_path):
    """Distillation has other defaults than the options that it shares."""

    def config(**options):
        return DistillConfig(
            teacher_outputs_dir="o", vocab_file="v", model_dir=str(tmp_path / "run"), **options
        )

    _written_without(tmp_path / "run", config(), options=("epochs", "composition"))
    assert check_run_directory(tmp_path / "run", config(), _RESOLVED)
    with pytest.raises(InputError, match="with epochs=24 where this one has 10"):
        check_run_directory(tmp_path / "run", config(epochs=10), _RESOLVED)


def test_run_of_before_an_option_that_changed_what_is_done(tmp_path):
    """Words came as they were before there was --unicode_normalization."""
    directory = tmp_path / "run"
    _written_without(directory, _config(directory), options=("unicode_normalization",))
    message = "add --unicode_normalization=none to go on with it, or name another"
    with pytest.raises(InputError, match=message):
        check_run_directory(directory, _config(directory), _RESOLVED)
    assert check_run_directory(directory, _config(directory, unicode_normalization="none"))


def test_option_that_there_is_no_more(tmp_path):
    directory = tmp_path / "run"
    claim_run_directory(directory, _config(directory), _RESOLVED)
    path = directory / "config.json"
    content = json.loads(path.read_text())
    content["options"]["old_option"] = 7
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="with old_option=7 where this one has None"):
        check_run_directory(directory, _config(directory), _RESOLVED)


def test_what_was_not_recorded_is_not_compared(tmp_path):
    directory = tmp_path / "run"
    _written_without(directory, _config(directory), resolved=("precision",))
    assert check_run_directory(directory, _config(directory), _RESOLVED)
    with pytest.raises(InputError, match="another run, with data='abc' where this one has 'xyz'"):
        check_run_directory(directory, _config(directory), {**_RESOLVED, "data": "xyz"})
