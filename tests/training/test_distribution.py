"""Training on several replicas is training on one with the same global batch."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from tests.conftest import ROOT, command, run_script

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


def _run(*arguments: str) -> subprocess.CompletedProcess:
    """Runs a program that must not fail."""
    result = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result


# Runs a job on two replicas of one process, as two GPUs of a machine are.
TWO_REPLICAS = """
import sys

import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

from minibert.cli import run
from minibert.training import run as training_run
from minibert.training.{job} import {job}
from minibert.training.{job}_config import {config}


def create_strategy(distribute):
    assert distribute == "mirrored"
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


training_run.create_strategy = create_strategy
run({config}, {job})
"""


# A step without gradients, of a head whose weights decay at a rate of their own.
DECAY = """
import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

from minibert.training.optimization import BertOptimization

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    head = [tf.Variable(tf.ones([2]), name=f"head/{name}") for name in ("kernel", "bias")]
    optimizer = BertOptimization(
        learning_rate=0.1,
        head_learning_rate=0.5,
        warmup_fraction=0.0,
        weight_decay=0.5,
        clip_norm=0.0,
        touched_rows_only=True,
    ).create_optimizer(head, 10, embedding_tables=[], heads=head)


@tf.function
def step():
    zeros = [tf.zeros([2])] * 2
    optimizer.apply_gradients(zip(zeros, head), skip_gradients_aggregation=True)


strategy.run(step)
print([float(copy[0]) for weight in head for copy in weight.values])
"""


def test_copies_of_a_head_decay_alike():
    """By their names, which end differently on each replica, biases would decay on all but one."""
    result = _run("-c", DECAY)
    assert json.loads(result.stdout.splitlines()[-1]) == [0.75, 0.75, 1.0, 1.0]


@pytest.fixture(scope="module", params=["fine_tune", "distill"])
def job(request, tiny_options, student_options, tmp_path_factory):
    """A job, its flags, and what a single replica loses with them."""
    options = {
        **(
            {**tiny_options, "wordpiece_dropout": "0", "head_learning_rate": "2e-2"}
            if request.param == "fine_tune"
            else student_options
        ),
        **NO_DROPOUT,
    }
    directory = tmp_path_factory.mktemp("alone") / "run"
    alone = run_script(request.param, model_dir=directory, **options)
    assert alone.returncode == 0, alone.stderr
    return request.param, options, _losses(directory)


def test_two_replicas_have_the_loss_curve_of_one(job, tmp_path):
    name, options, expected = job
    config = {"fine_tune": "FineTuneConfig", "distill": "DistillConfig"}[name]
    program = tmp_path / "two_replicas.py"
    program.write_text(TWO_REPLICAS.format(job=name, config=config))
    flags = {**options, "model_dir": tmp_path / "both", "distribute": "mirrored"}
    _run(str(program), *(f"--{flag}={value}" for flag, value in flags.items()))
    np.testing.assert_allclose(_losses(tmp_path / "both"), expected, rtol=2e-3)


def test_two_workers_have_the_loss_curve_of_one(job, tmp_path):
    name, options, expected = job
    workers = [f"localhost:{_free_port()}" for _ in range(2)]
    processes = []
    for index in range(2):
        config = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        processes.append(
            subprocess.Popen(
                command(
                    name,
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
    np.testing.assert_allclose(_losses(tmp_path / "both"), expected, rtol=2e-3)


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
