"""Activations of encoders, by their names in configurations."""

from collections.abc import Callable, Mapping

import tensorflow as tf

ACTIVATIONS: Mapping[str, Callable[[tf.Tensor], tf.Tensor]] = {
    # Hendrycks and Gimpel 2016: as the public BERT has it, and with the error function itself.
    "gelu": lambda x: tf.nn.gelu(x, approximate=True),
    "gelu_erf": lambda x: tf.nn.gelu(x, approximate=False),
    "relu": tf.nn.relu,
    "tanh": tf.tanh,
    "linear": tf.identity,
}
