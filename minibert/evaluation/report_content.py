"""What the templates of a report show."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minibert import __version__
from minibert.data.tasks import ACCURACY
from minibert.evaluation.bootstrap import SAMPLES
from minibert.evaluation.charts import curves_svg, dots_svg
from minibert.evaluation.codemixed_file import ALL, CodemixedDetails
from minibert.evaluation.conll18 import METRIC_TASKS
from minibert.evaluation.details_file import Details, unseen
from minibert.evaluation.entities_file import EntityDetails
from minibert.evaluation.evaluated import Evaluated
from minibert.evaluation.mistakes import confusions, known_labels, unknown_labels
from minibert.evaluation.protocol import by_language, low_resource
from minibert.evaluation.published import (
    CODEMIXED,
    CODEMIXED_TABLE,
    LOW_RESOURCE_TABLE,
    SYSTEMS,
    scores_in_table,
)
from minibert.evaluation.read_runs import Runs
from minibert.evaluation.report_tables import section, value_rows
from minibert.evaluation.runs import Run
from minibert.evaluation.serving_speed_file import ServingSpeed

_WORST_PAIRS, _EXAMPLES, _UNKNOWN_LABELS = 10, 3, 20


def report_content(
    runs: Runs, baseline: str | None, speeds: Mapping[str, ServingSpeed]
) -> dict[str, Any]:
    """The names that the templates use.

    Args:
      runs: those of each kind; of one there is one at least.
      baseline: the name of the run to compare with; the first of a kind, if not given or none.
      speeds: model to speed; there may be none.
    """
    evaluations: dict[str, list[Evaluated]] = {}
    for run in runs.all:
        evaluations.setdefault(run.name, []).extend(run.evaluations)
    return {
        "tool": f"minibert {__version__}",
        "samples": SAMPLES,
        "gold": _gold(runs.gold, baseline) if runs.gold else None,
        "raw_text": _raw_text(runs.raw_text, baseline) if runs.raw_text else None,
        "codemixed": _codemixed(runs.codemixed, baseline) if runs.codemixed else None,
        "entities": _entities(runs.entities, baseline) if runs.entities else None,
        "systems": SYSTEMS,
        "speeds": speeds,
        # In the order in which they come, each once.
        "speed_lengths": list({n: 0 for s in speeds.values() for n in s.latency_milliseconds}),
        "speed_workloads": list({n: 0 for s in speeds.values() for n in s.words_per_second}),
        "commands": {name: list(map(_command, of_run)) for name, of_run in evaluations.items()},
        "configs": {
            name: json.dumps([e.config for e in of_run], indent=1)
            for name, of_run in evaluations.items()
        },
    }


def _gold(runs: Sequence[Run[Details]], baseline: str | None) -> dict[str, Any]:
    treebanks = list(runs[0].words)
    # Without a task of which no word has a label.
    tasks = [t for t in runs[0].parts[0][0].tasks if all(run.values(t, treebanks) for run in runs)]
    content = section(runs, baseline, {task: task for task in tasks})
    unseen_measures = [m for m in map(unseen, tasks) if m in content["measures"]]
    return content | {
        "tasks": tasks,
        "unseen": {
            "measures": unseen_measures,
            "rows": value_rows(treebanks, runs, unseen_measures),
        }
        if unseen_measures
        else None,
        "languages": _language_rows(runs, tasks),
        "low_resource": _low_resource(runs, tasks),
        "dots": {task: _dots(runs, task) for task in tasks},
        "curves": {
            task: curves_svg({name: c for run in runs for name, c in _curves(run, task).items()})
            for task in tasks
        },
        "labels": {run.name: {task: _labels(run, task) for task in tasks} for run in runs},
        "confusions": {
            run.name: {
                task: [
                    (confusion, examples[:_EXAMPLES])
                    for confusion, examples in confusions(run.evaluations, task)[:_WORST_PAIRS]
                ]
                for task in tasks
            }
            for run in runs
        },
    }


def _raw_text(runs: Sequence[Run[Any]], baseline: str | None) -> dict[str, Any]:
    # Those of labels, to which published ones are of the same kind.
    labels = {m: task for m, task in METRIC_TASKS.items() if m in runs[0].measures}
    return section(runs, baseline, {"Words": None, **labels})


def _codemixed(runs: Sequence[Run[Any]], baseline: str | None) -> dict[str, Any]:
    measures = dict.fromkeys(runs[0].measures)
    content = section(runs, baseline, measures, group="language of the word")
    scores = scores_in_table(CODEMIXED_TABLE, "upos")
    tweets = runs[0].words[ALL]
    return content | {
        "num_words": sum(tweets),
        "num_sentences": len(tweets),
        "papers": {system: of[CODEMIXED] for system, of in scores.items()},
    }


def _entities(runs: Sequence[Run[Any]], baseline: str | None) -> dict[str, Any]:
    return section(runs, baseline, dict.fromkeys(runs[0].measures), group="language")


def _curves(run: Run[Details], task: str) -> dict[str, list[tuple[float, float]]]:
    """The minutes of training and the macro average of each epoch, by what they are called."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for evaluation in run.evaluations:
        if evaluation.history is None:
            continue
        name = run.name
        if len(run.evaluations) > 1:
            name += f", {Path(str(evaluation.config.get('model'))).name}"
        if evaluation.history.measure != ACCURACY:
            name += f" ({evaluation.history.measure})"
        if name in curves:
            name += f" {len(curves) + 1}"
        curves[name] = [
            (epoch.training_seconds / 60, epoch.accuracy[task].macro)
            for epoch in evaluation.history.epochs
            if task in epoch.accuracy
        ]
    return curves


