"""Training on several replicas is training on one with the same global batch."""

import json
import os
import socket
import subprocess

import numpy as np
import pytest

from tests.conftest import command, run_script

# Without dropout, whose masks are drawn for each replica on its own.
NO_DROPOUT = {
    "dropout": "0",
    "head_dropout": "0",
    "precision": "float32",
    "epochs": "2",
}


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("localhost", 0))
        return server.getsockname()[1]


def _losses(model_dir) -> np.ndarray:
    epochs = json.loads((model_dir / "history.json").read_text())["epochs"]
    return np.array([[epoch["loss"][name] for name in sorted(epoch["loss"])] for epoch in epochs])


@pytest.mark.parametrize("job", ["fine_tune", "distill"])
def test_two_workers_have_the_loss_curve_of_one(job, tiny_options, student_options, tmp_path):
    options = {
        **({**tiny_options, "wordpiece_dropout": "0"} if job == "fine_tune" else student_options),
        **NO_DROPOUT,
    }
    alone = run_script(job, model_dir=tmp_path / "alone", **options)
    assert alone.returncode == 0, alone.stderr

    workers = [f"localhost:{_free_port()}" for _ in range(2)]
    processes = []
    for index in range(2):
        config = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        processes.append(
            subprocess.Popen(
                command(
                    job,
                    model_dir=tmp_path / "both",
                    distribute="multi_worker",
                    **options,
                ),
                env={**os.environ, "TF_CONFIG": json.dumps(config)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    try:
        outputs = [process.communicate(timeout=300)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], outputs
    np.testing.assert_allclose(_losses(tmp_path / "both"), _losses(tmp_path / "alone"), rtol=2e-3)


@pytest.mark.parametrize(
    "config",
    ["{", "{}", '{"cluster": {"worker": ["localhost:1"]}, "task": {"type": "worker", "index": 5}}'],
)
def test_bad_tf_config(tiny_options, tmp_path, config):
    result = run_script(
        "fine_tune",
        model_dir=tmp_path / "run",
        distribute="multi_worker",
        environment={"TF_CONFIG": config},
        **tiny_options,
    )
    assert result.returncode == 1
    assert result.stderr.strip().splitlines()[-1].startswith("error: TF_CONFIG: ")
    assert "Traceback" not in result.stderr
