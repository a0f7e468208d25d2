"""Scores of CoNLL 2018 as tables for the terminal and as JSON."""

from collections.abc import Collection, Mapping
from typing import Any

from minibert.evaluation.conll18 import WORDS, Score
from minibert.evaluation.protocol import UNTUNED_NOTE, macro_average, name_in_table
from minibert.tables import format_table, percent


def score_table(scores: Mapping[str, Score]) -> str:
    """The scores of one file, a row a metric."""
    rows = [
        [
            metric,
            *(percent(value) for value in (score.precision, score.recall, score.f1)),
            percent(score.aligned_accuracy),
        ]
        for metric, score in scores.items()
    ]
    return format_table(["metric", "precision", "recall", "F1", "aligned accuracy"], rows, left=1)


def f1_table(results: Mapping[str, Mapping[str, Score]], untuned: Collection[str] = ()) -> str:
    """The F1 of each treebank, and the macro average over those that are not `untuned`."""
    rows = [
        [
            name_in_table(treebank, untuned),
            f"{scores['Words'].gold:,}",
            *(percent(s.f1) for s in scores.values()),
        ]
        for treebank, scores in results.items()
    ]
    words = sum(s[WORDS].gold for treebank, s in results.items() if treebank not in untuned)
    macro = macro_f1(results, untuned)
    rows.append(["macro average", f"{words:,}", *map(percent, macro.values())])
    table = format_table(["F1", "words", *macro], rows, left=1)
    return f"{table}\n{UNTUNED_NOTE}" if untuned else table


def macro_f1(
    results: Mapping[str, Mapping[str, Score]], untuned: Collection[str] = ()
) -> dict[str, float]:
    """The mean F1 over treebanks that are not `untuned`, by metric."""
    averaged = [scores for treebank, scores in results.items() if treebank not in untuned]
    return {
        metric: macro_average([scores[metric].f1 for scores in averaged]) for metric in averaged[0]
    }


def scores_json(scores: Mapping[str, Score]) -> dict[str, dict[str, Any]]:
    """The scores of one file or treebank as a JSON object."""
    return {
        metric: {**score_json(score), "aligned_accuracy": score.aligned_accuracy}
        for metric, score in scores.items()
    }


def score_json(score: Score) -> dict[str, Any]:
    """One score as a JSON object."""
    return {
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
        "gold": score.gold,
        "system": score.system,
        "correct": score.correct,
    }
