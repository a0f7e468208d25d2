"""Charts of a report, as SVG that stands in a page."""

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import IO, Any

import matplotlib
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from minibert.tables import printable

# Text stays text, which can be found in the page and needs no outlines of letters; names of parts
# do not depend on the time.
_STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "minibert"}
# Of two runs on one axis; the shorter one would be a tenth of it.
_MUCH_LONGER = 10


def dots_svg(treebanks: Sequence[str], accuracy: Mapping[str, Sequence[float]]) -> Markup:
    """The accuracy of each treebank, a dot a run, the treebanks from the worst to the best.

    Args:
      treebanks: their names.
      accuracy: run to the accuracy on each of them.
    """
    first = next(iter(accuracy.values()))
    order = sorted(range(len(treebanks)), key=lambda index: first[index])
    figure = Figure(figsize=(7, 1.2 + 0.19 * len(treebanks)), layout="constrained")
    axes = figure.subplots()
    names = [plain(treebanks[index]) for index in order]
    for run, values in accuracy.items():
        axes.plot(
            [100 * values[index] for index in order], names, "o", markersize=5, label=plain(run)
        )
    axes.set(xlabel="accuracy (%)")
    axes.grid(axis="both", alpha=0.3)
    axes.set_ylim(-0.8, len(names) - 0.2)
    axes.tick_params(axis="y", labelsize=8)
    figure.legend(loc="outside upper center", ncols=4)
    return _svg(figure, "accuracy by treebank")


def curves_svg(curves: Mapping[str, Sequence[tuple[float, float]]]) -> Markup:
    """The macro average over the time of training, a line a run; nothing, if there is none.

    Where one run is many times longer than another, time is on a logarithmic scale.

    Args:
      curves: run to points of minutes and accuracy, of which there may be none.
    """
    curves = {run: points for run, points in curves.items() if points}
    if not curves:
        return Markup("")
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    for run, points in curves.items():
        minutes, accuracy = zip(*points, strict=True)
        axes.plot(minutes, [100 * value for value in accuracy], ".-", label=plain(run))
    axes.set(xlabel="minutes of training", ylabel="macro average (%)")
    ends = [points[-1][0] for points in curves.values()]
    if max(ends) > _MUCH_LONGER * min(ends) and all(p[0][0] > 0 for p in curves.values()):
        axes.set(xscale="log", xlabel="minutes of training, logarithmic")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside upper center", ncols=4)
    return _svg(figure, "accuracy over the time of training")


def plain(text: str) -> str:
    """A name as matplotlib takes it for text.

    A dollar sign would start a formula, and a label with an underscore first is not in legends.
    """
    text = printable(text).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def save_figure(figure: Figure, file: IO[Any], **options: Any) -> None:
    """Does what `Figure.savefig` does, without a warning of each letter that its font has not."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(file, **options)


def _svg(figure: Figure, title: str) -> Markup:
    FigureCanvasSVG(figure)
    file = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        save_figure(figure, file, format="svg", metadata={"Date": None}, transparent=True)
    svg = file.getvalue()
    # The head of a file of its own; of a fixed size no page could shrink it.
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (width|height)="[0-9.]+pt"', "", svg, count=2)
    return Markup(svg.replace("<svg", f'<svg role="img" aria-label="{title}"', 1))
