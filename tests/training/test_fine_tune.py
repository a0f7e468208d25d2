"""Flags of `fine_tune.py` that change how training is done, on a small run."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.dataset_info import count_labels, load_dataset_info
from minibert.files import sha256
from minibert.models.encoder_kinds import read_encoder_config
from minibert.runs.trained_model import load_description, load_trained_model
from minibert.training.fine_tune import fine_tune
from tests.conftest import TESTDATA, mistake_of, parse_flags, run_script
from tests.public_bert import random_weights, write_checkpoint

SHORT = {"epochs": "1", "sentences_per_treebank": "20"}


def _history(model_dir) -> list[dict]:
    return json.loads((model_dir / "history.json").read_text())["epochs"]


def _losses(model_dir) -> np.ndarray:
    """Of the only epoch, by name: the tasks and the norm of the gradient."""
    (epoch,) = _history(model_dir)
    return np.array([epoch["loss"][name] for name in sorted(epoch["loss"])])


@pytest.fixture(scope="module")
def short(tiny_options, tmp_path_factory):
    """Flags of a run without dropout, and its directory."""
    no_dropout = {"dropout": "0", "head_dropout": "0", "wordpiece_dropout": "0"}
    options = {**tiny_options, **SHORT, **no_dropout, "precision": "float32"}
    directory = tmp_path_factory.mktemp("short") / "run"
    result = run_script("fine_tune", model_dir=directory, **options)
    assert result.returncode == 0, result.stderr
    return options, directory


@pytest.mark.parametrize(
    "flags",
    [
        {"composition": "false"},
        {"embedding_update": "all"},
        {"clip_norm": "0.1"},
        {"weight_decay": "0.5"},
        {"head_dropout": "0.5"},
        {"wordpiece_dropout": "0.5"},
        {"dropout": "0.5"},
        {"head_learning_rate": "2e-2"},
        {"compose_pieces": "false"},
        {"head_rank": "5"},
    ],
    ids=str,
)
def test_flags_change_the_losses(short, tmp_path, flags):
    """A run is the same but for its flags and rounding, so one that does nothing is seen."""
    options, directory = short
    result = run_script("fine_tune", model_dir=tmp_path / "run", **{**options, **flags})
    assert result.returncode == 0, result.stderr
    found, without = _losses(tmp_path / "run"), _losses(directory)
    assert np.isfinite(found).all()
    assert np.abs(found / without - 1).max() > 1e-4


@pytest.mark.parametrize("flags", [{}, {"xla": "true"}], ids=str)
def test_flags_that_do_not_change_the_losses(short, tmp_path, flags):
    options, directory = short
    result = run_script("fine_tune", model_dir=tmp_path / "run", **{**options, **flags})
    assert result.returncode == 0, result.stderr
    np.testing.assert_allclose(_losses(tmp_path / "run"), _losses(directory), rtol=2e-5)


def test_batches_of_windows(short, tmp_path):
    """Two treebanks of 20 sentences each in fives, but the last of about each length."""
    options, directory = short
    result = run_script("fine_tune", model_dir=tmp_path / "run", **options, batch_size=5)
    assert result.returncode == 0, result.stderr
    (epoch,) = _history(tmp_path / "run")
    assert _history(directory)[0]["steps"] < 2 * 20 / 5 <= epoch["steps"] < 2 * 20 / 5 + 5


def test_one_task(short, tmp_path):
    options, _ = short
    result = run_script("fine_tune", model_dir=tmp_path / "run", **options, tasks="feats")
    assert result.returncode == 0, result.stderr
    (epoch,) = _history(tmp_path / "run")
    assert list(epoch["accuracy"]) == ["feats"]
    assert sorted(epoch["loss"]) == ["feats", "gradient_norm"]


def test_start_from_a_model(demo_model, tiny_options, tmp_path):
    """With a learning rate of next to nothing the encoder stays what it was."""
    options = {**tiny_options, **SHORT, "learning_rate": "1e-12"}
    result = run_script(
        "fine_tune", model_dir=tmp_path / "run", init_checkpoint=demo_model, **options
    )
    assert result.returncode == 0, result.stderr
    readers = []
    for directory in (demo_model, tmp_path / "run"):
        best = json.loads((directory / "best.json").read_text())
        readers.append(tf.train.load_checkpoint(str(directory / best["weights"])))
    names = [name for name in readers[0].get_variable_to_shape_map() if "encoder" in name]
    assert len(names) > 20
    for name in names:
        first, second = (reader.get_tensor(name) for reader in readers)
        np.testing.assert_allclose(first, second, atol=1e-6, err_msg=name)


def test_start_from_a_public_checkpoint(tiny_options, tmp_path):
    """With a learning rate of next to nothing the table stays what it was."""
    public = tmp_path / "multi_cased"
    weights = random_weights(read_encoder_config(tiny_options["bert_config"]))
    write_checkpoint(public / "bert_model.ckpt", weights)
    shutil.copy(tiny_options["bert_config"], public / "bert_config.json")
    shutil.copy(tiny_options["vocab_file"], public / "vocab.txt")
    options = {**tiny_options, **SHORT, "learning_rate": "1e-12", "init_checkpoint": public}
    result = run_script("fine_tune", model_dir=tmp_path / "run", **options)
    assert result.returncode == 0, result.stderr
    table = load_trained_model(tmp_path / "run").tagger.encoder.word_embeddings
    np.testing.assert_allclose(table, weights["bert/embeddings/word_embeddings"], atol=1e-6)

    data = public / "bert_model.ckpt.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    result = run_script("fine_tune", model_dir=tmp_path / "other", **options)
    assert result.returncode == 1
    assert f"error: {public}/bert_model.ckpt: cannot load" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("composition", [False, True])
def test_rows_that_the_data_has_not_need_no_training(
    demo_model, tiny_options, tmp_path, monkeypatch, composition
):
    """Of a large table only those of the data are trained, with the result of all."""
    options = {**tiny_options, **SHORT, "init_checkpoint": demo_model, "precision": "float32"}
    options |= {"composition": composition, "compose_pieces": False}
    runs = {}
    for most_rows in (10, 150_000):
        monkeypatch.setattr("minibert.training.fine_tune._MOST_ROWS", most_rows)
        directory = tmp_path / str(most_rows)
        fine_tune(parse_flags("fine_tune", model_dir=directory, **options))
        runs[most_rows] = directory
    shapes = [_trained_table(directory) for directory in runs.values()]
    assert shapes[0][0] < shapes[1][0]
    np.testing.assert_allclose(*map(_losses, runs.values()), rtol=1e-4)
    few, all_ = (load_trained_model(directory).tagger for directory in runs.values())
    for first, second in zip(few.weights, all_.weights, strict=True):
        np.testing.assert_allclose(first, second, atol=2e-4, err_msg=first.name)
    before = load_trained_model(demo_model).tagger.encoder.word_embeddings.numpy()
    moved = np.abs(few.encoder.word_embeddings.numpy() - before).max(axis=1) > 0
    assert 20 < moved.sum() < shapes[0][0] < len(before)


def test_a_run_of_before_goes_on_with_all_rows(demo_model, tiny_options, tmp_path, monkeypatch):
    """One that has not recorded that only some are trained has checkpoints of all."""
    options = {**tiny_options, **SHORT, "init_checkpoint": demo_model, "composition": False}
    directory = tmp_path / "run"
    fine_tune(parse_flags("fine_tune", model_dir=directory, **options))
    before = _trained_table(directory)
    monkeypatch.setattr("minibert.training.fine_tune._MOST_ROWS", 10)
    fine_tune(parse_flags("fine_tune", model_dir=directory, **options))
    assert _trained_table(directory) == before
    assert len(_history(directory)) == 1


def test_shape_and_vocabulary_of_a_model_need_not_be_said(demo_model, tiny_options, tmp_path):
    """Nor does its dropout count; an old description that names a family is what it was."""
    model = tmp_path / "model"
    shutil.copytree(demo_model, model)
    path = model / "bert_config.json"
    content = {**json.loads(path.read_text()), "model_type": "bert", "hidden_dropout_prob": 0.0}
    path.write_text(json.dumps(content))
    description = json.loads((model / "model.json").read_text())
    description["sha256"]["bert_config.json"] = sha256(path)
    (model / "model.json").write_text(json.dumps(description))
    options = {n: v for n, v in tiny_options.items() if n not in ("vocab_file", "bert_config")}
    options |= {**SHORT, "init_checkpoint": model}
    fine_tune(parse_flags("fine_tune", model_dir=tmp_path / "run", **options))
    found = load_trained_model(tmp_path / "run").description
    assert found.encoder.hidden_act == "gelu"
    assert found.encoder.hidden_dropout_prob == 0.1
    assert found.features.sha256 == load_trained_model(demo_model).description.features.sha256


def _trained_table(model_dir) -> list[int]:
    """The shape of the table in the last checkpoint."""
    (index,) = (model_dir / "checkpoints").glob("*.index")
    shapes = tf.train.load_checkpoint(str(index.with_suffix(""))).get_variable_to_shape_map()
    (shape,) = (
        shape
        for name, shape in shapes.items()
        if "/embeddings/" in name and "OPTIMIZER_SLOT" not in name and shape[-1] == 12
        if shape[0] > 60
    )
    return shape


def test_wrong_weights_to_start_from_leave_the_directory_free(demo_model, tiny_options, tmp_path):
    """The remedy in the message can be tried with the same --model_dir."""
    content = json.loads(Path(tiny_options["bert_config"]).read_text())
    other = tmp_path / "other.json"
    other.write_text(json.dumps({**content, "hidden_size": 24}))
    options = {**tiny_options, **SHORT, "init_checkpoint": demo_model}
    wrong = {**options, "bert_config": other}
    result = run_script("fine_tune", model_dir=tmp_path / "run", **wrong)
    assert result.returncode == 1
    assert "its encoder has another shape" in result.stderr
    assert not (tmp_path / "run").exists()


def test_weights_in_a_pipe(demo_model, tiny_options, tmp_path):
    shutil.copy(next(demo_model.glob("weights-*.index")), tmp_path / "m.ckpt.index")
    os.mkfifo(tmp_path / "m.ckpt.data-00000-of-00001")
    options = {**tiny_options, "init_checkpoint": tmp_path / "m.ckpt"}
    result = run_script("fine_tune", model_dir=tmp_path / "run", **options)
    assert result.returncode == 1
    assert "m.ckpt.data-00000-of-00001: not a regular file" in result.stderr


def test_changed_bert_config_is_refused_and_changes_nothing(demo_model, tiny_options, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(demo_model, copy)
    content = json.loads((copy / "bert_config.json").read_text())
    other = tmp_path / "other.json"
    other.write_text(json.dumps({**content, "hidden_size": 24}))
    before = (copy / "bert_config.json").read_bytes()
    result = run_script("fine_tune", model_dir=copy, **{**tiny_options, "bert_config": other})
    assert result.returncode == 1
    assert "holds another run, with bert_config=" in result.stderr
    assert (copy / "bert_config.json").read_bytes() == before


def test_moved_run_goes_on(demo_model, tiny_options, tmp_path):
    """Data, vocabulary and run may be elsewhere, and the precision may be given by name."""
    shutil.copytree(tiny_options["data_dir"], tmp_path / "data")
    shutil.copytree(demo_model, tmp_path / "run")
    shutil.copy(TESTDATA / "vocab.txt", tmp_path / "v.txt")
    precision = json.loads((demo_model / "config.json").read_text())["resolved"]["precision"]
    moved = {
        "data_dir": tmp_path / "data",
        "vocab_file": tmp_path / "v.txt",
        "precision": precision,
    }
    result = run_script("fine_tune", model_dir=tmp_path / "run", **{**tiny_options, **moved})
    assert result.returncode == 0, result.stderr


def test_lost_history_costs_nothing_but_the_curves(demo_model, tiny_options, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(demo_model, copy)
    (copy / "history.json").unlink()
    result = run_script("fine_tune", model_dir=copy, **tiny_options)
    assert result.returncode == 0, result.stderr
    assert "best is epoch" in result.stdout
    (copy / "history.json").write_text("{}")
    result = run_script("fine_tune", model_dir=copy, **tiny_options)
    assert result.returncode == 1
    assert "history.json: not as it must be" in result.stderr


def test_labels_that_are_rare_may_be_left_out(short, tmp_path):
    options, directory = short
    whole = load_description(directory).label_vocabs[1]
    result = run_script("fine_tune", model_dir=tmp_path / "run", **options, min_label_count="30")
    assert result.returncode == 0, result.stderr
    found = load_description(tmp_path / "run").label_vocabs[1]
    counts = count_labels(load_dataset_info(options["data_dir"]).select(("train",)), "feats")
    assert set(found.labels) == {label for label in whole.labels if counts[label] >= 30}
    assert 0 < len(found) < len(whole)


def test_a_head_of_too_high_a_rank(tiny_options, tmp_path):
    message = mistake_of("fine_tune", model_dir=tmp_path / "run", **tiny_options, head_rank="12")
    assert message == "--head_rank=12: must be less than the width of the encoder, 12"


def test_no_label_that_is_so_frequent(tiny_options, tmp_path):
    message = mistake_of(
        "fine_tune", model_dir=tmp_path / "run", **tiny_options, min_label_count="1000000"
    )
    assert "no label of upos is there so often, the most frequent" in message
    assert not (tmp_path / "run").exists()
