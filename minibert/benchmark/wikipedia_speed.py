"""How fast dumps of Wikipedia become sentences, and what of it takes how long."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from statistics import median
from typing import Any

from minibert.benchmark.peak_memory import peak_megabytes
from minibert.data.text_counts import READ
from minibert.progress import progress
from minibert.tables import format_table
from minibert.text.sentence_splitter import SentenceSplitter
from minibert.wikipedia.article_sentences import (
    ARTICLES,
    Counts,
    read_wikipedia_sentences,
    why_dropped,
)
from minibert.wikipedia.dump import Article, read_namespaces, read_pages
from minibert.wikipedia.dump_files import read_chunks
from minibert.wikipedia.dump_parts import DumpPart, dump_parts
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from minibert.wikipedia.wikitext import clean
from minibert.wikipedia.wikitext_blocks import Namespaces

_MEGABYTE = 1e6
# The text of all Wikipedias that multilingual BERT has.
_LARGE_MEGABYTES = 100_000


@dataclass(frozen=True)
class WikipediaSpeed:
    """Of so many processes, each second, the median of the rounds.

    Attributes:
      xml_megabytes: of dumps, decompressed.
      articles, sentences: what is in them.
      text_megabytes: of the sentences that are kept.
      peak_megabytes: of memory of a process.
    """

    xml_megabytes: float
    articles: float
    sentences: float
    text_megabytes: float
    peak_megabytes: float


def measure_wikipedia(dumps: Sequence[str], rounds: int) -> dict[str, Any]:
    """Measures on one process and on as many as there are cores, and prints.

    Args:
      dumps: as `--input` of `prepare_wikipedia.py`.
      rounds: of which the median is taken; all parts are read once in each.

    Returns:
      Number of processes to `WikipediaSpeed`, and step to its share of the time of one.
    """
    config = PrepareWikipediaConfig(input=tuple(dumps), output_dir="not written")
    parts = sorted(dump_parts(config), key=lambda part: -part.size)
    megabytes = sum(len(chunk) for p in parts for chunk in read_chunks(p.item)) / _MEGABYTE
    speeds: dict[int, WikipediaSpeed] = {}
    cores = len(os.sched_getaffinity(0))
    with progress(total=rounds * (cores > 1) + rounds, desc="wikipedia") as bar:
        for processes in sorted({1, cores}):
            # Of processes that start anew; a fork would have the memory of this one.
            with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
                list(pool.map(_extract, parts))
                seconds = []
                for _ in range(rounds):
                    start = time.perf_counter()
                    results = list(pool.map(_extract, parts))
                    seconds.append(time.perf_counter() - start)
                    bar.update()
            taken = median(seconds)
            speeds[processes] = WikipediaSpeed(
                megabytes / taken,
                sum(articles for articles, _, _, _ in results) / taken,
                sum(sentences for _, sentences, _, _ in results) / taken,
                sum(text for _, _, text, _ in results) / taken,
                max(peak for _, _, _, peak in results),
            )
    shares = _shares(parts, config)
    print(_table(speeds, shares, megabytes))
    return {
        "processes": {str(number): asdict(speed) for number, speed in speeds.items()},
        "shares": shares,
    }


def _extract(part: DumpPart) -> tuple[int, int, float, float]:
    """Articles, sentences and MB of text of a part, and the peak of memory of this process."""
    counts = Counts()
    config = PrepareWikipediaConfig(input=(part.item.path,), output_dir="not written")
    for _ in read_wikipedia_sentences(part.item, part.language, config, counts):
        pass
    megabytes = counts.kept_bytes / _MEGABYTE
    return counts.counts[ARTICLES], counts.counts[READ], megabytes, peak_megabytes()


def _shares(parts: Sequence[DumpPart], config: PrepareWikipediaConfig) -> dict[str, float]:
    """Step to the share of the processor's time that it takes."""
    seconds: dict[str, float] = {}
    namespaces: dict[DumpPart, Namespaces] = {}
    articles: list[tuple[DumpPart, Article]] = []
    paragraphs: list[tuple[DumpPart, str]] = []
    sentences: list[tuple[DumpPart, str]] = []

    def read() -> None:
        for part in parts:
            namespaces[part] = read_namespaces(part.item.path)
            pages = read_pages(part.item)
            articles.extend((part, page) for page in pages if isinstance(page, Article))

    def clean_all() -> None:
        for part, article in articles:
            texts = clean(article.wikitext, namespaces=namespaces[part])
            paragraphs.extend((part, text) for text in texts)

    def split() -> None:
        splitters = {part.language: SentenceSplitter(part.language) for part in parts}
        for part, text in paragraphs:
            sentences.extend((part, s) for s in splitters[part.language].split(text))

    def drop() -> None:
        for part, sentence in sentences:
            why_dropped(sentence, part.language, config)

    for name, step in (("read", read), ("clean", clean_all), ("split", split), ("filter", drop)):
        start = time.process_time()
        step()
        seconds[name] = time.process_time() - start
    total = sum(seconds.values())
    return {name: value / total for name, value in seconds.items()}


def _table(speeds: dict[int, WikipediaSpeed], shares: dict[str, float], megabytes: float) -> str:
    rows = [
        [
            str(processes),
            f"{speed.xml_megabytes:.2f}",
            f"{speed.articles:,.0f}",
            f"{speed.sentences:,.0f}",
            f"{speed.text_megabytes:.2f}",
            f"{speed.peak_megabytes:,.0f}",
            f"{_LARGE_MEGABYTES / speed.xml_megabytes / 3600:.1f}",
        ]
        for processes, speed in speeds.items()
    ]
    header = ["processes", "MB of XML/s", "articles/s", "sentences/s"]
    header += ["MB of text/s", "peak MB", "hours of 100 GB"]
    parts = ", ".join(f"{step} {100 * share:.0f} %" for step, share in shares.items())
    return f"{format_table(header, rows, left=0)}\nof {megabytes:.1f} MB; time of one: {parts}"
