"""Options of `report.py`."""

from dataclasses import dataclass
from pathlib import Path

from minibert.evaluation.read_runs import RUNS_HELP
from minibert.options import check, option


@dataclass(frozen=True)
class ReportConfig:
    """Options of a report; see the help of each."""

    runs: tuple[str, ...] = option(RUNS_HELP)
    output: str = option(
        "Page to write, .html, which needs no network; the same in short is written beside it as "
        ".md. Both replace what is there."
    )
    baseline: str | None = option(
        "Name of the run to compare with; the first, if not given, and of kinds of evaluation that "
        "it does not have.",
        None,
    )
    include_untuned: bool = option(
        "Average over all treebanks; else over those that have a dev file.", False
    )
    benchmark: str | None = option(
        "JSON of benchmark.py with the suite serving, for speed and size.", None
    )

    def __post_init__(self) -> None:
        check(self, "runs", lambda runs: all(runs) and runs, "must name directories")
        check(self, "output", lambda path: Path(path).suffix == ".html", "must end in .html")
