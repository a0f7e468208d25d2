"""What precision means on which machine, and that it does what it says."""

import numpy as np
import pytest
import tensorflow as tf

from minibert.errors import InputError
from minibert.training import hardware
from minibert.training.hardware import matmul_precision, resolve_precision


@pytest.mark.parametrize(
    ("precision", "cpu", "num_gpus", "expected"),
    [
        ("auto", "avx2 avx512_bf16", 0, "bfloat16"),
        ("auto", "amx_bf16", 0, "bfloat16"),
        ("auto", "avx2", 0, "float32"),
        ("auto", "avx512_bf16 amx_bf16", 1, "float32"),  # the CPU is not what multiplies
        ("auto", "avx2", 2, "float32"),
        ("float32", "avx512_bf16", 1, "float32"),
        ("bfloat16", "avx2", 0, "bfloat16"),
    ],
)
def test_precision_of_a_machine(monkeypatch, precision, cpu, num_gpus, expected):
    monkeypatch.setattr(hardware, "cpu_info", lambda: cpu)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind] * num_gpus)
    assert resolve_precision(precision) == expected


def test_bfloat16_on_a_gpu_is_refused(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    with pytest.raises(InputError, match="--precision=bfloat16: is for the CPU"):
        resolve_precision("bfloat16")


def _losses(precision) -> np.ndarray:
    """Twenty steps of a small network on the same data."""
    random = np.random.default_rng(1)
    inputs = tf.constant(random.normal(size=[64, 48]), tf.float32)
    labels = tf.constant(random.integers(0, 7, 64))
    weights = [
        tf.Variable(random.normal(scale=0.2, size=size), dtype=tf.float32)
        for size in ([48, 40], [40, 7])
    ]

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            logits = tf.matmul(tf.nn.relu(tf.matmul(inputs, weights[0])), weights[1])
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
            )
        for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
            weight.assign_sub(0.1 * gradient)
        return loss

    with matmul_precision(precision):
        losses = np.array([float(step()) for _ in range(20)])
    assert all(weight.dtype == tf.float32 for weight in weights)
    return losses


def test_bfloat16_has_nearly_the_losses_of_float32():
    if resolve_precision("auto") != "bfloat16":
        pytest.skip("this CPU has no instructions for bfloat16")
    exact, rounded = _losses("float32"), _losses("bfloat16")
    assert exact[-1] < exact[0] / 2
    # Operands have eight bits: the losses are others, by less than a hundredth.
    assert (exact != rounded).any()
    np.testing.assert_allclose(rounded, exact, rtol=1e-2)
