"""Metrics: figures by task and group that say how right a tagger is, and the one of a run."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from minibert.data.input_pipeline import EvaluationBatches
from minibert.data.tasks import metric_name
from minibert.errors import InputError
from minibert.evaluation.accuracy import Accuracy
from minibert.models.tagging_network import TaggingNetwork


class Metric(Protocol):
    """Measures a tagger on batches, as often as it is asked to.

    Attributes:
      name: what the figures are called.
    """

    name: str

    def __init__(self, tagger: TaggingNetwork, batches: EvaluationBatches): ...

    def measure(self) -> dict[str, dict[str, float]]:
        """Runs the tagger, as it is now, over all batches.

        Returns:
          Task to group to a figure from 0 to 1, in the order of the groups; a group that has
          nothing to be right on is left out.
        """


# Those that tasks are judged by.
_METRICS: Mapping[str, type[Metric]] = {metric.name: metric for metric in (Accuracy,)}


def metric_of(tasks: Iterable[str]) -> type[Metric]:
    """The metric that chooses the best epoch of a run which learns some tasks.

    Raises:
      InputError: they are not judged by the same.
    """
    first, *others = sorted({metric_name(task) for task in tasks})
    if others:
        raise InputError(
            f"--tasks={','.join(tasks)}: some are judged by {first}, others by {others[0]}; learn "
            "them in runs of their own"
        )
    return _METRICS[first]
