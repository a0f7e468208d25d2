"""The sentences of the articles of a dump: cleaned, cut, filtered and counted."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minibert.data.text_counts import READ, TOO_SHORT
from minibert.data.text_reader import TextSentence
from minibert.text.language_scripts import script_fraction
from minibert.text.sentence_splitter import SentenceSplitter
from minibert.text.udpipe import UdpipeSegmenter
from minibert.wikipedia.dump import Article, read_pages, read_site
from minibert.wikipedia.dump_files import WorkItem
from minibert.wikipedia.prepare_wikipedia_config import UDPIPE, PrepareWikipediaConfig
from minibert.wikipedia.wikitext import WikitextError, clean

_TEXT_COMMENT = "# text = "
_MAX_TITLES = 100
PAGES, ARTICLES, FAILED_PAGES = "pages", "articles", "failed_pages"
TOO_LONG, OTHER_SCRIPT, KEPT = "too_long", "other_script", "kept"


@dataclass
class Counts:
    """What became of the pages and sentences of a part of a dump.

    Attributes:
      counts: by name.
      failed: titles of pages that could not be cleaned, and why; the first hundred.
      kept_bytes: of the sentences that are kept, in UTF-8.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    kept_bytes: int = 0

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "counts": dict(self.counts),
            "failed": self.failed,
            "kept_bytes": self.kept_bytes,
        }


def read_wikipedia_sentences(
    item: WorkItem, language: str, config: PrepareWikipediaConfig, counts: Counts
) -> Iterator[TextSentence]:
    """Yields the sentences of a part of a dump.

    Args:
      item: the part.
      language: what its wiki is in.
      config: says how to cut and what to drop.
      counts: is added to.

    Raises:
      InputError: as `read_pages`.
    """
    split = _splitter(language, config)
    namespaces = read_site(item.path).namespaces
    for page in read_pages(item):
        counts.counts[PAGES] += 1
        if not isinstance(page, Article):
            counts.counts[page.reason] += 1
            continue
        counts.counts[ARTICLES] += 1
        try:
            paragraphs = clean(page.wikitext, namespaces=namespaces, headings=config.headings)
        except WikitextError as error:
            counts.counts[FAILED_PAGES] += 1
            if len(counts.failed) < _MAX_TITLES:
                counts.failed[page.title] = str(error)
            continue
        number = 0
        for paragraph in paragraphs:
            for text in split(paragraph):
                number += 1
                counts.counts[READ] += 1
                if dropped := why_dropped(text, language, config):
                    counts.counts[dropped] += 1
                    continue
                counts.counts[KEPT] += 1
                counts.kept_bytes += len(text.encode())
                yield TextSentence(text, language, f"{language}wiki:{page.page_id}:{number}")


def why_dropped(text: str, language: str, config: PrepareWikipediaConfig) -> str:
    """The counter of sentences like this, or `""` if it is kept."""
    if len(text) < config.min_characters:
        return TOO_SHORT
    if len(text) > config.max_characters:
        return TOO_LONG
    if script_fraction(text, language) < config.min_script_fraction:
        return OTHER_SCRIPT
    return ""


def _splitter(language: str, config: PrepareWikipediaConfig) -> Callable[[str], list[str]]:
    if config.splitter != UDPIPE:
        return SentenceSplitter(language).split
    assert config.udpipe_models is not None
    segment = UdpipeSegmenter(str(Path(config.udpipe_models) / f"{language}.udpipe"))

    def split(paragraph: str) -> list[str]:
        return [
            line.removeprefix(_TEXT_COMMENT)
            for lines in segment(paragraph)
            for line in lines
            if line.startswith(_TEXT_COMMENT)
        ]

    return split
