"""One update, for any loss and any `tf.distribute` strategy."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf
import tf_keras

from minibert.data.input_pipeline import Batch
from minibert.training.objectives.objective import LossSum
from minibert.training.optimization import Gradient, add_duplicates

Loss = Callable[[Batch], Mapping[str, LossSum]]
GRADIENT_NORM = "gradient_norm"


class TrainStep:
    """One update: losses, gradients over all replicas, clipping, optimizer.

    The loss of a task is the mean over its terms in the *global* batch, so that a batch has the
    same gradient on one replica and cut into parts on many. The total is the sum over tasks.
    """

    def __init__(
        self,
        loss: Loss,
        variables: Sequence[tf.Variable],
        optimizer: tf_keras.optimizers.Optimizer,
        *,
        clip_norm: float,
        strategy: tf.distribute.Strategy,
    ):
        """Takes the parts of the step.

        Args:
          loss: computes the loss sums of a batch, by name; called under a gradient tape.
          variables: what is trained.
          optimizer: built for `variables`.
          clip_norm: the greatest global norm of the gradient (Pascanu et al. 2013); 0 for no limit.
          strategy: what `variables` were created under.
        """
        self._loss = loss
        self._variables = list(variables)
        self._optimizer = optimizer
        self._clip_norm = clip_norm
        self._strategy = strategy
        self._compiled: Callable[[Batch], dict[str, tf.Tensor]] | None = None

    def compile(self, batch_spec: Any) -> None:
        """Traces the step for batches of a specification, once.

        Shapes that vary must be open in the specification. A graph for the shapes of the first
        batch, and another when a second shape comes, would round differently after a restart.

        Args:
          batch_spec: `element_spec` of the data set of batches.
        """
        if self._compiled is None:
            self._compiled = tf.function(self._global_step, input_signature=[batch_spec])

    def __call__(self, batch: Batch) -> dict[str, tf.Tensor]:
        """Makes one update from one global batch.

        Returns:
          The mean loss by name, and `gradient_norm` before clipping; float32 scalars.
        """
        assert self._compiled is not None, "compile() comes first"
        return self._compiled(batch)

    def _global_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        per_replica = self._strategy.run(self._replica_step, args=(batch,))
        # All replicas have computed the same global numbers.
        return {
            name: self._strategy.experimental_local_results(value)[0]
            for name, value in per_replica.items()
        }

    def _replica_step(self, batch: Batch) -> dict[str, tf.Tensor]:
        replica = tf.distribute.get_replica_context()

        def total(values: Sequence[Gradient]) -> list[Gradient]:
            return replica.all_reduce(tf.distribute.ReduceOp.SUM, values)

        with tf.GradientTape() as tape:
            sums = self._loss(batch)
            with tape.stop_recording():
                counts = total([tf.cast(count, tf.float32) for _, count in sums.values()])
            means = [
                value / tf.maximum(count, 1.0)
                for (value, _), count in zip(sums.values(), counts, strict=True)
            ]
            loss = tf.add_n(means)
        # What no loss depends on, a head that this stage does not train, stays as it is.
        pairs = zip(tape.gradient(loss, self._variables), self._variables, strict=True)
        reached = [(gradient, variable) for gradient, variable in pairs if gradient is not None]
        variables = [variable for _, variable in reached]
        gradients = [add_duplicates(gradient) for gradient, _ in reached]
        if self._strategy.num_replicas_in_sync > 1:
            gradients = [add_duplicates(gradient) for gradient in total(gradients)]
        norm = tf.linalg.global_norm(gradients)
        if self._clip_norm:
            gradients, _ = tf.clip_by_global_norm(gradients, self._clip_norm, use_norm=norm)
        self._optimizer.apply_gradients(
            zip(gradients, variables, strict=True), skip_gradients_aggregation=True
        )
        return {**dict(zip(sums, total(means), strict=True)), GRADIENT_NORM: norm}
