"""A report on one or several runs: a page that needs no network, and a short one in Markdown."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from minibert import __version__
from minibert.errors import InputError
from minibert.evaluation.bootstrap import SAMPLES, Difference
from minibert.evaluation.charts import curves_svg, dots_svg
from minibert.evaluation.protocol import (
    UNTUNED_NOTE,
    by_language,
    language_of,
    low_resource,
    name_in_table,
)
from minibert.evaluation.published import MACRO, PublishedScore, published_scores
from minibert.evaluation.report_config import ReportConfig
from minibert.evaluation.runs import Run, read_runs
from minibert.evaluation.serving_speed_file import ServingSpeed, read_serving_speeds
from minibert.files import atomic_file, check_output_file
from minibert.markdown import markdown_cell
from minibert.models.history import ACCURACY
from minibert.tables import printable

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_WORST_PAIRS, _EXAMPLES, _UNKNOWN_LABELS = 10, 3, 20


def report(config: ReportConfig) -> None:
    """Writes the two pages.

    Raises:
      InputError: bad input, or a baseline that is none of the runs.
    """
    output = Path(config.output)
    runs = read_runs(config.runs, include_untuned=config.include_untuned)
    names = [run.name for run in runs]
    baseline = config.baseline or names[0]
    if baseline not in names:
        raise InputError(f"--baseline={baseline}: none of the runs {' '.join(names)}")
    speeds = read_serving_speeds(config.benchmark) if config.benchmark else {}
    content = _content(runs, names.index(baseline), speeds)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(["html.jinja"]),
        finalize=_without_controls,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda value: _in_percent(value, ".2f")
    environment.filters["points"] = lambda value: _in_percent(value, "+.2f")
    environment.filters["cell"] = markdown_cell
    templates = {output: "report.html.jinja", output.with_suffix(".md"): "report.md.jinja"}
    for path in templates:
        check_output_file(path)
    pages = {
        path: environment.get_template(name).render(content) for path, name in templates.items()
    }
    with ExitStack() as stack:
        # Both, or none of them.
        for path, page in pages.items():
            file = stack.enter_context(atomic_file(path, "w", encoding="utf-8", newline="\n"))
            file.write(page)
            file.flush()
    print(f"{output} and {output.with_suffix('.md').name}: {printable(', '.join(names))}")


def _without_controls(value: Any) -> Any:
    """A value for a page, with what would move the cursor of a terminal as in Python."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], value)


def _in_percent(value: float | None, form: str) -> str:
    """A part of 1 as it stands in a table; a dash for none."""
    return "–" if value is None else format(100 * value, form)


def _content(
    runs: Sequence[Run], baseline: int, speeds: Mapping[str, ServingSpeed]
) -> dict[str, Any]:
    """What the templates show."""
    tasks, words = runs[0].tasks, runs[0].words
    treebanks = list(words)
    published = published_scores()
    scarce = low_resource(treebanks)
    return {
        "tool": f"minibert {__version__}",
        "samples": SAMPLES,
        "runs": runs,
        "baseline": runs[baseline],
        "tasks": tasks,
        "num_words": sum(map(sum, words.values())),
        "num_sentences": sum(map(len, words.values())),
        "summary": [_summary(run, tasks, runs[baseline]) for run in runs],
        "published": _published_rows(published, tasks),
        "untuned_note": UNTUNED_NOTE if runs[0].left_out else "",
        "treebanks": [_treebank_row(name, runs, baseline, tasks, published) for name in treebanks],
        "has_published": any(score.treebank in treebanks for score in published),
        "groups": [
            ("by language", "language", _language_rows(runs, tasks)),
            (
                "of low-resource languages (Tsai et al. 2019, 4.4)",
                "treebank",
                _rows(scarce, runs, tasks),
            ),
        ],
        "dots": {
            task: dots_svg(
                list(runs[0].accuracies(task)),
                {run.name: list(run.accuracies(task).values()) for run in runs},
            )
            for task in tasks
        },
        "curves": {
            task: curves_svg({name: c for run in runs for name, c in _curves(run, task).items()})
            for task in tasks
        },
        "speeds": speeds,
        # In the order in which they come, each once.
        "speed_lengths": list({n: 0 for s in speeds.values() for n in s.latency_milliseconds}),
        "speed_workloads": list({n: 0 for s in speeds.values() for n in s.words_per_second}),
        "labels": {run.name: {task: _labels(run, task) for task in tasks} for run in runs},
        "confusions": {
            run.name: {
                task: [
                    (confusion, examples[:_EXAMPLES])
                    for confusion, examples in run.confusions(task)[:_WORST_PAIRS]
                ]
                for task in tasks
            }
            for run in runs
        },
        "commands": {run.name: [_command(e.config) for e in run.evaluations] for run in runs},
        "configs": {
            run.name: json.dumps([e.config for e in run.evaluations], indent=1) for run in runs
        },
    }


