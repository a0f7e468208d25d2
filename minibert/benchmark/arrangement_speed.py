"""How fast the sentences of Wikipedia that were extracted become shards, on made-up text."""

import os
import random
import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import product
from multiprocessing import get_context
from tempfile import TemporaryDirectory
from typing import Any

from minibert.benchmark.peak_memory import peak_megabytes, peaks_of_children
from minibert.data.text_reader import TextSentence
from minibert.progress import progress
from minibert.tables import format_table
from minibert.wikipedia.arrangement_run import run_arrangement
from minibert.wikipedia.article_sentences import KEPT, Counts
from minibert.wikipedia.dump_files import WorkItem
from minibert.wikipedia.dump_parts import DumpPart
from minibert.wikipedia.extracted_file import read_extracted, write_extracted
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig

_MEGABYTE = 1e6
_SENTENCES = 200_000
_LANGUAGE = "de"
# One, and as many as a language of over a hundred million sentences has.
_SECTIONS = (1, 100)


@dataclass(frozen=True)
class ArrangementSpeed:
    """Of one run of so many processes, their start included.

    Attributes:
      text_megabytes, sentences: each second.
      peak_megabytes: of memory of the process that runs the pipeline.
      worker_peak_megabytes: of that of its workers which has most; there is one more for each of
        the processes if they are not one.
    """

    text_megabytes: float
    sentences: float
    peak_megabytes: float
    worker_peak_megabytes: float


def measure_arrangement(parts: int) -> dict[str, Any]:
    """Measures on one process and on as many as there are cores, and prints.

    Args:
      parts: of 200,000 sentences each.

    Returns:
      Number of processes to `ArrangementSpeed`.
    """
    speeds = {}
    processes = sorted({1, len(os.sched_getaffinity(0))})
    for number in progress(processes, desc="arrangement"):
        # Of a process that starts anew; a fork would have the memory of this one.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            speeds[number] = pool.submit(_measure, number, parts).result()
    rows = [
        [
            str(number),
            f"{speed.text_megabytes:.2f}",
            f"{speed.sentences:,.0f}",
            f"{speed.peak_megabytes:,.0f}",
            f"{speed.worker_peak_megabytes:,.0f}" if number > 1 else "",
        ]
        for number, speed in speeds.items()
    ]
    header = ["processes", "MB of text/s", "sentences/s", "peak MB", "peak MB of a worker"]
    print(f"arrangement\n{format_table(header, rows, left=0)}")
    return {str(number): asdict(speed) for number, speed in speeds.items()}


def measure_sections(parts: int) -> dict[str, float]:
    """Measures how sentences are read as a whole and section by section, and prints.

    Args:
      parts: of 200,000 sentences each.

    Returns:
      Number of sections to the MB of text each second of reading all of them.
    """
    speeds = {}
    with TemporaryDirectory() as directory:
        counts = _write_parts(directory, parts)
        for sections in progress(_SECTIONS, desc="sections"):
            start = time.perf_counter()
            for section, part in product(range(sections), counts):
                path = part.sentences_file(directory)
                deque(read_extracted(path, section, section + 1, sections), maxlen=0)
            speeds[str(sections)] = _megabytes(counts) / (time.perf_counter() - start)
    rows = [[sections, f"{speed:.1f}"] for sections, speed in speeds.items()]
    print(f"reading section by section\n{format_table(['sections', 'MB of text/s'], rows, left=0)}")
    return speeds


def _measure(processes: int, parts: int) -> ArrangementSpeed:
    with TemporaryDirectory() as directory:
        counts = _write_parts(directory, parts)
        config = PrepareWikipediaConfig(
            input=("made up",), output_dir=directory, num_workers=processes
        )
        start = time.perf_counter()
        with peaks_of_children() as peaks:
            run_arrangement(
                counts, config, (), work_dir=directory, results_dir=f"{directory}/results"
            )
        seconds = time.perf_counter() - start
    return ArrangementSpeed(
        _megabytes(counts) / seconds,
        parts * _SENTENCES / seconds,
        peak_megabytes(),
        max(peaks.values(), default=0.0),
    )


def _write_parts(directory: str, parts: int) -> dict[DumpPart, Counts]:
    counts: dict[DumpPart, Counts] = {}
    for number in range(parts):
        part = DumpPart(_LANGUAGE, WorkItem(f"made up {number}", 0, 1), 0.0)
        counts[part] = Counts()
        write_extracted(part.sentences_file(directory), _made_up(number, counts[part]))
    return counts


def _megabytes(counts: Mapping[DumpPart, Counts]) -> float:
    return sum(of_part.kept_bytes for of_part in counts.values()) / _MEGABYTE


def _made_up(seed: int, counts: Counts) -> Iterator[TextSentence]:
    """Sentences of ten words, all of them different."""
    generator = random.Random(seed)
    words = [f"word{number}" for number in range(20_000)]
    for number in range(_SENTENCES):
        text = " ".join(generator.choices(words, k=10))
        counts.counts[KEPT] += 1
        counts.kept_bytes += len(text)
        yield TextSentence(text, _LANGUAGE, f"{_LANGUAGE}wiki:{seed}:{number}")
