"""The sentences of the articles of a dump: cleaned, cut, filtered and counted."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minibert.data.text_counts import READ, TOO_SHORT
from minibert.data.text_reader import TextSentence
from minibert.text.characters import seen
from minibert.text.language_scripts import script_fraction
from minibert.text.sentence_splitter import SentenceSplitter
from minibert.text.udpipe import UdpipeSegmenter
from minibert.wikipedia.dump import DAMAGES, Article, read_namespaces, read_pages
from minibert.wikipedia.dump_files import WorkItem
from minibert.wikipedia.prepare_wikipedia_config import UDPIPE, PrepareWikipediaConfig
from minibert.wikipedia.wikitext import WikitextError, clean

_MAX_TITLES = 100
PAGES, ARTICLES, FAILED_PAGES = "pages", "articles", "failed_pages"
TOO_LONG, OTHER_SCRIPT, KEPT = "too_long", "other_script", "kept"


@dataclass
class Counts:
    """What became of the pages and sentences of a part of a dump.

    Attributes:
      counts: by name.
      left_out: title and reason of pages that could not be read or cleaned; the first hundred.
      kept_bytes: of the sentences that are kept, in UTF-8.
    """

    counts: Counter[str] = field(default_factory=Counter)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    kept_bytes: int = 0

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "counts": dict(self.counts),
            "left_out": self.left_out,
            "kept_bytes": self.kept_bytes,
        }

    def leave_out(self, title: str, reason: str) -> None:
        """Notes a page."""
        if len(self.left_out) < _MAX_TITLES:
            self.left_out.append((title, reason))


def read_wikipedia_sentences(
    item: WorkItem,
    language: str,
    config: PrepareWikipediaConfig,
    counts: Counts,
    on_read: Callable[[int], None] = lambda size: None,
) -> Iterator[TextSentence]:
    """Yields the sentences of a part of a dump.

    Args:
      item: the part.
      language: what its wiki is in.
      config: says how to cut and what to drop.
      counts: is added to.
      on_read: as of `read_chunks`.

    Raises:
      InputError: as `read_pages`, or as `UdpipeSegmenter`.
    """
    split = _splitter(language, config)
    namespaces = read_namespaces(item.path)
    for page in read_pages(item, on_read):
        counts.counts[PAGES] += 1
        if not isinstance(page, Article):
            counts.counts[page.reason] += 1
            if page.reason in DAMAGES:
                counts.leave_out(page.title, page.reason)
            continue
        counts.counts[ARTICLES] += 1
        try:
            paragraphs = clean(page.wikitext, namespaces=namespaces, headings=config.headings)
        except WikitextError as error:
            counts.counts[FAILED_PAGES] += 1
            counts.leave_out(page.title, str(error))
            continue
        number = 0
        for paragraph in paragraphs:
            for text in filter(seen, split(paragraph)):
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
    return UdpipeSegmenter(udpipe_model(language, config)).sentences


def udpipe_model(language: str, config: PrepareWikipediaConfig) -> Path:
    """The model of a language."""
    assert config.udpipe_models is not None
    return Path(config.udpipe_models) / f"{language}.udpipe"
