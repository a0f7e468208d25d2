"""Runs of several stages."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from minibert.runs.best_epoch import best_weights, read_best
from minibert.runs.position import Checkpoints
from minibert.runs.trained_model import load_trained_model
from minibert.training import fine_tune as fine_tune_module
from minibert.training.fine_tune import fine_tune
from minibert.training.fine_tune_config import FineTuneConfig
from minibert.training.objectives.labels import LabelObjective
from minibert.training.objectives.objective import Objective


class Killed(BaseException):
    """As of a process that is killed: nothing catches it."""


@pytest.fixture
def config(tiny_options):
    numbers = {"max_seq_length": int, "epochs": int, "batch_wordpieces": int}
    numbers |= {"sentences_per_treebank": int, "learning_rate": float}
    values = {name: numbers.get(name, str)(value) for name, value in tiny_options.items()}
    values["data_dir"] = (tiny_options["data_dir"],)
    return FineTuneConfig(
        **values, model_dir="", deterministic=True, checkpoint_steps=4, precision="float32"
    )


@pytest.fixture
def train(config, monkeypatch):
    """Trains as fine_tune.py does, in other stages than one."""

    def run(directory, stages_of, **options):
        def train_stages(run):
            (stage,) = run.stages
            one_run_train(replace(run, stages=stages_of(stage)))

        monkeypatch.setattr(fine_tune_module, "train", train_stages)
        fine_tune(replace(config, model_dir=str(directory), **options))

    one_run_train = fine_tune_module.train
    return run


def heads_alone(tagger):
    return [weight for head in tagger.heads.values() for weight in head.trainable_variables]


def at_rate(stage, rate):
    return replace(stage, optimization=replace(stage.optimization, learning_rate=rate))


def two_stages(stage):
    """The heads first, then all weights at another rate."""
    return [replace(stage, trainable=heads_alone, epochs=1), at_rate(stage, 3e-3)]


def weights(directory):
    return [weight.numpy() for weight in load_trained_model(directory).tagger.weights]


def history(directory):
    epochs = json.loads((directory / "history.json").read_text())["epochs"]
    return [{name: value for name, value in e.items() if "seconds" not in name} for e in epochs]


def test_killed_anywhere_a_run_ends_with_the_same_weights(train, tmp_path, monkeypatch):
    """In the first stage, between the two, behind a checkpoint of the second."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train(whole, two_stages)
    steps = history(whole)[-1]["steps"]
    saves = []
    save, save_next_stage = Checkpoints.save, Checkpoints.save_next_stage

    def save_and_die(self, position, steps_done):
        position = save(self, position, steps_done)
        saves.append((position.stage, position.epoch, steps_done))
        if len(saves) in (1, 4):
            raise Killed
        return position

    def next_and_die(self, position, steps_done):
        save_next_stage(self, position, steps_done)
        raise Killed

    monkeypatch.setattr(Checkpoints, "save", save_and_die)
    monkeypatch.setattr(Checkpoints, "save_next_stage", next_and_die)
    deaths = 0
    while True:
        try:
            train(killed, two_stages)
            break
        except Killed:
            deaths += 1
    assert deaths == 3
    assert {stage for stage, _, _ in saves} == {0, 1}
    assert history(killed) == history(whole)
    assert [epoch["epoch"] for epoch in history(whole)] == [1, 2, 3]
    assert history(killed)[-1]["steps"] == steps
    for one, other in zip(weights(whole), weights(killed), strict=True):
        np.testing.assert_array_equal(one, other)
    assert read_best(killed) == read_best(whole)
    assert read_best(whole).stage == 1


def test_a_stage_moves_its_weights_and_starts_from_the_best_epoch(train, tmp_path):
    def stages(stage):
        return [replace(stage, epochs=1), replace(stage, trainable=heads_alone, epochs=1)]

    train(tmp_path / "one", lambda stage: [replace(stage, epochs=1)], composition=False)
    train(tmp_path / "two", stages, composition=False)
    assert history(tmp_path / "two")[:1] == history(tmp_path / "one")
    best = read_best(tmp_path / "two")
    assert (best.stage, best.epoch) == (1, 2)
    one, two = (load_trained_model(tmp_path / name).tagger for name in ("one", "two"))
    for before, after in zip(one.encoder.weights, two.encoder.weights, strict=True):
        np.testing.assert_array_equal(before, after)
    for task, head in one.heads.items():
        assert (head.kernel.numpy() != two.heads[task].kernel.numpy()).any()


