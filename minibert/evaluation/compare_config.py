"""Options of `compare.py`."""

from dataclasses import dataclass

from minibert.evaluation.read_runs import RUNS_HELP
from minibert.options import check, option


@dataclass(frozen=True)
class CompareConfig:
    """Options of comparing evaluations; see the help of each."""

    evaluations: tuple[str, ...] = option(RUNS_HELP)
    include_untuned: bool = option(
        "Average over all treebanks; else over those that have a dev file.", False
    )

    def __post_init__(self) -> None:
        check(self, "evaluations", lambda e: all(e) and e, "must name directories")
