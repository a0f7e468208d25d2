"""The distillation loss, against NumPy in float64."""

import numpy as np
import pytest
import tensorflow as tf

from minibert.training.softened_cross_entropy import (
    REST_TEMPERATURES,
    keep_all,
    keep_top,
    softened_cross_entropy,
)

TEMPERATURES = (0.5, 1.0, 2.0, 3.0, 4.0, 50.0)


def _log_softmax(logits):
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def _cross_entropy(teacher, student, temperature):
    log_p = _log_softmax(teacher.astype(np.float64) / temperature)
    log_q = _log_softmax(student.astype(np.float64) / temperature)
    p = np.exp(log_p)
    return -np.where(p > 0, p * np.where(p > 0, log_q, 0), 0).sum(-1)


def _logits(labels, scale=4.0, seed=3):
    teacher, student = np.random.default_rng(seed).normal(0, scale, [2, 40, labels])
    return teacher.astype(np.float32), student.astype(np.float32)


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_equals_the_formula(temperature):
    teacher, student = _logits(17)
    found = softened_cross_entropy(tf.constant(teacher), tf.constant(student), temperature)
    np.testing.assert_allclose(found, _cross_entropy(teacher, student, temperature), rtol=1e-5)


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_float16_changes_little(temperature):
    teacher, student = _logits(17)
    found = softened_cross_entropy(
        keep_all(tf.constant(teacher)), tf.constant(student), temperature
    )
    np.testing.assert_allclose(found, _cross_entropy(teacher, student, temperature), rtol=5e-3)


def test_gradient_is_the_difference_of_the_distributions():
    teacher, student = map(tf.constant, _logits(9))
    with tf.GradientTape() as tape:
        tape.watch(student)
        loss = tf.reduce_sum(softened_cross_entropy(teacher, student, 3.0))
    expected = (tf.nn.softmax(student / 3.0) - tf.nn.softmax(teacher / 3.0)) / 3.0
    np.testing.assert_allclose(tape.gradient(loss, student), expected, atol=1e-6)


def test_labels_of_probability_zero():
    teacher, student = _logits(6)
    teacher[:, 2] = student[:, 2] = -np.inf
    student = tf.constant(student)
    with tf.GradientTape() as tape:
        tape.watch(student)
        loss = softened_cross_entropy(tf.constant(teacher), student, 2.0)
    keep = [0, 1, 3, 4, 5]
    np.testing.assert_allclose(
        loss, _cross_entropy(teacher[:, keep], student.numpy()[:, keep], 2.0), rtol=1e-5
    )
    gradient = tape.gradient(loss, student).numpy()
    assert np.isfinite(gradient).all()
    assert not gradient[:, 2].any()


def _spread(teacher, k, temperature):
    """The softened distribution, all of it but the likeliest k spread evenly, in float64."""
    p = np.exp(_log_softmax(teacher.astype(np.float64) / temperature))
    kept = np.argsort(-p, axis=1)[:, :k]
    in_kept = np.take_along_axis(p, kept, axis=1)
    rest = 1 - in_kept.sum(1, keepdims=True)
    spread = np.broadcast_to(rest / (p.shape[1] - k), p.shape).copy()
    np.put_along_axis(spread, kept, in_kept, axis=1)
    return spread


@pytest.mark.parametrize("scale", [4.0, 40.0])
@pytest.mark.parametrize("temperature", REST_TEMPERATURES)
def test_top_logits_spread_the_rest_evenly(temperature, scale):
    """Exactly, at the temperatures at which the rest was summed up; with its gradient."""
    teacher, student = _logits(30)
    student *= scale / 4.0
    p = _spread(teacher, 8, temperature)
    log_q = _log_softmax(student.astype(np.float64) / temperature)

    top = keep_top(tf.constant(teacher), 8)
    weights = np.linspace(0.5, 2.0, len(teacher)).astype(np.float32)
    student = tf.constant(student)
    with tf.GradientTape() as tape:
        tape.watch(student)
        found = softened_cross_entropy(top, student, temperature)
        loss = tf.reduce_sum(weights * found)
    np.testing.assert_allclose(found, -(p * log_q).sum(1), rtol=5e-3)
    found = tape.gradient(loss, student).numpy() / weights[:, np.newaxis]
    np.testing.assert_allclose(found, (np.exp(log_q) - p) / temperature, atol=1e-3 / temperature)


def test_a_student_of_top_logits_finds_the_likeliest_label():
    """Also where nearly all of the mass is in the rest, as at high temperatures."""
    teacher, student = _logits(400)
    top = keep_top(tf.constant(teacher), 4)
    assert (_spread(teacher, 4, 4.0).max(1) < 0.1).all()
    student = tf.Variable(student)

    @tf.function
    def learn():
        for _ in tf.range(1000):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(softened_cross_entropy(top, student, 4.0))
            student.assign_sub(100.0 * tape.gradient(loss, student))

    learn()
    np.testing.assert_array_equal(student.numpy().argmax(1), teacher.argmax(1))


def test_student_to_whom_a_label_is_impossible():
    teacher, student = _logits(12)
    top = keep_top(tf.constant(teacher), 4)
    student[0, 5:] = -np.inf
    student = tf.constant(student)
    with tf.GradientTape() as tape:
        tape.watch(student)
        loss = softened_cross_entropy(top, student, 2.0)
    assert not np.isfinite(loss.numpy()[0])
    assert np.isfinite(loss.numpy()[1:]).all()
    assert np.isfinite(tape.gradient(loss, student).numpy()).all()


def test_top_logits_are_a_distribution_at_every_temperature():
    """At temperatures between those that are kept too; there the rest is summed up to within three
    percent of the mass."""
    teacher, student = _logits(200, scale=3.0)
    top = keep_top(tf.constant(teacher), 8)
    np.testing.assert_array_equal(top.labels.numpy()[:, 0], teacher.argmax(1))
    student = tf.constant(student)
    for temperature in (0.4, 0.5, 1.5, 3.0, 8.0):
        with tf.GradientTape() as tape:
            tape.watch(student)
            loss = tf.reduce_sum(softened_cross_entropy(top, student, temperature))
        # The student's distribution less the wanted one.
        gradient = tape.gradient(loss, student).numpy() * temperature
        assert np.isfinite(gradient).all()
        assert abs(gradient.sum(1)).max() < 1e-3
        wanted = tf.nn.softmax(student / temperature).numpy() - gradient
        assert wanted.min() > -1e-6
        np.testing.assert_allclose(wanted, _spread(teacher, 8, temperature), atol=0.03)


def test_all_of_the_rest_impossible():
    teacher, student = _logits(12)
    teacher[:, 4:] = -np.inf
    top = keep_top(tf.constant(teacher), 4)
    assert np.isfinite(top.rest.numpy()).all()
    found = softened_cross_entropy(top, tf.constant(student), 3.0)
    np.testing.assert_allclose(found, _cross_entropy(teacher, student, 3.0), rtol=5e-3)
