"""A run that is killed and started again ends as one that was not."""

import json
import signal
import time

import numpy as np
import pytest
import tensorflow as tf

from tests.conftest import command, run_script
from tests.warm_processes import started_warm


def _weights(prefix) -> dict[str, np.ndarray]:
    reader = tf.train.load_checkpoint(str(prefix))
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if name != "_CHECKPOINTABLE_OBJECT_GRAPH"
    }


def _position(model_dir) -> dict:
    path = model_dir / "checkpoints" / "last.json"
    return json.loads(path.read_text()) if path.exists() else {"checkpoint": None}


def _final_state(model_dir) -> dict[str, np.ndarray]:
    return _weights(model_dir / "checkpoints" / _position(model_dir)["checkpoint"])


def _run_with_kills(job, directory, options, kills: int) -> int:
    """Starts a run again and again, killing it when it has written one more checkpoint."""
    killed = 0
    while killed < kills:
        seen = _position(directory)
        with started_warm(command(job, model_dir=directory, **options)) as process:
            while process.is_alive() and _position(directory) == seen:
                time.sleep(0.01)
            process.kill()
            process.join()
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        killed += 1
    result = run_script(job, model_dir=directory, **options)
    assert result.returncode == 0, result.stderr
    return killed


@pytest.mark.parametrize("job", ["fine_tune", "distill"])
def test_killed_run_ends_with_the_same_weights(job, tiny_options, student_options, tmp_path):
    options = {
        **(tiny_options if job == "fine_tune" else {**student_options, "epochs": "2"}),
        "checkpoint_steps": "3",
        "deterministic": "true",
    }
    through, killed = tmp_path / "through", tmp_path / "killed"
    result = run_script(job, model_dir=through, **options)
    assert result.returncode == 0, result.stderr
    assert _run_with_kills(job, killed, options, kills=3) >= 2

    expected, found = _final_state(through), _final_state(killed)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(value, found[name], err_msg=name)

    best = json.loads((through / "best.json").read_text())
    assert json.loads((killed / "best.json").read_text()) == best
    for name, value in _weights(through / best["weights"]).items():
        np.testing.assert_array_equal(value, _weights(killed / best["weights"])[name])

    histories = [
        json.loads((directory / "history.json").read_text())["epochs"]
        for directory in (through, killed)
    ]
    for epochs in histories:
        for epoch in epochs:
            del epoch["training_seconds"]
    assert histories[0] == histories[1]


def test_finished_run_is_left_as_it_is(demo_model, tiny_options):
    before = {path: path.stat().st_mtime_ns for path in demo_model.glob("weights-*")}
    result = run_script("fine_tune", model_dir=demo_model, **tiny_options)
    assert result.returncode == 0, result.stderr
    assert "best is epoch" in result.stdout
    assert {path: path.stat().st_mtime_ns for path in demo_model.glob("weights-*")} == before


def test_other_options_are_refused(demo_model, tiny_options):
    result = run_script("fine_tune", model_dir=demo_model, **{**tiny_options, "epochs": "3"})
    assert result.returncode == 1
    assert "epochs=2" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr


def test_damaged_checkpoint_is_named(tiny_options, tmp_path):
    options = {**tiny_options, "epochs": "1", "sentences_per_treebank": "10"}
    assert run_script("fine_tune", model_dir=tmp_path / "run", **options).returncode == 0
    (data,) = (tmp_path / "run" / "checkpoints").glob("*.data-*")
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    result = run_script("fine_tune", model_dir=tmp_path / "run", **options)
    assert result.returncode == 1
    assert "cut short" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
