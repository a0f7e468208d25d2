"""The installed tagger next to UDPipe 1: from the start of a process to tags, and accuracy."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from minibert.benchmark.benchmark_config import BenchmarkConfig
from minibert.benchmark.benchmark_data import read_dev_sentences
from minibert.benchmark.tagger_worker import MINIBERT, UDPIPE
from minibert.benchmark.udpipe_peer import (
    UDPIPE_NAME,
    find_peer_files,
    measure_accuracy,
    train_peer,
)
from minibert.errors import InputError
from minibert.evaluation.protocol import macro_average
from minibert.inference.backends import load_backend
from minibert.progress import progress
from minibert.tables import format_table, percent
from minibert.text.udpipe import import_udpipe

_FIGURES = ("first_tag_seconds", "words_per_second", "peak_megabytes")
_WORKER = "minibert.benchmark.tagger_worker"


def check_tagger(config: BenchmarkConfig) -> None:
    """Checks what can be checked before anything is measured.

    Raises:
      InputError: there is no model, or no such treebank, or UDPipe is not installed.
    """
    load_backend(config.tagger)
    if config.udpipe_treebanks:
        import_udpipe()
    for treebank in config.udpipe_treebanks:
        find_peer_files(config.input_dir, treebank)


def run_tagger(config: BenchmarkConfig, directory: Path) -> dict[str, Any]:
    """Measures, prints tables, and gives the figures.

    Args:
      config: the options.
      directory: an empty one.
    """
    tagger = config.tagger or ""
    peers = {}
    for treebank in progress(config.udpipe_treebanks, unit=" treebanks", desc="train UDPipe"):
        (directory / treebank).mkdir()
        peers[treebank] = train_peer(config.input_dir, treebank, directory / treebank)
    candidates = {MINIBERT: (MINIBERT, tagger)}
    if peers:
        first = config.udpipe_treebanks[0]
        candidates[f"{UDPIPE_NAME}, {first}"] = (UDPIPE, peers[first])
    sentences = read_dev_sentences(
        config.input_dir,
        config.serving_sentences,
        config.udpipe_treebanks[0] if config.udpipe_treebanks else None,
    )
    path = directory / "sentences.json"
    path.write_text(json.dumps([list(words) for words in sentences]), encoding="utf-8")
    speeds = _speeds(candidates, path, config.rounds)
    print(
        format_table(
            ["one thread", "first tag (s)", "words/s", "peak (MB)"],
            [
                [
                    name,
                    f"{of['first_tag_seconds']:.2f}",
                    f"{of['words_per_second']:,.0f}",
                    f"{of['peak_megabytes']:.0f}",
                ]
                for name, of in speeds.items()
            ],
            left=1,
        )
    )
    accuracy = {
        treebank: measure_accuracy(config.input_dir, treebank, model, [config.tagger])
        for treebank, model in peers.items()
    }
    if accuracy:
        print(_accuracy_table(accuracy))
    return {"speed": speeds, "accuracy": accuracy}


def _speeds(
    candidates: Mapping[str, tuple[str, str]], sentences: Path, rounds: int
) -> dict[str, dict[str, float]]:
    """The medians of fresh processes, which run in turns."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in candidates}
    for _ in progress(range(rounds), desc="measure"):
        for name, (kind, path) in candidates.items():
            command = [sys.executable, "-m", _WORKER, str(time.monotonic()), kind, path]
            result = subprocess.run(
                [*command, str(sentences)], stdout=subprocess.PIPE, text=True, check=False
            )
            if result.returncode:
                raise InputError(f"{name} ended with {result.returncode}; see above for why")
            found[name].append(json.loads(result.stdout))
    return {
        name: {figure: median(of[figure] for of in rounds_of) for figure in _FIGURES}
        for name, rounds_of in found.items()
    }


def _accuracy_table(accuracy: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Of each treebank, and the macro average: UDPipe's model of it, and the one tagger."""
    first = next(iter(accuracy.values()))
    columns = [(model, task) for task in ("upos", "feats") for model in first]
    names = [UDPIPE_NAME if model == UDPIPE_NAME else MINIBERT for model, _ in columns]

    def cells(values: Sequence[float]) -> list[str]:
        return [percent(value) for value in values]

    rows = [[treebank, *cells([of[m][t] for m, t in columns])] for treebank, of in accuracy.items()]
    means = [macro_average([of[m][t] for of in accuracy.values()]) for m, t in columns]
    header = [f"{name} {task}" for name, (_, task) in zip(names, columns, strict=True)]
    return format_table(
        ["accuracy on dev", *header], [*rows, ["macro average", *cells(means)]], left=1
    )
