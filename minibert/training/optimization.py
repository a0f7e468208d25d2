"""The optimizer of the public BERT: AdamW, linear warm-up and decay, clipped gradients."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeAlias

import tensorflow as tf
import tf_keras

# Devlin et al. 2019, appendix A.2, and google-research/bert. The public BERT leaves out Adam's
# bias correction, which is kept here: under warm-up the two differ by little.
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-6
# Weights that are not decayed, by the end of their names: biases and layer norms.
NOT_DECAYED = ("bias", "beta", "gamma")

Gradient: TypeAlias = tf.Tensor | tf.IndexedSlices


class WarmupLinearDecay(tf_keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises linearly over the first steps and falls linearly to the last."""

    def __init__(self, *, peak: float, total_steps: int, warmup_steps: int):
        """Takes the highest rate, the number of steps, and how many it takes to the highest."""
        self.peak, self.total_steps, self.warmup_steps = peak, total_steps, warmup_steps

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """The rate, float32, of a step, counted from 0; greater than 0 up to the last."""
        step = tf.cast(step, tf.float32)
        rising = (step + 1.0) / max(1, self.warmup_steps)
        falling = (self.total_steps - step) / max(1, self.total_steps - self.warmup_steps)
        return self.peak * tf.clip_by_value(tf.minimum(rising, falling), 0.0, 1.0)

    def get_config(self) -> dict[str, float]:
        """The arguments of the constructor."""
        return {
            "peak": self.peak,
            "total_steps": self.total_steps,
            "warmup_steps": self.warmup_steps,
        }


