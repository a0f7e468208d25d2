"""Sets evaluations of several models side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from minibert.errors import InputError
from minibert.evaluation.compare_config import CompareConfig
from minibert.evaluation.evaluate import METRICS
from minibert.json_files import Count, Fraction, read_json
from minibert.tables import format_table


@dataclass(frozen=True)
class _Treebank:
    words: Count
    accuracy: Fraction


@dataclass(frozen=True)
class _Task:
    macro_accuracy: Fraction
    by_treebank: Mapping[str, _Treebank]


@dataclass(frozen=True)
class _Evaluation:
    """What is compared of `metrics.json`."""

    tasks: Annotated[Mapping[str, _Task], Meta(min_length=1)]


def compare(config: CompareConfig) -> None:
    """Prints a table: a row a treebank, a column for each task and model.

    Raises:
      InputError: a directory holds no evaluation, or they are not of the same words and tasks.
    """
    evaluations: dict[str, _Evaluation] = {}
    for place in config.evaluations:
        name, _, directory = place.rpartition("=")
        name = name or Path(directory).name
        if name in evaluations:
            raise InputError(f"--evaluations: {name} twice; name them NAME=DIR")
        evaluations[name] = read_json(
            Path(directory) / METRICS, _Evaluation, "give directories that evaluate.py wrote"
        )
    _check_same_words(evaluations)
    print(_table(evaluations))


def _words(evaluation: _Evaluation) -> dict[str, dict[str, int]]:
    return {
        task: {treebank: counts.words for treebank, counts in of_task.by_treebank.items()}
        for task, of_task in evaluation.tasks.items()
    }


def _check_same_words(evaluations: Mapping[str, _Evaluation]) -> None:
    (first, wanted), *others = ((name, _words(e)) for name, e in evaluations.items())
    for name, found in others:
        if found != wanted:
            raise InputError(
                f"--evaluations: {first} and {name} are not of the same tasks, treebanks and "
                "words; evaluate them on the same files"
            )


def _table(evaluations: Mapping[str, _Evaluation]) -> str:
    first = next(iter(evaluations.values()))
    header = ["treebank", *(f"{task} {name}" for task in first.tasks for name in evaluations)]

    def row(label: str, values: Sequence[float]) -> list[str]:
        return [label, *(f"{100 * value:.2f}" for value in values)]

    columns = [e.tasks[task] for task in first.tasks for e in evaluations.values()]
    rows = [
        row(treebank, [column.by_treebank[treebank].accuracy for column in columns])
        for treebank in columns[0].by_treebank
    ]
    rows.append(row("macro average", [column.macro_accuracy for column in columns]))
    return format_table(header, rows, left=1)
