"""Published averages over the treebanks that were evaluated, beside what was measured on these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minibert.evaluation.protocol import macro_average
from minibert.evaluation.published import SYSTEMS, headlines, scores_of_treebanks


@dataclass(frozen=True)
class PublishedMean:
    """The average of a published system over the treebanks that it and all runs have.

    Attributes:
      system: the model, as the paper calls it.
      headline: the macro average that the paper states, of its own treebanks, in per cent.
      treebanks: how many these are.
      mean: the average of the system over these, in per cent; None if there is none.
      measured: of each run the average over these, as a part of 1.
    """

    system: str
    headline: float
    treebanks: int
    mean: float | None
    measured: Sequence[float | None]


def published_means(task: str, measured: Sequence[Mapping[str, float]]) -> list[PublishedMean]:
    """The published systems beside some runs.

    Args:
      task: `upos`, `feats`; of others nothing is published.
      measured: of each run the treebanks that its average is over, to its figures.

    Returns:
      A row a system; none if no system has any of the treebanks.
    """
    by_system = scores_of_treebanks(task)
    stated = headlines(task)
    rows = []
    for system in sorted(stated, key=[*SYSTEMS, *stated].index):
        scores = by_system.get(system, {})
        shared = [t for t in scores if all(t in of_run for of_run in measured)]
        rows.append(
            PublishedMean(
                system,
                stated[system],
                len(shared),
                macro_average([scores[treebank] for treebank in shared]) if shared else None,
                [macro_average([of[t] for t in shared]) if shared else None for of in measured],
            )
        )
    return rows if any(row.treebanks for row in rows) else []
