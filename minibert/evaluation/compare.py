"""Sets evaluations of several models side by side."""

from collections.abc import Iterable

from minibert.evaluation.compare_config import CompareConfig
from minibert.evaluation.protocol import UNTUNED_NOTE, name_in_table
from minibert.evaluation.runs import read_runs
from minibert.tables import format_table, percent


def compare(config: CompareConfig) -> None:
    """Prints a table: a row a treebank, a column for each task and model.

    Raises:
      InputError: as `read_runs`.
    """
    runs = read_runs(config.evaluations, include_untuned=config.include_untuned)
    first = runs[0]
    columns = [(task, run) for task in first.tasks for run in runs]

    def row(label: str, values: Iterable[float | None]) -> list[str]:
        return [label, *map(percent, values)]

    rows = [
        row(
            name_in_table(name, first.left_out), (run.accuracy(task, name) for task, run in columns)
        )
        for name in first.words
    ]
    macros = [run.macros_by_seed(task) for task, run in columns]
    rows.append(row("macro average", (run.macro(task) for task, run in columns)))
    if any(len(by_seed) > 1 for by_seed in macros):
        rows.append(row("  its worst run", map(min, macros)))
        rows.append(row("  its best run", map(max, macros)))
    print(
        format_table(["treebank", *(f"{task} {run.name}" for task, run in columns)], rows, left=1)
    )
    if first.left_out:
        print(UNTUNED_NOTE)
