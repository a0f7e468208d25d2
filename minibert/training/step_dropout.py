"""Dropout whose masks are a function of seed, step, layer and replica, and of nothing else.

The generators of Keras keep a hidden state that no checkpoint holds, so a run that was killed
and started again would drop other units than one that went through.
"""

from collections.abc import Callable

import tensorflow as tf
import tf_keras

# Of what is dropped of features, beyond the streams of layers, which are numbered from 0.
FEATURE_STREAM = 1_000_000
# Of a stage.
_STREAMS = 2_000_000
# Of a cell, more than it has gates.
_MASKS = 8


class StepSeeds:
    """Seeds for the random operations of one training step.

    Attributes:
      step: int64 variable, the updates so far.
    """

    def __init__(self, seed: int, step: tf.Variable, *, stage: int = 0):
        self._seed = seed
        self.step = step
        self._first_stream = stage * _STREAMS

    def seed(self, stream: int) -> tf.Tensor:
        """The seed, int32 `[2]`, of one of the step's random streams on this replica."""
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        streams = tf.random.experimental.stateless_fold_in(
            tf.constant([self._seed, self._first_stream + stream], tf.int32),
            tf.cast(self.step, tf.int32),
        )
        return tf.random.experimental.stateless_fold_in(streams, replica)


class _StepGenerator:
    """Stands in for the random generator of a Keras dropout layer."""

    def __init__(self, seeds: StepSeeds, stream: int):
        self._seeds = seeds
        self._stream = stream

    def dropout(
        self, inputs: tf.Tensor, rate: float, noise_shape: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Drops units of `inputs`."""
        return tf.nn.experimental.stateless_dropout(
            inputs, rate, self._seeds.seed(self._stream), noise_shape=noise_shape
        )


def seed_dropout(model: tf_keras.Model, seeds: StepSeeds) -> int:
    """Makes every dropout of a model draw its masks from `seeds`.

    Layers of dropout, and the cells of recurrent layers, in which a mask is the same at all
    positions of a sequence (Gal and Ghahramani 2016).

    Returns:
      The number of layers and cells that were found.

    Raises:
      TypeError: another layer draws at random, so that a killed run could not go on exactly.
    """
    layers = [layer for layer in model.submodules if isinstance(layer, tf_keras.layers.Dropout)]
    for stream, layer in enumerate(layers):
        layer._random_generator = _StepGenerator(seeds, stream)
    cells = [layer for layer in model.submodules if hasattr(layer, "recurrent_dropout")]
    for number, cell in enumerate(cells):
        stream = len(layers) + number * 2 * _MASKS
        cell._create_dropout_mask = _masks(seeds, stream, cell.dropout)
        cell._create_recurrent_dropout_mask = _masks(seeds, stream + _MASKS, cell.recurrent_dropout)
        # That which was made of the methods of before goes.
        cell._create_non_trackable_mask_cache()
    seeded = {id(layer) for layer in (*layers, *cells)}
    for layer in model.submodules:
        if hasattr(layer, "_random_generator") and id(layer) not in seeded:
            raise TypeError(f"{layer.name}: draws at random, and not from the seeds of the step")
    return len(layers) + len(cells)


def _masks(seeds: StepSeeds, stream: int, rate: float) -> Callable[..., list[tf.Tensor]]:
    """What makes the masks of a cell, one for each of its gates."""

    def create(inputs: tf.Tensor, training: bool, count: int = 1) -> list[tf.Tensor]:
        ones = tf.ones_like(inputs)
        if not training:
            return [ones] * count
        return [_StepGenerator(seeds, stream + gate).dropout(ones, rate) for gate in range(count)]

    return create
