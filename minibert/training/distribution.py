"""Training on many replicas with `tf.distribute`."""

import json
import os
import zlib

import tensorflow as tf

from minibert.data.input_pipeline import Batch
from minibert.errors import InputError


def distribute_batches(
    batches: tf.data.Dataset, strategy: tf.distribute.Strategy
) -> tf.data.Dataset | tf.distribute.DistributedDataset:
    """Cuts each global batch into one part a replica: replica r of n takes rows r, r + n, ….

    Every worker makes all global batches and keeps its own rows, so that the batches do not
    depend on the number of workers.
    """
    if strategy.num_replicas_in_sync == 1:
        return batches

    def local_batches(context: tf.distribute.InputContext) -> tf.data.Dataset:
        replicas = context.num_replicas_in_sync
        local = replicas // context.num_input_pipelines
        first = local * context.input_pipeline_id

        def parts(batch: Batch) -> tf.data.Dataset:
            return tf.data.Dataset.range(first, first + local).map(
                lambda replica: {name: value[replica::replicas] for name, value in batch.items()}
            )

        return batches.flat_map(parts)

    return strategy.distribute_datasets_from_function(local_batches)


def create_strategy(distribute: str) -> tf.distribute.Strategy:
    """The strategy that the flag `--distribute` names.

    Args:
      distribute: `none`; `mirrored`, all GPUs of one machine; or `multi_worker`, the workers of
        the environment variable `TF_CONFIG`. Must be called before any other use of TensorFlow.

    Raises:
      InputError: `TF_CONFIG` is wrong.
    """
    if distribute == "mirrored":
        return tf.distribute.MirroredStrategy()
    if distribute == "multi_worker":
        try:
            if not json.loads(os.environ.get("TF_CONFIG", "{}")).get("cluster"):
                raise ValueError("no cluster in it")
            return tf.distribute.MultiWorkerMirroredStrategy()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"TF_CONFIG: {str(error).splitlines()[0]}; it must have the cluster's workers and "
                "the task of this one as JSON"
            ) from error
    return tf.distribute.get_strategy()


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one that writes: the only one, or worker 0."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.cluster_spec():
        return True
    return resolver.task_type in (None, "chief") or (
        resolver.task_type == "worker"
        and resolver.task_id == 0
        and "chief" not in resolver.cluster_spec().jobs
    )


def check_agreement(strategy: tf.distribute.Strategy, state: str) -> None:
    """Checks that all workers are about to do the same.

    Args:
      strategy: the strategy.
      state: what the workers must agree on, in any form.

    Raises:
      InputError: this worker's state is not that of the others. If any two differ, at least one
        worker finds it: its own number times their number is not the sum of all numbers.
    """
    number = zlib.crc32(state.encode())

    @tf.function
    def total() -> tf.Tensor:
        def own() -> tf.Tensor:
            replica = tf.distribute.get_replica_context()
            return replica.all_reduce(tf.distribute.ReduceOp.SUM, tf.constant(number, tf.int64))

        return strategy.experimental_local_results(strategy.run(own))[0]

    if int(total()) != number * strategy.num_replicas_in_sync:
        raise InputError(
            "the workers disagree: give all of them the same flags and data, and a --model_dir "
            "that they share"
        )
