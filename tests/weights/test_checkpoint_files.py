"""Checkpoints: what is said of one that cannot be read, and in which order they reach the disk."""

import os
from pathlib import Path

import pytest
import tensorflow as tf

from minibert.errors import InputError
from minibert.runs.position import Checkpoints, Position
from minibert.weights.checkpoint_files import (
    open_checkpoint,
    read_checkpoint,
    read_tensor,
    remove_checkpoints,
    write_checkpoint,
)

_REMEDY = "name another --model_dir to train from the start"


@pytest.fixture
def written(tmp_path):
    """A checkpoint of three numbers: an object of the same form, and the prefix."""
    prefix = tf.train.Checkpoint(v=tf.Variable([1.0, 2.0, 3.0])).write(str(tmp_path / "step-00001"))
    return tf.train.Checkpoint(v=tf.Variable(tf.zeros([3]))), prefix


def _raise(error):
    def raising(*_, **__):
        raise error

    return raising


@pytest.mark.parametrize(
    "error",
    [tf.errors.ResourceExhaustedError(None, None, "OOM when allocating"), MemoryError()],
    ids=["device", "host"],
)
def test_lack_of_memory_is_not_damage(written, monkeypatch, error):
    checkpoint, prefix = written
    monkeypatch.setattr(checkpoint, "read", _raise(error))
    with pytest.raises(InputError, match="not enough memory to load the checkpoint") as raised:
        read_checkpoint(checkpoint, prefix, remedy=_REMEDY)
    message = str(raised.value)
    assert message.startswith(f"{prefix}: ")
    assert "stays as it is; free some and start again" in message
    assert "damaged" not in message
    assert _REMEDY not in message


@pytest.mark.parametrize(
    "error",
    [
        TypeError("ours"),
        ValueError("ours"),
        AttributeError("ours"),
        KeyError("ours"),
        AssertionError("ours"),
        RuntimeError("ours"),
        tf.errors.UnavailableError(None, None, "a worker has gone"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_are_what_they_are(written, error):
    checkpoint, prefix = written
    with pytest.raises(type(error)) as raised:
        read_checkpoint(checkpoint, prefix, remedy=_REMEDY, create_variables=_raise(error))
    assert raised.value is error


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"v": tf.Variable(tf.zeros([4]))}, "shape"),
        (
            {"v": tf.Variable(tf.zeros([3])), "w": tf.Variable(0.0)},
            "not bound to checkpointed values",
        ),
        ({}, "Unresolved object in checkpoint"),
    ],
    ids=["another shape", "missing", "left over"],
)
def test_checkpoint_of_another_model(written, other, reason):
    _, prefix = written
    with pytest.raises(InputError, match=f"or of another model \\(.*{reason}") as raised:
        read_checkpoint(tf.train.Checkpoint(**other), prefix, remedy=_REMEDY)
    assert str(raised.value).endswith(_REMEDY)


@pytest.mark.parametrize("part", ["tensor", "object graph"])
def test_a_byte_that_was_changed(written, part):
    """TensorFlow has checksums, and no class of error of its own for one that differs."""
    checkpoint, prefix = written
    path = Path(f"{prefix}.data-00000-of-00001")
    content = bytearray(path.read_bytes())
    # The three numbers come behind the object graph, or before it.
    numbers = content.index(tf.constant([1.0, 2.0, 3.0]).numpy().tobytes())
    content[numbers if part == "tensor" else (numbers + 40) % len(content)] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="it is damaged, cut short or of another model"):
        read_checkpoint(checkpoint, prefix, remedy=_REMEDY)
    with pytest.raises(InputError, match="it is damaged, cut short or of another model"):
        _read_all(prefix)


@pytest.mark.parametrize("missing", [1, 100, 300])
def test_a_file_that_ends_too_soon(written, missing):
    """Also where only what says which objects there are is cut."""
    checkpoint, prefix = written
    path = Path(f"{prefix}.data-00000-of-00001")
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(InputError, match="it is damaged, cut short or of another model") as raised:
        read_checkpoint(checkpoint, prefix, remedy=_REMEDY)
    assert "{{" not in str(raised.value)


def _read_all(prefix):
    """As public checkpoints are read."""
    with open_checkpoint(prefix, _REMEDY) as reader:
        for name in reader.get_variable_to_shape_map():
            read_tensor(reader, name)


@pytest.fixture
def calls(monkeypatch):
    """What reaches the disk: `sync`, `name` or `remove`, with the name of the file."""
    calls: list[tuple[str, str]] = []
    fsync, replace, unlink = os.fsync, os.replace, Path.unlink

    def recorded_fsync(descriptor):
        calls.append(("sync", Path(os.readlink(f"/proc/self/fd/{descriptor}")).name))
        fsync(descriptor)

    def recorded_replace(source, target):
        calls.append(("name", Path(target).name))
        replace(source, target)

    def recorded_unlink(path, *arguments, **options):
        calls.append(("remove", path.name))
        unlink(path, *arguments, **options)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    monkeypatch.setattr(Path, "unlink", recorded_unlink)
    return calls


def test_checkpoint_is_on_disk_before_the_one_before_is_removed(tmp_path, calls):
    """A machine may lose its power between any two of these."""
    checkpoints = Checkpoints(tmp_path, {"weights": tf.train.Checkpoint(v=tf.Variable(1.0))})
    position = checkpoints.save(Position(epoch_step=1), 1)
    calls.clear()
    checkpoints.save(position, 2)

    def place(kind, name):
        (found,) = (index for index, call in enumerate(calls) if call == (kind, name))
        return found

    of_new = [place("sync", f"step-00002.{end}") for end in ("index", "data-00000-of-00001")]
    named = place("name", "last.json")
    # Names are on the disk when the directory is: those of the checkpoint before they stand in
    # last.json, and this before another is removed.
    syncs = [index for index, call in enumerate(calls) if call == ("sync", "checkpoints")]
    removed = [index for index, (kind, name) in enumerate(calls) if name.startswith("step-00001")]
    assert [calls[index][0] for index in removed] == ["remove", "remove"]
    assert any(max(of_new) < index < named for index in syncs)
    assert any(named < index < min(removed) for index in syncs)


def test_what_is_kept_can_be_read(tmp_path):
    value = tf.Variable(5.0)
    checkpoint = tf.train.Checkpoint(v=value)
    first = write_checkpoint(checkpoint, tmp_path, "step", 7, current=None)
    value.assign(6.0)
    second = write_checkpoint(checkpoint, tmp_path, "step", 7, current=first)
    remove_checkpoints(tmp_path, "step", but=second)
    value.assign(0.0)
    read_checkpoint(checkpoint, tmp_path / second, remedy=_REMEDY)
    assert float(value) == 6.0
    assert {path.stem for path in tmp_path.iterdir()} == {second}