def test_a_stage_is_over_when_its_patience_is(train, tmp_path, monkeypatch):
    """Behind two epochs that are not better than the first; started again it stays so."""

    def stages(stage):
        still = replace(at_rate(stage, 1e-30), patience=1)
        return [replace(still, epochs=9, patience=2), replace(still, epochs=5)]

    def die(self, position, steps_done):
        monkeypatch.setattr(Checkpoints, "save_next_stage", save_next_stage)
        raise Killed

    save_next_stage = Checkpoints.save_next_stage
    monkeypatch.setattr(Checkpoints, "save_next_stage", die)
    with pytest.raises(Killed):
        train(tmp_path, stages, composition=False)
    for _ in range(2):
        train(tmp_path, stages, composition=False)
        assert [epoch["epoch"] for epoch in history(tmp_path)] == [1, 2, 3, 4, 5]


def test_random_streams_are_those_of_the_stage(train, tmp_path):
    """The same stage twice has other dropout; and its best epoch counts, if it is no better."""
    train(
        tmp_path,
        lambda stage: [replace(at_rate(stage, 1e-30), epochs=1)] * 2,
        composition=False,
    )
    first, second = history(tmp_path)
    assert first["accuracy"] == second["accuracy"]
    assert first["loss"] != second["loss"]
    assert read_best(tmp_path).stage == 1


class Projection(Objective):
    """The vectors of the first layer are to be those of the last one, projected.

    Its weights are its own.
    """

    def __init__(self):
        super().__init__(["projection"])

    def build(self, tagger):
        self.dense = tf_keras.layers.Dense(12)
        self.dense.build([None, 12])

    def __call__(self, batch, outputs):
        first, last = (tf.gather_nd(h, outputs.places) for h in outputs.encoded.hidden)
        error = tf.reduce_sum(tf.square(self.dense(last) - first), axis=1)
        return {"projection": (tf.reduce_sum(error), tf.size(error))}


def test_objectives_have_losses_and_weights_of_their_own(train, tmp_path, monkeypatch):
    """Of which a killed run goes on as well, and which the model has not got."""

    def stages(stage):
        """The first has no loss of a task, and does not train the heads."""
        alone = replace(stage, objectives=[Projection()], epochs=1)
        return [alone, replace(stage, objectives=[*stage.objectives, Projection()])]

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train(whole, stages, composition=False)
    losses = [epoch["loss"] for epoch in history(whole)]
    assert set(losses[0]) == {"projection", "gradient_norm"}
    assert set(losses[1]) == {"upos", "feats", "projection", "gradient_norm"}
    assert losses[2]["projection"] < losses[1]["projection"]
    save, save_next_stage = Checkpoints.save, Checkpoints.save_next_stage

    def next_and_die(self, position, steps_done):
        save_next_stage(self, position, steps_done)
        raise Killed

    def save_and_die(self, position, steps_done):
        save(self, position, steps_done)
        monkeypatch.setattr(Checkpoints, "save", save)
        raise Killed

    monkeypatch.setattr(Checkpoints, "save_next_stage", next_and_die)
    with pytest.raises(Killed):
        train(killed, stages, composition=False)
    monkeypatch.setattr(Checkpoints, "save", save_and_die)
    with pytest.raises(Killed):
        train(killed, stages, composition=False)
    train(killed, stages, composition=False)
    assert history(killed) == history(whole)
    names = {name for name, _ in tf.train.list_variables(str(best_weights(killed)))}
    assert not any("objectives" in name for name in names)


def test_two_losses_have_two_names(train, tmp_path):
    def stages(stage):
        return [replace(stage, objectives=[*stage.objectives, LabelObjective(["upos"])])]

    with pytest.raises(ValueError, match="two losses of one name: upos feats upos"):
        train(tmp_path, stages)