def _labels(run: Run[Details], task: str) -> dict[str, Any]:
    """The labels of the training data, and those of the words that it does not have."""
    unknown = unknown_labels(run.evaluations, task)
    words = sum(evaluation.labeled_words(task) for evaluation in run.evaluations)
    return {
        "known": len(known_labels(run.evaluations, task)),
        "unknown": len(unknown),
        "words": unknown.total(),
        "rate": unknown.total() / words,
        "most": unknown.most_common(_UNKNOWN_LABELS),
    }


def _low_resource(runs: Sequence[Run[Details]], tasks: Sequence[str]) -> dict[str, Any]:
    """Of each task the treebanks of low-resource languages, with the scores of the paper."""
    scarce = low_resource(runs[0].words)
    tables = {}
    for task in tasks if scarce else ():
        scores = scores_in_table(LOW_RESOURCE_TABLE, task)
        tables[task] = [
            (name, values[task], {system: of.get(name) for system, of in scores.items()})
            for name, values in value_rows(scarce, runs, [task])
        ]
    return tables


def _language_rows(runs: Sequence[Run[Details]], tasks: Sequence[str]) -> list[Any]:
    found = {task: [by_language(run.values(task, run.words)) for run in runs] for task in tasks}
    languages = sorted(
        {language for of_runs in found.values() for of in of_runs for language in of}
    )
    return [
        (language, {task: [values.get(language) for values in found[task]] for task in tasks})
        for language in languages
    ]


def _dots(runs: Sequence[Run[Details]], task: str) -> str:
    """The chart of the treebanks that have labels of a task."""
    values = {run.name: run.values(task, run.words) for run in runs}
    common = [name for name in runs[0].words if all(name in of for of in values.values())]
    return dots_svg(common, {run: [of[name] for name in common] for run, of in values.items()})


def _command(evaluation: Evaluated) -> str:
    """The command line of an evaluation."""
    scripts = {CodemixedDetails: "evaluate_codemixed", EntityDetails: "evaluate_ner"}
    script = scripts.get(type(evaluation), "evaluate")
    flags = []
    for name, value in evaluation.config.items():
        if value in (None, [], ""):
            continue
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        flags.append(shlex.quote(f"--{name}={text}"))
    return " ".join([f"python run_scripts/{script}.py", *flags])
