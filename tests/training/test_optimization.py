import numpy as np
import pytest
import tensorflow as tf

from minibert.training.optimization import (
    BETA_1,
    BETA_2,
    EPSILON,
    BertOptimization,
    WarmupLinearDecay,
    add_duplicates,
)
from tests.training.conftest import optimization

DECAY = 0.1
ROWS = np.array([[4, 1], [1, 3], [1, 1]])  # of the table, looked up at each of three steps


def _schedule():
    return WarmupLinearDecay(peak=0.5, total_steps=10, warmup_steps=4)


def test_learning_rate():
    rates = [float(_schedule()(step)) for step in range(11)]
    rising = [0.125, 0.25, 0.375, 0.5]
    # From step 4, 0.5 * (10 - step) / 6.
    falling = [0.5, 5 / 12, 4 / 12, 3 / 12, 2 / 12, 1 / 12, 0.0]
    np.testing.assert_allclose(rates, rising + falling, rtol=1e-6)


def test_no_warm_up_and_a_single_step():
    assert float(WarmupLinearDecay(peak=0.5, total_steps=1, warmup_steps=0)(0)) == 0.5


class _NumpyAdamW:
    """Loshchilov & Hutter 2019, algorithm 2, with epsilon as in Kingma & Ba 2015, section 2."""

    def __init__(self, weights, decay, factor=1.0):
        self.weights, self.decay, self.factor = weights.copy(), decay, factor
        self.m = np.zeros_like(weights)
        self.v = np.zeros_like(weights)
        self.step = 0

    def update(self, gradient, rows=slice(None)):
        rate = self.factor * float(_schedule()(self.step))
        self.step += 1
        g = gradient[rows]
        self.m[rows] = BETA_1 * self.m[rows] + (1 - BETA_1) * g
        self.v[rows] = BETA_2 * self.v[rows] + (1 - BETA_2) * g * g
        correction = np.sqrt(1 - BETA_2**self.step) / (1 - BETA_1**self.step)
        self.weights[rows] -= rate * (
            correction * self.m[rows] / (np.sqrt(self.v[rows]) + EPSILON)
            + self.decay * self.weights[rows]
        )


@pytest.mark.parametrize("head_factor", [1.0, 5.0])
@pytest.mark.parametrize("touched_rows_only", [False, True], ids=["all rows", "touched rows"])
def test_against_numpy(touched_rows_only, head_factor):
    generator = np.random.default_rng(1)
    start = {
        "table": generator.normal(size=[5, 3]),
        "kernel": generator.normal(size=[3, 2]),
        "bias": generator.normal(size=[2]),
        "gamma": generator.normal(size=[3]),
        "head/kernel": generator.normal(size=[3, 4]),
        "head/bias": generator.normal(size=[4]),
    }
    variables = [tf.Variable(value, name=name) for name, value in start.items()]
    optimizer = BertOptimization(
        learning_rate=0.5,
        head_learning_rate=0.5 * head_factor if head_factor > 1 else 0.0,
        warmup_fraction=0.4,
        weight_decay=DECAY,
        clip_norm=0.0,
        touched_rows_only=touched_rows_only,
    ).create_optimizer(variables, 10, embedding_tables=variables[:1], heads=variables[4:])
    expected = [
        _NumpyAdamW(
            value,
            DECAY if name.endswith(("table", "kernel")) else 0.0,
            head_factor if name.startswith("head") else 1.0,
        )
        for name, value in start.items()
    ]
    for rows in ROWS:
        gradients = [generator.normal(size=value.shape) for value in start.values()]
        untouched = np.setdiff1d(np.arange(5), rows)
        gradients[0][untouched] = 0
        for reference, gradient in zip(expected, gradients, strict=True):
            only = rows if touched_rows_only and reference is expected[0] else slice(None)
            reference.update(gradient, np.unique(only) if only is rows else only)
        unique = np.unique(rows)
        slices = tf.IndexedSlices(gradients[0][unique], unique, [5, 3])
        optimizer.apply_gradients(
            zip([slices, *map(tf.constant, gradients[1:])], variables, strict=True),
            skip_gradients_aggregation=True,
        )
    for reference, variable in zip(expected, variables, strict=True):
        np.testing.assert_allclose(
            variable, reference.weights, rtol=2e-4, atol=2e-5, err_msg=variable.name
        )
    np.testing.assert_equal(np.array_equal(variables[0][0], start["table"][0]), touched_rows_only)


def test_rare_rows_move_further_than_the_rate():
    """By the closed form for a gradient of one size and sign at every n-th step.

    At the k-th touch the moments are (1 - BETA_1^k) g and (1 - BETA_2^k) g^2, and the step is n k.
    """
    every, rate = 200, 1e-3
    table = tf.Variable(tf.zeros([2, 1]), name="table")
    optimizer = optimization(rate).create_optimizer(
        [table], 10**9, embedding_tables=[table], heads=[]
    )
    moves = []
    for touch in range(1, 101):
        before = float(table[1, 0])
        # What the steps between leave of this row is nothing, so they are not made.
        optimizer.iterations.assign(every * touch - 1)
        slices = tf.IndexedSlices(tf.constant([[0.5]]), tf.constant([1]), [2, 1])
        optimizer.apply_gradients([(slices, table)], skip_gradients_aggregation=True)
        moves.append((before - float(table[1, 0])) / rate)
    k = np.arange(1, 101)
    correction = np.sqrt(1 - BETA_2 ** (every * k)) / (1 - BETA_1 ** (every * k))
    expected = correction * (1 - BETA_1**k) / np.sqrt(1 - BETA_2**k)
    np.testing.assert_allclose(moves, expected, rtol=1e-3)
    # What the documents say.
    assert [round(moves[touch - 1], 1) for touch in (1, 10, 20, 100)] == [1.3, 6.1, 6.2, 3.2]


def test_slices_of_the_same_row_are_added():
    slices = tf.IndexedSlices([[1.0], [2.0], [4.0]], [7, 3, 7], [9, 1])
    added = add_duplicates(slices)
    assert sorted(zip(added.indices.numpy(), added.values.numpy()[:, 0], strict=True)) == [
        (3, 2.0),
        (7, 5.0),
    ]
    # The norm of the gradient, which is [5] in row 7 and [2] in row 3.
    np.testing.assert_allclose(tf.linalg.global_norm([added]), np.sqrt(29), rtol=1e-6)
    dense = tf.constant([1.0])
    assert add_duplicates(dense) is dense
