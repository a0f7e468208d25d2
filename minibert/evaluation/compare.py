"""Sets evaluations of several models side by side."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean

from minibert.errors import InputError
from minibert.evaluation.compare_config import CompareConfig
from minibert.evaluation.metrics_file import (
    METRICS,
    Evaluation,
    named_directory,
    read_evaluation,
)
from minibert.tables import format_table, percent


def compare(config: CompareConfig) -> None:
    """Prints a table: a row a treebank, a column for each task and model.

    Raises:
      InputError: a directory holds no evaluation, or they are not of the same words and tasks.
    """
    runs: dict[str, list[Evaluation]] = {}
    directories = set()
    for place in config.evaluations:
        name, path = named_directory(place)
        directory = path.resolve()
        if (not name and directory.name in runs) or directory in directories:
            raise InputError(f"--evaluations: {place} twice; name others as NAME=DIR")
        directories.add(directory)
        runs.setdefault(name or directory.name, []).append(
            read_evaluation(path / METRICS, "give directories that evaluate.py wrote")
        )
    _check_same_words(runs)
    print(_table(runs))


def _words(evaluation: Evaluation) -> tuple[dict[str, dict[str, int]], set[str]]:
    """The words of each task and treebank, and the treebanks that are not in the averages."""
    words = {
        task: {treebank: counts.words for treebank, counts in of_task.by_treebank.items()}
        for task, of_task in evaluation.tasks.items()
    }
    return words, set(evaluation.untuned_treebanks)


def _check_same_words(runs: Mapping[str, Sequence[Evaluation]]) -> None:
    (first, wanted), *others = (
        (name, _words(evaluation)) for name, of_model in runs.items() for evaluation in of_model
    )
    for name, found in others:
        if found != wanted:
            raise InputError(
                f"--evaluations: {first} and {name} are not of the same tasks, treebanks and "
                "words, or average over others; evaluate them on the same files"
            )


def _table(runs: Mapping[str, Sequence[Evaluation]]) -> str:
    tasks = next(iter(runs.values()))[0].tasks
    header = ["treebank", *(f"{task} {name}" for task in tasks for name in runs)]
    columns = [[e.tasks[task] for e in of_model] for task in tasks for of_model in runs.values()]

    def row(label: str, values: Iterable[float]) -> list[str]:
        return [label, *map(percent, values)]

    rows = [
        row(name, (mean(task.by_treebank[name].accuracy for task in column) for column in columns))
        for name in columns[0][0].by_treebank
    ]
    macros = [[task.macro_accuracy for task in column] for column in columns]
    rows.append(row("macro average", map(mean, macros)))
    if any(len(of_model) > 1 for of_model in macros):
        rows.append(row("  its worst run", map(min, macros)))
        rows.append(row("  its best run", map(max, macros)))
    return format_table(header, rows, left=1)
