"""A picture of how a run went."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from minibert.files import atomic_file
from minibert.training.run_directory import MeasuredEpoch


def plot_training_curves(path: Path, epochs: Sequence[MeasuredEpoch], *, measure: str) -> None:
    """Draws training loss and what validation measures by epoch, and writes a PNG.

    Args:
      path: the file.
      epochs: the entries of `history.json`.
      measure: what it is called: accuracy, agreement.
    """
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    losses, accuracies = figure.subplots(1, 2)
    numbers = [entry.epoch for entry in epochs]
    for task in epochs[-1].accuracy:
        losses.plot(numbers, [entry.loss[task] for entry in epochs], marker=".", label=task)
        accuracies.plot(
            numbers,
            [100 * entry.accuracy[task].macro for entry in epochs],
            marker=".",
            label=task,
        )
    losses.set(title="Training loss", xlabel="epoch", ylabel="cross-entropy (nats)")
    accuracies.set(title="Validation, macro average", xlabel="epoch", ylabel=f"{measure} (%)")
    for axes in (losses, accuracies):
        axes.grid(alpha=0.3)
        axes.legend()
        axes.xaxis.get_major_locator().set_params(integer=True)
    with atomic_file(path) as file:
        figure.savefig(file, format="png", dpi=120)