class BertAdamW(tf_keras.optimizers.AdamW):
    """AdamW with a rate of its own for some weights, which may update only what a batch has.

    With `touched_rows_only` only the rows of an embedding table that the batch has looked up are
    updated. The exact AdamW decays the moments of every row at each step, moves every row by its
    momentum and decays its weights, though the gradient is zero in all but a few. Here a row
    without a gradient stays as it is, with its moments, which are averages over the steps that
    touch it.

    The bias correction is that of the step of the whole run, not of the touches of the row. The
    second moment of a row needs a thousand touches to fill, and is corrected as if it had had them,
    so a rare row moves further than the learning rate a touch: with gradients of one size and sign
    at every 200th step by 1.3, 6.1, 6.2, 3.2 and 1.3 times the rate at touches 1, 10, 20, 100 and
    1000. A correction that counts the touches of each row moves it by the rate each time; it was
    measured and trains worse models (docs/training.md).

    Attributes:
      touched_rows_only: whether they are.
      own_weight_decay: decay of the rows, and of the weights that have a rate of their own.
    """

    touched_rows_only: bool = False
    own_weight_decay: float = 0.0
    # Of a weight that has a rate of its own, by its key: so many times the others', if it decays.
    _own: Mapping[str, tuple[float, bool]] = MappingProxyType({})

    def set_rate(self, variables: Sequence[tf.Variable], factor: float) -> None:
        """Has variables learn at so many times the rate; called before the first update."""
        # By names here: those of the copies on other replicas end differently.
        self._own = {self._var_key(v): (factor, _decays(v)) for v in variables}

    def update_step(self, gradient: Gradient, variable: tf.Variable) -> None:
        """Updates a variable; `gradient` has unique indices if it is `tf.IndexedSlices`."""
        key = self._var_key(variable)
        index = self._index_dict[key]
        momentum, velocity = self._momentums[index], self._velocities[index]
        if isinstance(gradient, tf.IndexedSlices) and self.touched_rows_only:
            rows = gradient.indices
            old = (tf.gather(x, rows) for x in (momentum, velocity, variable))
            m, v, change = self._update(gradient.values, *old, decays=True)
            momentum.scatter_update(tf.IndexedSlices(m, rows))
            velocity.scatter_update(tf.IndexedSlices(v, rows))
            variable.scatter_sub(tf.IndexedSlices(change, rows))
        elif key in self._own:
            factor, decays = self._own[key]
            m, v, change = self._update(gradient, momentum, velocity, variable, decays=decays)
            momentum.assign(m)
            velocity.assign(v)
            variable.assign_sub(factor * change)
        else:
            super().update_step(gradient, variable)

    def _update(
        self,
        gradient: tf.Tensor,
        momentum: tf.Tensor,
        velocity: tf.Tensor,
        weight: tf.Tensor,
        *,
        decays: bool,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The new moments, and what is to be subtracted (Loshchilov & Hutter 2019)."""
        rate = tf.cast(self.learning_rate, weight.dtype)
        step = tf.cast(self.iterations + 1, weight.dtype)
        m = self.beta_1 * momentum + (1 - self.beta_1) * gradient
        v = self.beta_2 * velocity + (1 - self.beta_2) * tf.square(gradient)
        # The bias corrections in one factor, as in Kingma & Ba 2015, end of section 2.
        correction = tf.sqrt(1 - tf.pow(self.beta_2, step)) / (1 - tf.pow(self.beta_1, step))
        update = correction * m / (tf.sqrt(v) + self.epsilon)
        if decays and self.own_weight_decay:
            update += self.own_weight_decay * weight
        return m, v, rate * update


def _decays(variable: tf.Variable) -> bool:
    return not variable.name.split(":")[0].endswith(NOT_DECAYED)


class Optimization(Protocol):
    """How weights are updated in a stage.

    Attributes:
      clip_norm: the greatest global norm of a gradient (Pascanu et al. 2013); 0 for no limit.
    """

    @property
    def clip_norm(self) -> float:
        """See the class."""

    def learning_rates(self, total_steps: int) -> Callable[[tf.Tensor], tf.Tensor]:
        """The rate of each step, counted from 0."""

    def create_optimizer(
        self,
        variables: Sequence[tf.Variable],
        total_steps: int,
        *,
        embedding_tables: Sequence[tf.Variable],
        heads: Sequence[tf.Variable],
    ) -> tf_keras.optimizers.Optimizer:
        """An optimizer with its moments created.

        Args:
          variables: what is trained.
          total_steps: of the stage.
          embedding_tables: those whose gradients are `tf.IndexedSlices`.
          heads: those of heads.
        """


@dataclass(frozen=True, kw_only=True)
class BertOptimization:
    """AdamW with warm-up: an `Optimization`.

    Attributes:
      learning_rate: the highest.
      head_learning_rate: that of heads; 0 for the same.
      warmup_fraction: the part of the steps in which it rises.
      weight_decay: of all weights but biases and layer norms.
      clip_norm: as of `Optimization`.
      touched_rows_only: whether embedding tables are updated by rows; see `BertAdamW`.
    """

    learning_rate: float
    head_learning_rate: float
    warmup_fraction: float
    weight_decay: float
    clip_norm: float
    touched_rows_only: bool

    def learning_rates(self, total_steps: int) -> WarmupLinearDecay:
        """As of `Optimization`."""
        warmup_steps = int(self.warmup_fraction * total_steps)
        return WarmupLinearDecay(
            peak=self.learning_rate, total_steps=total_steps, warmup_steps=warmup_steps
        )

    def create_optimizer(
        self,
        variables: Sequence[tf.Variable],
        total_steps: int,
        *,
        embedding_tables: Sequence[tf.Variable],
        heads: Sequence[tf.Variable],
    ) -> tf_keras.optimizers.Optimizer:
        """As of `Optimization`."""
        optimizer = BertAdamW(
            self.learning_rates(total_steps),
            weight_decay=self.weight_decay,
            beta_1=BETA_1,
            beta_2=BETA_2,
            epsilon=EPSILON,
            jit_compile=False,
        )
        optimizer.own_weight_decay = self.weight_decay
        # By Keras, which would decay all of a table, and at the rate of the others.
        not_decayed = [v for v in variables if not _decays(v)]
        if self.touched_rows_only:
            optimizer.touched_rows_only = True
            not_decayed += embedding_tables
        if self.head_learning_rate:
            optimizer.set_rate(heads, self.head_learning_rate / self.learning_rate)
            not_decayed += heads
        optimizer.exclude_from_weight_decay(var_list=not_decayed)
        optimizer.build(variables)
        return optimizer


def add_duplicates(gradient: Gradient) -> Gradient:
    """Adds up the slices of a sparse gradient that have the same index, so that norms are true."""
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    rows, position = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, position, tf.size(rows))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)
