import json

import pytest
import tensorflow as tf

from minibert.errors import InputError
from minibert.runs.position import Checkpoints, Position

STEPS, LOSSES = [4, 4], ["upos"]


def _checkpoints(directory, value: float) -> tuple[Checkpoints, tf.Variable]:
    variable = tf.Variable(value)
    return Checkpoints(directory, {"weights": tf.train.Checkpoint(variable=variable)}), variable


def _position(epoch_step: int, checkpoint: str | None = None) -> Position:
    return Position(0, epoch_step, 0.1, {"upos": 1 / 3}, checkpoint)


def _files(directory) -> set[str]:
    return {path.name for path in (directory / "checkpoints").iterdir()}


def test_nothing_is_restored_at_the_start(tmp_path):
    checkpoints, variable = _checkpoints(tmp_path, 7.0)
    assert checkpoints.restore(STEPS, LOSSES, is_started=False) == Position()
    assert variable.numpy() == 7.0


def test_last_of_two_checkpoints_is_restored_and_the_other_removed(tmp_path):
    checkpoints, variable = _checkpoints(tmp_path, 7.0)
    position = checkpoints.save(_position(2), 2)
    variable.assign(8.0)
    saved = checkpoints.save(_position(3, position.checkpoint), 3)
    assert _files(tmp_path) == {
        "last.json",
        "step-00003.index",
        "step-00003.data-00000-of-00001",
    }
    others, other = _checkpoints(tmp_path, 0.0)
    assert others.restore(STEPS, LOSSES, is_started=True) == saved
    assert saved == _position(3, "step-00003")
    assert other.numpy() == 8.0


def test_what_a_killed_process_left_is_removed(tmp_path):
    checkpoints, _ = _checkpoints(tmp_path, 7.0)
    directory = tmp_path / "checkpoints"
    (directory / "step-00001_temp").mkdir(parents=True)
    (directory / "step-00001_temp" / "part").write_text("x")
    (directory / "step-00001.index").write_text("x")
    (directory / "step-of-mine").mkdir()
    checkpoints.save(_position(2), 2)
    assert _files(tmp_path) == {
        "last.json",
        "step-00002.index",
        "step-00002.data-00000-of-00001",
        "step-of-mine",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read: No such file"),
        (b"", "not as it must be"),
        (b"\xff\xfe", "not as it must be"),
        ({"epoch": 7}, "not a position in this run"),
        ({"epoch_step": 10**9}, "not a position in this run"),
        ({"epoch": -1}, "Expected `int` >= 0"),
        ({"seconds": "1"}, "Expected `float`, got `str`"),
        ({"checkpoint": None}, "not a position in this run"),
        ({"checkpoint": "../../victim-1"}, "Expected `str` matching regex"),
        ({"checkpoint": "step-00009"}, "cannot load the checkpoint"),
        ({"loss_sums": {"other": 1.0}}, "not a position in this run"),
        ({"loss_sums": None}, "not a position in this run"),
        ({"checkpoint": "step-00002\n"}, "matching regex"),
    ],
)
def test_forged_positions_are_refused(tmp_path, content, message):
    checkpoints, _ = _checkpoints(tmp_path, 7.0)
    checkpoints.save(_position(2), 2)
    path = tmp_path / "checkpoints" / "last.json"
    if isinstance(content, dict):
        content = json.dumps({**json.loads(path.read_text()), **content}).encode()
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        checkpoints.restore(STEPS, LOSSES, is_started=True)
    assert str(error.value).startswith(str(tmp_path / "checkpoints"))
    assert "\n" not in str(error.value)
