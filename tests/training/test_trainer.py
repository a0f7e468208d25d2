import math

import pytest
import tensorflow as tf

from minibert.errors import InputError
from minibert.runs.position import Checkpoints
from minibert.training.trainer import EpochResult, Schedule, Trainer


class _CountingStep:
    """A step whose loss is its number, but for those that are given."""

    def __init__(self, losses: dict[int, float] | None = None):
        self.weights = tf.Module()
        self.weights.count = tf.Variable(0.0)
        self._losses = losses or {}

    def compile(self, batch_spec):
        pass

    def __call__(self, batch):
        number = int(self.weights.count.assign_add(1.0))
        return {"upos": tf.constant(self._losses.get(number, float(number)))}


def _trainer(directory, step, checkpoint_steps=2, batches=3) -> Trainer:
    checkpoints = Checkpoints(directory, {"weights": step.weights})
    return Trainer(
        step,
        Schedule(
            [3, 3],
            [30, 30],
            lambda epoch, skip: tf.data.Dataset.range(skip, batches),
            lambda step: tf.constant(0.1),
        ),
        checkpoints,
        checkpoints.restore([3, 3], ["upos"], is_started=False),
        directory,
        checkpoint_steps=checkpoint_steps,
        precision="float32",
        is_chief=True,
    )


def _losses(results: list[EpochResult]) -> list[float]:
    return [result.losses["upos"] for result in results]


def test_mean_losses_of_epochs(tmp_path):
    results: list[EpochResult] = []
    _trainer(tmp_path, _CountingStep()).run(results.append)
    assert [(result.epoch, result.steps) for result in results] == [(1, 3), (2, 6)]
    assert _losses(results) == [2.0, 5.0]


def test_fewer_batches_than_counted(tmp_path):
    trainer = _trainer(tmp_path, _CountingStep(), batches=2)
    with pytest.raises(InputError, match="step 3: there are no batches left"):
        trainer.run(lambda result: None)


def test_run_that_is_stopped_goes_on(tmp_path):
    """Stopped in a step, and in what follows an epoch."""
    results: list[EpochResult] = []
    with pytest.raises(InputError):
        _trainer(tmp_path, _CountingStep({5: math.nan, 6: math.nan}), 1).run(results.append)
    trainer = _trainer(tmp_path, _CountingStep())
    assert (trainer.position.epoch, trainer.steps_done) == (1, 4)

    def stop(result):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.run(stop)
    trainer = _trainer(tmp_path, _CountingStep())
    assert (trainer.position.epoch, trainer.steps_done) == (1, 6)
    trainer.run(results.append)
    assert _losses(results) == [2.0, 5.0]
    assert _trainer(tmp_path, _CountingStep()).position.epoch == 2


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_loss_that_is_no_number_ends_the_run(tmp_path, loss):
    step = _CountingStep({4: loss})
    with pytest.raises(InputError, match=f"step 4: upos is {loss}; train anew"):
        _trainer(tmp_path, step).run(lambda result: None)
    # The last checkpoint is one of before.
    assert _trainer(tmp_path, _CountingStep()).steps_done == 3
