"""The table and the chart of the serving benchmark."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from minibert.benchmark.serving_speed import LATENCY_WORDS, Candidate, Speed
from minibert.files import atomic_file
from minibert.tables import format_table

# Tsai et al. 2019, table 3: how much faster than BERT-Base MiniBERT is.
PAPER = "the paper has 27.7x and 14.0x"

Speeds = Mapping[Candidate, Speed]


def latency_table(speeds: Speeds) -> str:
    """Latency, memory and size, a row a model and device.

    The ratios are of the median latency of the first model on the same device.
    """
    header = ["one sentence at a time", "on"]
    for words in LATENCY_WORDS:
        header += [f"{words} words, ms", "p95", "ratio"]
    header += ["MB on disk", "MB in memory", "s to load"]
    first = next(iter(speeds)).name
    base = {
        candidate.device: speed for candidate, speed in speeds.items() if candidate.name == first
    }
    rows = []
    for candidate, speed in speeds.items():
        row = [candidate.name, candidate.device]
        for words in LATENCY_WORDS:
            p50, p95 = np.percentile(speed.latency[words], [50, 95])
            ratio = np.median(base[candidate.device].latency[words]) / p50
            row += [f"{1e3 * p50:.2f}", f"{1e3 * p95:.2f}", f"{ratio:.1f}"]
        row += [
            f"{candidate.megabytes:,.1f}",
            f"{speed.resident_megabytes:,.0f}",
            f"{speed.load_seconds:.1f}",
        ]
        rows.append(row)
    return format_table(header, rows, left=2)


def throughput_table(speeds: Speeds) -> str:
    """Words per second, a row a model and device, and what part of the time tokenization takes."""
    workloads = list(next(iter(speeds.values())).throughput)
    rows = [
        [
            *(candidate.name, candidate.device),
            *(f"{np.median(speed.throughput[name]):,.0f}" for name in workloads),
            f"{np.median(speed.tokenization):.1%}" if speed.tokenization else "-",
        ]
        for candidate, speed in speeds.items()
    ]
    return format_table(["words/s", "on", *workloads, "tokenization"], rows, left=2)


def plot_serving(path: Path, speeds: Speeds) -> None:
    """Draws the latency of each model with one thread, by sentence length, as a PNG."""
    single = {c.name: speed for c, speed in speeds.items() if c.threads == 1}
    figure = Figure(figsize=(8, 0.5 * len(single) + 1.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    height = 0.8 / len(LATENCY_WORDS)
    for index, words in enumerate(LATENCY_WORDS):
        values = [1e3 * float(np.median(speed.latency[words])) for speed in single.values()]
        places = np.arange(len(single)) + (index - (len(LATENCY_WORDS) - 1) / 2) * height
        bars = axes.barh(places, values, height, label=f"{words} words")
        axes.bar_label(bars, [f"{value:.1f}" for value in values], padding=3, fontsize=8)
    axes.set_yticks(range(len(single)), list(single))
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_xlabel("milliseconds from words to tags, one thread (logarithmic)")
    axes.legend()
    with atomic_file(path) as file:
        figure.savefig(file, format="png", dpi=120)
