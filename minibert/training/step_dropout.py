"""Dropout whose masks are a function of seed, step, layer and replica, and of nothing else.

The generators of Keras keep a hidden state that no checkpoint holds, so a run that was killed
and started again would drop other units than one that went through.
"""

import tensorflow as tf
import tf_keras


class StepSeeds:
    """Seeds for the random operations of one training step.

    Attributes:
      step: int64 variable, the updates so far.
    """

    def __init__(self, seed: int, step: tf.Variable):
        self._seed = seed
        self.step = step

    def seed(self, stream: int) -> tf.Tensor:
        """The seed, int32 `[2]`, of one of the step's random streams on this replica."""
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        streams = tf.random.experimental.stateless_fold_in(
            tf.constant([self._seed, stream], tf.int32), tf.cast(self.step, tf.int32)
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
    """Makes every dropout layer of a model draw its masks from `seeds`.

    Returns:
      The number of layers that were found; their streams are numbered from 0.
    """
    layers = [layer for layer in model.submodules if isinstance(layer, tf_keras.layers.Dropout)]
    for stream, layer in enumerate(layers):
        layer._random_generator = _StepGenerator(seeds, stream)
    return len(layers)
