"""A picture of how a run went."""

import math
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from minibert.files import atomic_file
from minibert.runs.history import History
from minibert.training.train_step import GRADIENT_NORM


def plot_training_curves(path: Path, history: History) -> None:
    """Draws training loss and what validation measures by epoch, and writes a PNG."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    losses, accuracies = figure.subplots(1, 2)
    numbers = [entry.epoch for entry in history.epochs]
    # A stage may have other losses than the one before.
    names = dict.fromkeys(name for entry in history.epochs for name in entry.loss)
    for name in names:
        if name == GRADIENT_NORM:
            continue
        values = [entry.loss.get(name, math.nan) for entry in history.epochs]
        losses.plot(numbers, values, marker=".", label=name)
    for task in history.epochs[-1].accuracy:
        accuracies.plot(
            numbers,
            [100 * entry.accuracy[task].macro for entry in history.epochs],
            marker=".",
            label=task,
        )
    losses.set(title="Training loss", xlabel="epoch", ylabel="loss (cross-entropy in nats)")
    accuracies.set(title="Validation, macro average", xlabel="epoch")
    accuracies.set_ylabel(f"{history.measure} (%)")
    for axes in (losses, accuracies):
        axes.grid(alpha=0.3)
        axes.legend()
        axes.xaxis.get_major_locator().set_params(integer=True)
    with atomic_file(path) as file:
        figure.savefig(file, format="png", dpi=120)