def _summary(run: Run, tasks: Sequence[str], baseline: Run) -> Any:
    differences: dict[str, Difference | None] = {
        task: None if run is baseline else run.difference(task, baseline) for task in tasks
    }
    return {
        "name": run.name,
        "seeds": max(map(len, run.parts)),
        "macro": {task: run.macro(task) for task in tasks},
        "difference": differences,
    }


def _curves(run: Run, task: str) -> dict[str, list[tuple[float, float]]]:
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


def _labels(run: Run, task: str) -> Any:
    """The labels of the training data, and those of the words that it does not have."""
    unknown = run.unknown_labels(task)
    words = sum(e.labeled_words(task, t) for e in run.evaluations for t in e.treebanks)
    return {
        "known": len(run.labels(task)),
        "unknown": len(unknown),
        "words": unknown.total(),
        "rate": unknown.total() / words,
        "most": unknown.most_common(_UNKNOWN_LABELS),
    }


def _published_rows(published: Sequence[PublishedScore], tasks: Sequence[str]) -> list[Any]:
    """The macro averages of papers: source and system to task to F1 in per cent."""
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for score in published:
        if score.treebank == MACRO and score.task in tasks:
            rows.setdefault((score.source, score.system), {})[score.task] = score.f1
    return [{"source": source, "system": system, "f1": f1} for (source, system), f1 in rows.items()]


def _treebank_row(
    name: str,
    runs: Sequence[Run],
    baseline: int,
    tasks: Sequence[str],
    published: Sequence[PublishedScore],
) -> Any:
    by_task = {}
    for task in tasks:
        values = [run.accuracy(task, name) for run in runs]
        by_task[task] = {
            "values": values,
            "deltas": [_difference(value, values[baseline]) for value in values],
            "published": {
                s.system: s.f1 for s in published if (s.task, s.treebank) == (task, name)
            },
        }
    return {
        "name": name_in_table(name, runs[0].left_out),
        "language": language_of(name),
        "words": sum(runs[0].words[name]),
        "tasks": by_task,
    }


def _difference(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _rows(treebanks: Sequence[str], runs: Sequence[Run], tasks: Sequence[str]) -> list[Any]:
    return [
        (name, {task: [run.accuracy(task, name) for run in runs] for task in tasks})
        for name in treebanks
    ]


def _language_rows(runs: Sequence[Run], tasks: Sequence[str]) -> list[Any]:
    found = {task: [by_language(run.accuracies(task)) for run in runs] for task in tasks}
    languages = sorted({language for of_runs in found.values() for language in of_runs[0]})
    return [
        (language, {task: [values.get(language) for values in found[task]] for task in tasks})
        for language in languages
    ]


def _command(config: Mapping[str, Any]) -> str:
    """The command line of an evaluation."""
    flags = []
    for name, value in config.items():
        if value in (None, [], ""):
            continue
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        flags.append(shlex.quote(f"--{name}={text}"))
    return " ".join(["python run_scripts/evaluate.py", *flags])
