"""Dropout inside of recurrent cells; that of layers is in test_stage.py."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from minibert.training.step_dropout import StepSeeds, seed_dropout

INPUTS = tf.ones([3, 7, 5])


def _model(dropout, recurrent_dropout):
    tf.random.set_seed(3)
    layer = tf_keras.layers.Bidirectional(
        tf_keras.layers.LSTM(
            4, dropout=dropout, recurrent_dropout=recurrent_dropout, return_sequences=True
        )
    )
    model = tf_keras.Sequential([layer])
    model(INPUTS)
    return model


@pytest.mark.parametrize(("dropout", "recurrent_dropout"), [(0.5, 0.0), (0.0, 0.5), (0.4, 0.3)])
def test_masks_of_cells_are_a_function_of_seed_and_step(dropout, recurrent_dropout):
    def output(seed, step, training=True):
        model = _model(dropout, recurrent_dropout)
        for weight in model.weights:
            weight.assign(tf.random.stateless_normal(weight.shape, [5, 5]))
        assert seed_dropout(model, StepSeeds(seed, tf.Variable(step, dtype=tf.int64))) == 6
        return tf.function(model)(INPUTS, training=training).numpy()

    np.testing.assert_array_equal(output(1, 0), output(1, 0))
    assert len({output(*place).tobytes() for place in [(1, 0), (1, 1), (2, 0)]}) == 3
    np.testing.assert_array_equal(output(1, 0, False), output(2, 1, False))


def test_a_mask_of_a_cell_is_the_same_at_all_positions_and_another_for_each_gate():
    cell = tf_keras.layers.LSTMCell(6, dropout=0.5, recurrent_dropout=0.5)
    model = tf_keras.Sequential([tf_keras.layers.RNN(cell, return_sequences=True)])
    model(INPUTS)
    seed_dropout(model, StepSeeds(1, tf.Variable(0, dtype=tf.int64)))
    seen = []
    masks = cell._create_dropout_mask

    def recorded(inputs, training, count=1):
        found = masks(inputs, training, count)
        seen.append(np.stack(found))
        return found

    cell._create_dropout_mask = recorded
    cell._create_non_trackable_mask_cache()
    for _ in range(2):
        cell.reset_dropout_mask()
        cell(INPUTS[:, 0], [tf.zeros([3, 6]), tf.zeros([3, 6])], training=True)
    first, second = seen
    np.testing.assert_array_equal(first, second)
    assert first.shape == (4, 3, 5)
    assert len({mask.tobytes() for mask in first}) == 4
    assert set(np.unique(first)) == {0.0, 2.0}
