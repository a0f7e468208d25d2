"""A report on one or several runs: a page that needs no network, and a short one in Markdown."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from minibert.errors import InputError
from minibert.evaluation.read_runs import read_runs
from minibert.evaluation.report_config import ReportConfig
from minibert.evaluation.report_content import report_content
from minibert.evaluation.serving_speed_file import read_serving_speeds
from minibert.files import atomic_file, check_output_file
from minibert.markdown import markdown_cell
from minibert.tables import percent, printable

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def report(config: ReportConfig) -> None:
    """Writes the two pages.

    Raises:
      InputError: bad input, or a baseline that is none of the runs.
    """
    output = Path(config.output)
    runs = read_runs(config.runs, include_untuned=config.include_untuned)
    names = list(dict.fromkeys(run.name for run in runs.all))
    if config.baseline is not None and config.baseline not in names:
        raise InputError(f"--baseline={config.baseline}: none of the runs {' '.join(names)}")
    speeds = read_serving_speeds(config.benchmark) if config.benchmark else {}
    content = report_content(runs, config.baseline, speeds)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(["html.jinja"]),
        finalize=_without_controls,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    environment.filters["points"] = lambda value: "" if value is None else f"{100 * value:+.2f}"
    environment.filters["f1"] = lambda value: "–" if value is None else f"{value:.1f}"
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
