"""Speed of exported models, words to tags: Tsai et al. 2019, table 3, and its peers.

Each model runs in a process of its own, and all of them take turns, so that a machine that slows
down slows all of them.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from minibert.benchmark.serving_worker import HAS_TOKENIZER, SORTED, TAG, TOKENIZE
from minibert.errors import InputError
from minibert.progress import progress

Sentences = Sequence[Sequence[str]]
# Sentences of so many words, one at a time, of which the latency is told.
LATENCY_WORDS = (32, 128)
_LATENCY_SENTENCES = 20
_BATCH = 32
SINGLE, BATCHED = "one by one", f"batches of {_BATCH}"
# Sentences of the treebank that UDPipe has learned from.
PEER = "treebank"


@dataclass(frozen=True)
class Candidate:
    """A model to measure.

    Attributes:
      name: what it is called.
      kind: of `serving_worker`.
      path: where it is.
      threads: how many it may use; None on the GPU.
      megabytes: its size on disk.
    """

    name: str
    kind: str
    path: Path
    threads: int | None
    megabytes: float

    @property
    def device(self) -> str:
        """What it runs on, for people."""
        if self.threads is None:
            return "GPU"
        return f"{self.threads} thread{'s' if self.threads > 1 else ''}"


@dataclass
class Speed:
    """What was measured of a candidate.

    Attributes:
      latency: words to seconds of each sentence, of all rounds.
      throughput: workload to words per second of each round.
      tokenization: of each round, the share of the time of the sorted stream.
      load_seconds: from nothing to the first answer, without the start of Python.
      resident_megabytes: when all was done.
    """

    latency: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in LATENCY_WORDS})
    throughput: dict[str, list[float]] = field(default_factory=dict)
    tokenization: list[float] = field(default_factory=list)
    load_seconds: float = 0.0
    resident_megabytes: float = 0.0

    def add(
        self,
        workload: str,
        batches: Sequence[Sentences],
        seconds: Sequence[float],
        tokenization: Sequence[float],
    ) -> None:
        """Adds the seconds of each batch, and those that the tokenizer alone takes."""
        if workload.isdecimal():
            self.latency[int(workload)] += seconds
            return
        words = sum(len(sentence) for batch in batches for sentence in batch)
        self.throughput.setdefault(workload, []).append(words / sum(seconds))
        if workload == SORTED and any(tokenization):
            self.tokenization.append(sum(tokenization) / sum(seconds))

    def figures(self) -> dict[str, Any]:
        """The figures as JSON."""
        return {
            "latency_milliseconds": {
                str(words): {
                    "p50": 1e3 * float(np.percentile(seconds, 50)),
                    "p95": 1e3 * float(np.percentile(seconds, 95)),
                }
                for words, seconds in self.latency.items()
                if seconds
            },
            "words_per_second": {
                name: float(np.median(rates)) for name, rates in self.throughput.items()
            },
            **({"tokenization": float(np.median(self.tokenization))} if self.tokenization else {}),
            "load_seconds": self.load_seconds,
            "resident_megabytes": self.resident_megabytes,
        }


_WORKLOADS = (*map(str, LATENCY_WORDS), SINGLE, BATCHED, SORTED)


def num_sentences(per_workload: int, rounds: int) -> int:
    """How many sentences `measure_serving` wants, so many in each workload of each round."""
    return per_workload * len(_WORKLOADS) * (rounds + 1)


def measure_serving(
    candidates: Sequence[Candidate], sentences: Sentences, of_peer: Sentences, *, rounds: int
) -> dict[Candidate, Speed]:
    """Measures candidates in turns.

    Args:
      candidates: the models.
      sentences: real text of many languages.
      of_peer: sentences of the treebank that UDPipe has learned from, if any.
      rounds: of measurements. Each has a part of the sentences of its own: words that a tokenizer
        has seen a moment ago cost it nothing.

    Returns:
      What was measured of each.

    Raises:
      InputError: a process failed.
    """
    workloads = _workloads(sentences, of_peer, rounds)
    speeds = {candidate: Speed() for candidate in candidates}
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        path = Path(directory) / "workloads.json"
        path.write_text(json.dumps(workloads), encoding="utf-8")
        workers = []
        for candidate in progress(candidates, unit=" models", desc="load"):
            worker = stack.enter_context(_worker(candidate, path))
            speeds[candidate].load_seconds = worker.load_seconds
            workers.append((candidate, worker))
        tasks = [(name, c, w) for name in workloads for c, w in workers]
        with progress(total=(rounds + 1) * len(tasks), desc="measure") as bar:
            for number in range(rounds + 1):
                for name, candidate, worker in tasks:
                    bar.set_postfix_str(f"{candidate.name}, {name}", refresh=False)
                    request = {"workload": name, "round": number}
                    seconds = worker.ask(**request, part=TAG)["seconds"]
                    tokenization = [0.0]
                    if candidate.kind in HAS_TOKENIZER:
                        # With every text, so that its cache of words is as that of the tagger.
                        tokenization = worker.ask(**request, part=TOKENIZE)["seconds"]
                    bar.update()
                    # The first round does not count: graphs are optimized and memory is taken.
                    if number:
                        batches = workloads[name][number]
                        speeds[candidate].add(name, batches, seconds, tokenization)
        for candidate, worker in workers:
            memory = worker.ask(memory=True)
            speeds[candidate].resident_megabytes = memory["resident"] / 1e6
    return speeds


def _workloads(
    sentences: Sentences, of_peer: Sentences, rounds: int
) -> dict[str, list[list[Sentences]]]:
    """Workload to the batches of each round, the first included that does not count.

    No sentence is in two of them.
    """
    parts = num_sentences(1, rounds)
    workloads: dict[str, list[list[Sentences]]] = {}
    for index, name in enumerate(_WORKLOADS):
        workloads[name] = []
        for number in range(rounds + 1):
            part = sentences[number * len(_WORKLOADS) + index :: parts]
            batches: list[Sentences]
            if name.isdecimal():
                batches = [[text] for text in cut_text(part, int(name), _LATENCY_SENTENCES)]
            else:
                size = {SINGLE: 1, BATCHED: _BATCH, SORTED: len(part)}[name]
                batches = [part[i : i + size] for i in range(0, len(part), size)]
            workloads[name].append(batches)
    if of_peer:
        workloads[PEER] = [[of_peer[number :: rounds + 1]] for number in range(rounds + 1)]
    return workloads


def cut_text(sentences: Sentences, words: int, count: int) -> list[list[str]]:
    """Pieces of running text of so many words each, taken from all over it.

    Raises:
      InputError: the text is too short for one.
    """
    text = [word for sentence in sentences for word in sentence]
    last = len(text) - words
    if last < 0:
        raise InputError(f"a text of {len(text)} words, to measure takes {words} at least")
    starts = np.linspace(0, last, count).astype(int)
    return [text[start : start + words] for start in starts]


class _Worker:
    """A process of `serving_worker`."""

    def __init__(self, process: subprocess.Popen, name: str):
        self._process = process
        self._name = name
        self.load_seconds: float = self._read()["seconds"]

    def ask(self, **request: Any) -> dict[str, Any]:
        """Sends a request and waits for the answer."""
        assert self._process.stdin is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise InputError(f"the process of {self._name} ended; see above for its message")
        return json.loads(line)


@contextmanager
def _worker(candidate: Candidate, workloads: Path) -> Iterator[_Worker]:
    spec: Mapping[str, Any] = {
        "kind": candidate.kind,
        "path": str(candidate.path),
        "threads": candidate.threads,
        "workloads": str(workloads),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "minibert.benchmark.serving_worker", json.dumps(spec)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **_limit(candidate.threads)},
    )
    with process:
        try:
            yield _Worker(process, candidate.name)
        finally:
            process.kill()


def _limit(threads: int | None) -> dict[str, str]:
    return {} if threads is None else {"OMP_NUM_THREADS": str(threads)}
