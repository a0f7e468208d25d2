"""A student: its loss, its first embeddings, the job, and a teacher that is asked anew."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from minibert.files import sha256
from minibert.runs.trained_model import load_description, load_trained_model
from minibert.training.distill_config import DistillConfig
from minibert.training.objectives.softened_labels import SoftenedLabelObjective
from minibert.training.softened_cross_entropy import (
    softened_cross_entropy,
)
from minibert.training.teaching import kept_teaching, online_teaching
from minibert.training.validation import best_table
from tests.conftest import mistake_of, run_script
from tests.training.conftest import VOCAB, outputs_pipeline, sorted_keys, window_keys


def _kept_upos(batch):
    return {"upos": tf.boolean_mask(batch["upos/logits"], batch["word_positions"] >= 0)}


@pytest.mark.parametrize("scale", [False, True])
def test_loss_counts_wordpieces_and_nothing_else(demo_model, outputs_dir, scale):
    """Against the sum over single windows without padding, one wordpiece after the other."""
    description = load_trained_model(demo_model).description
    encoder = description.encoder.with_dropout(0.0)
    student = replace(description, encoder=encoder).create_tagger(dropout=0.0)
    objective = SoftenedLabelObjective(_kept_upos, ["upos"], temperature=2.0, scale=scale)
    batch = next(iter(outputs_pipeline(outputs_dir, "dev").training_batches(0)))
    total, count = objective(batch, student.forward(batch, training=True))["upos"]
    expected, wordpieces = 0.0, 0
    for row in range(len(batch["input_ids"])):
        length = int(tf.math.count_nonzero(batch["input_ids"][row]))
        logits = student(
            {
                "input_ids": batch["input_ids"][row : row + 1, :length],
                "word_positions": tf.range(1, length - 1)[tf.newaxis],
            }
        )["upos"]
        teacher = batch["upos/logits"][row, : length - 2]
        expected += float(tf.reduce_sum(softened_cross_entropy(teacher, logits, 2.0)))
        wordpieces += length - 2
    assert int(count) == wordpieces
    np.testing.assert_allclose(float(total), expected * (4.0 if scale else 1.0), rtol=1e-4)


@pytest.fixture(scope="module")
def student(student_options, tmp_path_factory):
    """A student of the demo model."""
    directory = tmp_path_factory.mktemp("student") / "run"
    result = run_script("distill", model_dir=directory, **student_options)
    assert result.returncode == 0, result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()[-3:]] == [
        "agreement",
        "en",
        "ru",
    ]
    return directory


def test_student_agrees_with_its_teacher(student):
    """More with each epoch; the agreement is by language."""
    epochs = json.loads((student / "history.json").read_text())["epochs"]
    assert set(epochs[0]["accuracy"]["upos"]["by_group"]) == {"en", "ru"}
    scores = [epoch["accuracy"]["upos"]["macro"] for epoch in epochs]
    assert scores[-1] > 0.5
    assert scores[-1] > scores[0]
    losses = [epoch["loss"]["feats"] for epoch in epochs]
    assert losses == sorted(losses, reverse=True)


def test_the_best_epoch_is_shown_by_language(student):
    epochs = json.loads((student / "history.json").read_text())["epochs"]
    best = max(epochs, key=lambda epoch: epoch["score"])["accuracy"]
    header, *rows = (line.split() for line in best_table(student, "agreement").splitlines())
    assert header == ["agreement", "upos", "feats"]
    for row, language in zip(rows, ("en", "ru"), strict=True):
        expected = [best[task]["by_group"][language] for task in ("upos", "feats")]
        assert row == [language, *(f"{100 * value:.2f}" for value in expected)]


def test_a_run_whose_history_was_removed_has_an_empty_table(student, tmp_path):
    shutil.copy(student / "best.json", tmp_path)
    assert best_table(tmp_path, "agreement").split() == ["agreement", "upos", "feats"]


def test_student_is_fine_tuned(student, tiny_options, tmp_path):
    options = {**tiny_options, "epochs": "1", "bert_config": student / "bert_config.json"}
    plain = run_script("fine_tune", model_dir=tmp_path / "plain", **options)
    assert plain.returncode == 0, plain.stderr
    result = run_script(
        "fine_tune", model_dir=tmp_path / "tuned", init_checkpoint=student, **options
    )
    assert result.returncode == 0, result.stderr
    assert re.search(r"(\d+) of \1 upos labels start from", result.stderr)
    tuned, plain = (
        json.loads((tmp_path / name / "history.json").read_text())["epochs"][0]["score"]
        for name in ("tuned", "plain")
    )
    # Some 0.1, but for how the CPU rounds.
    assert tuned > plain + 0.05


def _online_config(teacher_dir, transfer_dir):
    return DistillConfig(
        vocab_file=str(VOCAB),
        model_dir="",
        teacher_dir=str(teacher_dir),
        transfer_dir=str(transfer_dir),
        batch_size=16,
    )


def test_teacher_that_is_asked_anew(outputs_dir, demo_model, transfer_dir):
    """Says of each window what is kept of it."""
    config = _online_config(demo_model, transfer_dir)
    model = load_trained_model(demo_model)
    places = (str(demo_model), str(transfer_dir))
    online = online_teaching(config, model.description.features, *places)
    kept = kept_teaching(config, model.description.features, str(outputs_dir))
    assert online.labels == {task: tuple(labels) for task, labels in kept.labels.items()}
    batches = [teaching.load_batches() for teaching in (online, kept)]
    for one, two in zip(*batches, strict=True):
        assert one.groups == two.groups
        assert one.num_steps(0) == two.num_steps(0)
        assert one.num_wordpieces(0) == two.num_wordpieces(0)
        assert sorted_keys(one.training_batches(0)) == sorted_keys(two.training_batches(0))
    (training, validation), (_, kept_validation) = batches
    assert _said(online, validation) == pytest.approx(_said(kept, kept_validation), abs=2e-2)
    assert len(list(training.training_batches(0, skip=3))) == training.num_steps(0) - 3
    same = total = 0
    labels = [_likeliest(pair) for pair in (validation, kept_validation)]
    assert labels[0].keys() == labels[1].keys()
    for window, of_online in labels[0].items():
        same += sum(a == b for a, b in zip(of_online, labels[1][window], strict=True))
        total += len(of_online)
    assert same / total > 0.995


def test_student_of_a_teacher_that_is_asked_anew(
    demo_model, transfer_dir, student_options, tmp_path
):
    options = {**student_options, "epochs": "1", "transfer_dir": transfer_dir, "tasks": "upos"}
    options["sampling_exponent"] = "0.7"
    del options["teacher_outputs_dir"]
    result = run_script("distill", model_dir=tmp_path / "run", **options)
    assert result.returncode == 0, result.stderr
    (epoch,) = json.loads((tmp_path / "run" / "history.json").read_text())["epochs"]
    assert set(epoch["accuracy"]) == {"upos"}
    assert 0 < epoch["accuracy"]["upos"]["macro"] <= 1


def test_loss_that_is_no_number_ends_the_run(student_options, outputs_dir, tmp_path):
    """It names the step; the weights from before are kept."""
    damaged = tmp_path / "outputs"
    shutil.copytree(outputs_dir, damaged)
    shard = damaged / "train" / "ru-00001-of-00002.tfrecord"
    records = [tf.train.Example.FromString(r.numpy()) for r in tf.data.TFRecordDataset(str(shard))]
    logits = records[-1].features.feature["upos/logits"].bytes_list
    logits.value[0] = np.full(len(logits.value[0]) // 2, np.nan, "<f2").tobytes()
    with tf.io.TFRecordWriter(str(shard)) as writer:
        for record in records:
            writer.write(record.SerializeToString())
    described = json.loads(shard.with_suffix(".json").read_text())
    described["shard"] |= {"bytes": shard.stat().st_size, "sha256": sha256(shard)}
    shard.with_suffix(".json").write_text(json.dumps(described))

    options = {**student_options, "teacher_outputs_dir": damaged, "checkpoint_steps": "1"}
    result = run_script("distill", model_dir=tmp_path / "run", **options)
    assert result.returncode == 1
    message = result.stderr.strip().splitlines()[-1]
    found = re.match(r"error: step (\d+): upos is nan; train anew", message)
    assert found, result.stderr
    position = json.loads((tmp_path / "run" / "checkpoints" / "last.json").read_text())
    assert position["checkpoint"] == f"step-{int(found[1]) - 1:05d}"
    reader = tf.train.load_checkpoint(
        str(tmp_path / "run" / "checkpoints" / position["checkpoint"])
    )
    for name in reader.get_variable_to_shape_map():
        if name.startswith("tagger/"):
            assert np.isfinite(reader.get_tensor(name)).all(), name


def test_gradient_ends_at_the_teacher(outputs_dir, demo_model, transfer_dir):
    config = _online_config(demo_model, transfer_dir)
    features = load_description(demo_model).features
    online = online_teaching(config, features, str(demo_model), str(transfer_dir))
    batch = next(iter(online.load_batches()[1].training_batches(0)))
    with tf.GradientTape() as tape:
        loss = sum(tf.reduce_sum(logits) for logits in online.teacher(batch).values())
    assert tape.watched_variables()
    gradient = tape.gradient(loss, tape.watched_variables())
    assert all(of_variable is None for of_variable in gradient)


def _said(teaching, batches) -> dict[tuple, float]:
    """For each window, language and ids, the mean size of its relative UPOS logits."""
    said = {}
    for batch in batches.training_batches(0):
        logits = tf.cast(teaching.teacher(batch)["upos"], tf.float32)
        squares = tf.reduce_mean(
            (logits - tf.reduce_max(logits, axis=1, keepdims=True)) ** 2, axis=1
        )
        rows = tf.where(batch["word_positions"] >= 0)[:, 0]
        for row, key in enumerate(window_keys(batch)):
            said[key] = float(tf.reduce_mean(tf.sqrt(squares[rows == row])))
    return said


def _likeliest(batches) -> dict[tuple, list[int]]:
    """For each window the teacher's likeliest labels of both tasks."""
    found = {}
    for batch in batches.evaluation_batches():
        for row, key in enumerate(window_keys(batch)):
            is_wordpiece = batch["word_positions"][row] >= 0
            found[key] = [
                label
                for task in ("upos", "feats")
                for label in batch[task][row][is_wordpiece].numpy().tolist()
            ]
    return found


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"temperature": "0"}, "--temperature=0.0: must be from 0.01 to 1000"),
        ({"temperature": "inf"}, "--temperature=inf: must be from 0.01 to 1000"),
        ({"sampling_exponent": "2"}, "--sampling_exponent=2.0: must be from 0 to 1"),
        ({"tasks": "ner"}, "has no 'ner', only upos feats"),
        ({"teacher_outputs_dir": "/no/dir"}, "/no/dir: no teacher_outputs.json there"),
        ({"teacher_dir": "/no/model"}, "/no/model: no model.json there"),
        ({"init_embeddings": "random"}, "needed for --transfer_dir and --init_embeddings=svd, and"),
        ({"transfer_dir": "x"}, "give either --teacher_outputs_dir, or --teacher_dir and"),
        ({"init_checkpoint": "x"}, "--init_embeddings=svd: the weights of --init_checkpoint"),
        ({"vocab_file": "other"}, "not the vocabulary of the teacher"),
        ({"positions": "words"}, "has outputs of wordpieces; leave it out, or keep others"),
    ],
)
def test_bad_options_of_a_student(student_options, tmp_path, flags, message):
    other = tmp_path / "other"
    shutil.copy(VOCAB, other)
    other.write_text(other.read_text(encoding="utf-8").replace("##s\n", "##ꙮ\n"), encoding="utf-8")
    flags = {name: str(other) if value == "other" else value for name, value in flags.items()}
    flags = {**student_options, **flags}
    assert message in mistake_of("distill", model_dir=tmp_path / "run", **flags)
    assert not (tmp_path / "run").exists()
