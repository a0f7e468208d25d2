"""The tables of a report that every kind of evaluation has: summary, groups, published scores."""

from collections.abc import Mapping, Sequence
from typing import Any

from minibert.evaluation.protocol import UNTUNED_NOTE, language_of, name_in_table
from minibert.evaluation.published import MULTILINGUAL, scores_of_treebanks
from minibert.evaluation.published_means import published_means
from minibert.evaluation.runs import Run

TREEBANK = "treebank"


def section(
    runs: Sequence[Run[Any]],
    baseline: str | None,
    group_measures: Mapping[str, str | None],
    *,
    group: str = TREEBANK,
) -> dict[str, Any]:
    """What the templates show of one kind of evaluation.

    Args:
      runs: the runs, of which there is one at least.
      baseline: the name of the run to compare with; the first, if it is none of them.
      group_measures: the measures in the table of groups, to the task of the published scores that
        stand beside them; None of those that have none.
      group: what a group is called.
    """
    untuned = runs[0].left_out if group == TREEBANK else ()
    base = next((run for run in runs if run.name == baseline), runs[0])
    measures = [m for m in runs[0].measures if any(run.macro(m) is not None for run in runs)]
    return {
        "group": group,
        "runs": runs,
        "baseline": base,
        "measures": measures,
        "group_measures": list(group_measures),
        "num_words": sum(map(sum, runs[0].words.values())),
        "num_sentences": sum(map(len, runs[0].words.values())),
        "summary": [_summary(run, measures, base) for run in runs],
        "untuned_note": UNTUNED_NOTE if untuned else "",
        "groups": [
            {"name": name_in_table(name, untuned), **_group(name, runs, base, group_measures)}
            for name in runs[0].words
        ],
        "published_systems": _published_systems(runs[0], group_measures),
        "published": {
            measure: published_means(task, [run.values(measure, run.averaged) for run in runs])
            for measure, task in group_measures.items()
            if task
        },
    }


def value_rows(
    groups: Sequence[str], runs: Sequence[Run[Any]], measures: Sequence[str]
) -> list[tuple[str, dict[str, list[float | None]]]]:
    """Each group with the values of the runs by measure."""
    return [(name, {m: [run.value(m, name) for run in runs] for m in measures}) for name in groups]


def _summary(run: Run[Any], measures: Sequence[str], baseline: Run[Any]) -> dict[str, Any]:
    others = () if run is baseline else measures
    return {
        "name": run.name,
        "is_baseline": run is baseline,
        "seeds": max(map(len, run.parts)),
        "macro": {measure: run.macro(measure) for measure in measures},
        "difference": {measure: run.difference(measure, baseline) for measure in others},
    }


def _group(
    name: str,
    runs: Sequence[Run[Any]],
    baseline: Run[Any],
    measures: Mapping[str, str | None],
) -> dict[str, Any]:
    cells = {}
    for measure, task in measures.items():
        of_baseline = baseline.value(measure, name)
        values = [run.value(measure, name) for run in runs]
        scores = scores_of_treebanks(task) if task else {}
        cells[measure] = {
            "values": values,
            "deltas": [
                None if value is None or of_baseline is None else value - of_baseline
                for value in values
            ],
            "published": {system: of.get(name) for system, of in scores.items()},
        }
    return {
        "language": language_of(name),
        "words": sum(runs[0].words[name]),
        "cells": cells,
    }


def _published_systems(run: Run[Any], measures: Mapping[str, str | None]) -> Sequence[str]:
    """Those with columns beside the treebanks; none, if they have none of these."""
    scores = [scores_of_treebanks(task) for task in measures.values() if task]
    is_there = any(
        name in of for by_system in scores for of in by_system.values() for name in run.words
    )
    return MULTILINGUAL if is_there else ()
