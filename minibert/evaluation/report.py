"""A report on one or several runs: a page that needs no network, and a short one in Markdown."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

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
from minibert.files import atomic_file, check_output_file
from minibert.json_files import read_json
from minibert.markdown import markdown_cell

_WORST_PAIRS = 10


@dataclass(frozen=True)
class _Latency:
    p50: float
    p95: float


@dataclass(frozen=True)
class _Speed:
    latency_milliseconds: Mapping[str, _Latency]
    words_per_second: Mapping[str, float]
    resident_megabytes: float


def report(config: ReportConfig) -> None:
    """Writes the two pages.

    Raises:
      InputError: bad input, or a baseline that is none of the runs.
    """
    output = Path(config.output)
    runs = read_runs(config.runs)
    names = [run.name for run in runs]
    baseline = config.baseline or names[0]
    if baseline not in names:
        raise InputError(f"--baseline={baseline}: none of the runs {' '.join(names)}")
    speeds = _read_speeds(config.benchmark) if config.benchmark else {}
    content = _content(runs, names.index(baseline), speeds)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(["html.jinja"]),
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda value: f"{100 * value:.2f}"
    environment.filters["points"] = lambda value: f"{100 * value:+.2f}"
    environment.filters["cell"] = markdown_cell
    templates = {output: "report.html.jinja", output.with_suffix(".md"): "report.md.jinja"}
    for path in templates:
        check_output_file(path)
    pages = {
        path: environment.get_template(name).render(content) for path, name in templates.items()
    }
    for path, page in pages.items():
        with atomic_file(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(page)
    print(f"{output} and {output.with_suffix('.md').name}: {', '.join(names)}")


def _read_speeds(path: str) -> Mapping[str, _Speed]:
    figures = read_json(path, dict[str, Any], "give the JSON of benchmark.py")
    try:
        found = figures["serving"]
        return {
            name: _Speed(
                {n: _Latency(**times) for n, times in speed["latency_milliseconds"].items()},
                speed["words_per_second"],
                float(speed["resident_megabytes"]),
            )
            for name, speed in found.items()
            if name != "accuracy"
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(
            f"{path}: no figures of the suite serving; give the JSON of benchmark.py with it"
        ) from error


def _content(runs: Sequence[Run], baseline: int, speeds: Mapping[str, _Speed]) -> dict[str, Any]:
    """What the templates show."""
    tasks = list(runs[0].metrics)
    treebanks = runs[0].treebanks
    published = published_scores()
    scarce = low_resource(treebanks)
    return {
        "tool": f"minibert {__version__}",
        "samples": SAMPLES,
        "runs": runs,
        "baseline": runs[baseline],
        "tasks": tasks,
        "num_words": sum(sum(s.words) for s in runs[0].sentences.values()),
        "num_sentences": sum(len(s.words) for s in runs[0].sentences.values()),
        "summary": [_summary(run, tasks, runs[baseline]) for run in runs],
        "published": _published_rows(published, tasks),
        "untuned_note": UNTUNED_NOTE if runs[0].untuned else "",
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
                treebanks,
                {run.name: [run.metrics[task][t].accuracy for t in treebanks] for run in runs},
            )
            for task in tasks
        },
        "curves": {
            task: curves_svg(
                {
                    run.name: [
                        (e.training_seconds / 60, e.accuracy[task].macro)
                        for e in run.history
                        if task in e.accuracy
                    ]
                    for run in runs
                }
            )
            for task in tasks
        },
        "speeds": speeds,
        "worst_pairs": _WORST_PAIRS,
        "commands": {run.name: [_command(config) for config in run.configs] for run in runs},
        "configs": {run.name: json.dumps(run.configs, indent=1) for run in runs},
    }


def _summary(run: Run, tasks: Sequence[str], baseline: Run) -> Any:
    differences: dict[str, Difference | None] = {
        task: None if run is baseline else run.difference(task, baseline) for task in tasks
    }
    return {
        "name": run.name,
        "macro": {task: run.macro(task) for task in tasks},
        "difference": differences,
        "unknown": {task: run.unknown_label_rate(task) for task in tasks},
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
        values = [run.metrics[task][name].accuracy for run in runs]
        by_task[task] = {
            "values": values,
            "deltas": [value - values[baseline] for value in values],
            "published": {
                s.system: s.f1 for s in published if (s.task, s.treebank) == (task, name)
            },
        }
    words = runs[0].metrics[tasks[0]][name].words
    return {
        "name": name_in_table(name, runs[0].untuned),
        "language": language_of(name),
        "words": words,
        "tasks": by_task,
    }


def _rows(treebanks: Sequence[str], runs: Sequence[Run], tasks: Sequence[str]) -> list[Any]:
    return [
        (name, {task: [run.metrics[task][name].accuracy for run in runs] for task in tasks})
        for name in treebanks
    ]


def _language_rows(runs: Sequence[Run], tasks: Sequence[str]) -> list[Any]:
    found = {
        task: [
            by_language({name: m.accuracy for name, m in run.metrics[task].items()}) for run in runs
        ]
        for task in tasks
    }
    languages = sorted(found[tasks[0]][0])
    return [
        (language, {task: [values[language] for values in found[task]] for task in tasks})
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
