"""Evaluation results as a table for the terminal, as JSON and as bar charts."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from minibert.evaluation.charts import plain, save_figure
from minibert.evaluation.protocol import UNTUNED_NOTE, macro_average, name_in_table
from minibert.evaluation.task_counts import Results
from minibert.files import atomic_file
from minibert.tables import format_table, percent

_WORST_PAIRS, _EXAMPLES = 10, 3


def metrics(results: Results, untuned: Collection[str] = ()) -> dict[str, Any]:
    """All figures as a JSON object: by task, the averages, each treebank, the worst confusions.

    Averages are over the treebanks that are not `untuned` and have a word with a label; a task
    without such a treebank is left out.
    """
    tasks = list(next(iter(results.values())))
    return {
        task: _task_metrics(task, results, untuned)
        for task in tasks
        if any(c[task].words for treebank, c in results.items() if treebank not in untuned)
    }


def _task_metrics(task: str, results: Results, untuned: Collection[str]) -> dict[str, Any]:
    counts = {treebank: by_task[task] for treebank, by_task in results.items()}
    averaged = [c for treebank, c in counts.items() if treebank not in untuned and c.words]
    unseen = [c.unseen_accuracy for c in averaged if c.unseen_accuracy is not None]
    total: Counter[tuple[str, str]] = Counter()
    for c in counts.values():
        total.update(c.confusions)
    return {
        "macro_accuracy": macro_average([c.correct / c.words for c in averaged]),
        "micro_accuracy": sum(c.correct for c in averaged) / sum(c.words for c in averaged),
        "macro_unseen_word_accuracy": macro_average(unseen) if unseen else None,
        "by_treebank": {
            treebank: {
                "words": c.words,
                "unlabeled_words": c.unlabeled,
                "accuracy": c.accuracy,
                "unseen_words": c.unseen_words,
                "unseen_word_accuracy": c.unseen_accuracy,
                "unknown_labels": c.unknown_labels,
            }
            for treebank, c in counts.items()
        },
        "worst_confusions": [
            {
                "gold": pair[0],
                "predicted": pair[1],
                "words": number,
                "examples": [
                    f"{treebank}: {c.examples[pair]}"
                    for treebank, c in counts.items()
                    if pair in c.examples
                ][:_EXAMPLES],
            }
            for pair, number in total.most_common(_WORST_PAIRS)
        ],
    }


def metrics_table(figures: Mapping[str, Any], untuned: Collection[str] = ()) -> str:
    """The result of `metrics` as a text table, with the worst confusions of each task below."""
    header = ["treebank", "words"]
    with_unseen = any(f["macro_unseen_word_accuracy"] is not None for f in figures.values())

    def columns(*values: str) -> Sequence[str]:
        return values if with_unseen else values[:1]

    for task in figures:
        header += columns(task, "unseen words")
    treebanks = next(iter(figures.values()))["by_treebank"]
    rows = []
    for treebank, first in treebanks.items():
        row = [name_in_table(treebank, untuned), f"{_all_words(first):,}"]
        for task in figures:
            of_treebank = figures[task]["by_treebank"][treebank]
            row += columns(
                percent(of_treebank["accuracy"]), percent(of_treebank["unseen_word_accuracy"])
            )
        rows.append(row)
    words = sum(_all_words(t) for name, t in treebanks.items() if name not in untuned)
    average = ["macro average", f"{words:,}"]
    for task in figures:
        average += columns(
            percent(figures[task]["macro_accuracy"]),
            percent(figures[task]["macro_unseen_word_accuracy"]),
        )
    rows.append(average)
    tables = [format_table(header, rows, left=1)]
    if untuned:
        tables[0] += f"\n{UNTUNED_NOTE}"
    for task in figures:
        by_treebank = figures[task]["by_treebank"]
        if unlabeled := sum(of["unlabeled_words"] for of in by_treebank.values()):
            tables[0] += f"\n{unlabeled:,} of the words have no {task} and do not count there"
    for task in figures:
        pairs = [
            [pair["gold"], pair["predicted"], f"{pair['words']:,}"]
            for pair in figures[task]["worst_confusions"]
        ]
        tables.append(format_table([f"{task}: gold", "predicted", "words"], pairs, left=2))
    return "\n\n".join(tables)


def _all_words(of_treebank: Mapping[str, Any]) -> int:
    """The words of a treebank, those without a label among them."""
    return int(of_treebank["words"] + of_treebank["unlabeled_words"])


def plot_accuracy(path: Path, task: str, figures: Mapping[str, Any]) -> None:
    """Draws the accuracy of each treebank that has one, best first, and writes a PNG."""
    by_treebank: Sequence[tuple[str, Mapping[str, Any]]] = [
        (plain(treebank), counts)
        for treebank, counts in figures["by_treebank"].items()
        if counts["accuracy"] is not None
    ]
    by_treebank = sorted(by_treebank, key=lambda item: item[1]["accuracy"])
    names = [treebank for treebank, _ in by_treebank]
    figure = Figure(figsize=(7, 1.5 + 0.2 * len(names)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.barh(names, [100 * c["accuracy"] for _, c in by_treebank], label="all words")
    unseen = [
        (name, 100 * c["unseen_word_accuracy"])
        for name, c in by_treebank
        if c["unseen_word_accuracy"] is not None
    ]
    if unseen:
        axes.plot(
            [value for _, value in unseen],
            [name for name, _ in unseen],
            "o",
            color="black",
            markersize=3,
            label="words unseen in training",
        )
    macro = 100 * figures["macro_accuracy"]
    axes.axvline(macro, color="gray", linestyle="--", label=f"macro average {macro:.1f}")
    axes.set(title=f"{task} accuracy by treebank", xlabel="accuracy (%)", xlim=(0, 100))
    axes.margins(y=0.01)
    figure.legend(loc="outside lower center", ncols=3)
    with atomic_file(path) as file:
        save_figure(figure, file, format="png", dpi=120)
