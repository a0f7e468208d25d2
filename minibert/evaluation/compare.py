"""Sets evaluations of several models side by side."""

from collections.abc import Callable, Sequence
from typing import Any

from minibert.evaluation.bootstrap import Difference
from minibert.evaluation.compare_config import CompareConfig
from minibert.evaluation.protocol import UNTUNED_NOTE, name_in_table
from minibert.evaluation.read_runs import read_runs
from minibert.evaluation.runs import Run
from minibert.tables import format_table, percent

_AVERAGE = "macro average"
_SIGNIFICANCE_NOTE = (
    "* is more than chance: the interval, in which it would be in 95 of 100 other test sets, "
    "leaves out 0 (paired bootstrap over sentences)"
)


def compare(config: CompareConfig) -> None:
    """Prints tables for each kind of evaluation.

    A row a treebank, or a language of code-mixed text, a column for each measure and model; and
    how much better each is than the first, by the paired bootstrap.

    Raises:
      InputError: as `read_runs`.
    """
    runs = read_runs(config.evaluations, include_untuned=config.include_untuned)
    tables: list[str] = []
    if runs.gold:
        tasks = runs.gold[0].parts[0][0].tasks
        unseen = [measure for measure in runs.gold[0].measures if measure not in tasks]
        tables.append(_table("treebank", runs.gold, tasks))
        if any(run.macro(measure) is not None for run in runs.gold for measure in unseen):
            tables.append(_table("treebank", runs.gold, unseen))
        tables += _differences(runs.gold)
    if runs.raw_text:
        tables.append(_table("F1 from raw text", runs.raw_text, runs.raw_text[0].measures))
        tables += _differences(runs.raw_text)
    if runs.codemixed:
        tables.append(_table("code-mixed", runs.codemixed, runs.codemixed[0].measures, average=""))
        tables += _differences(runs.codemixed)
    if runs.entities:
        tables.append(_table("named entities", runs.entities, runs.entities[0].measures))
        tables += _differences(runs.entities)
    print("\n\n".join(tables))


def _table(
    head: str, runs: Sequence[Run[Any]], measures: Sequence[str], *, average: str = _AVERAGE
) -> str:
    """The figures by group; without a name for it no average stands below."""
    columns = [(measure, run) for measure in measures for run in runs]

    def row(label: str, value: Callable[[str, Run[Any]], float | None]) -> list[str]:
        return [label, *(percent(value(measure, run)) for measure, run in columns)]

    untuned = runs[0].left_out if average else ()
    rows = []
    for name in runs[0].words:
        values = [percent(run.value(measure, name)) for measure, run in columns]
        rows.append([name_in_table(name, untuned), *values])
    if average:
        rows.append(row(average, lambda measure, run: run.macro(measure)))
        if any(len(run.macros_by_seed(measure)) > 1 for measure, run in columns):
            rows.append(row("  its worst run", _of_seeds(min)))
            rows.append(row("  its best run", _of_seeds(max)))
    header = [head, *(f"{measure} {run.name}" for measure, run in columns)]
    table = format_table(header, rows, left=1)
    return f"{table}\n{UNTUNED_NOTE}" if untuned else table


def _of_seeds(choose: Callable[..., float]) -> Callable[[str, Run[Any]], float | None]:
    def value(measure: str, run: Run[Any]) -> float | None:
        known = [macro for macro in run.macros_by_seed(measure) if macro is not None]
        return choose(known) if known else None

    return value


def _differences(runs: Sequence[Run[Any]]) -> list[str]:
    """A table of the differences to the first run, if there are others."""
    first, *others = runs
    if not others:
        return []
    rows = [
        [measure, run.name, *_shown(run.difference(measure, first))]
        for measure in first.measures
        for run in others
    ]
    table = format_table([f"difference to {first.name}", "of", "points", "95 %", ""], rows, left=2)
    return [f"{table}\n{_SIGNIFICANCE_NOTE}"]


def _shown(difference: Difference | None) -> list[str]:
    if difference is None:
        return ["-", "not of the same words", ""]
    value, low, high = (
        f"{100 * v:+.2f}" for v in (difference.value, difference.low, difference.high)
    )
    return [value, f"{low} to {high}", "*" if difference.is_significant else ""]
