"""The parts of dumps that workers share."""

import hashlib
import json
import logging
from collections import defaultdict
from dataclasses import dataclass

from minibert.errors import InputError
from minibert.wikipedia import beam_files
from minibert.wikipedia.dump_files import WorkItem, work_items
from minibert.wikipedia.dump_name import check_different_pages, language_of_dump
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig

# Files of a part: its counts, of which there are some when all is done; the message, if it could
# not be read; how many bytes of it are read.
COUNTS, ERROR, PROGRESS = ".json", ".error", ".progress"
# A dump of so many bytes that only one worker can read is worth a word.
_LARGE_BYTES = 2**28


@dataclass(frozen=True)
class DumpPart:
    """A part of a dump, and where what is extracted of it goes.

    Attributes:
      language: of its wiki.
      item: the part.
      modified: when the dump was changed last, in seconds since 1970.
    """

    language: str
    item: WorkItem
    modified: float

    @property
    def name(self) -> str:
        """What its files are called; another one if the dump is changed."""
        item = self.item
        content = [self.language, item.path, item.start, item.end, self.modified]
        digest = hashlib.blake2b(json.dumps(content).encode(), digest_size=8).hexdigest()
        return f"{self.language}-{digest}"

    @property
    def size(self) -> int:
        """Its bytes on disk."""
        return self.item.end - self.item.start

    def sentences_file(self, directory: str) -> str:
        """The file of its sentences."""
        return f"{directory}/{self.name}.sentences"

    def file(self, directory: str, ending: str) -> str:
        """A file of `COUNTS`, `ERROR` or `PROGRESS`."""
        return f"{directory}/{self.name}{ending}"


def dump_parts(config: PrepareWikipediaConfig) -> list[DumpPart]:
    """The parts of all dumps, ordered by language.

    Raises:
      InputError: there is no such dump or none of a language, one cannot be split, or two are of
        the same pages.
    """
    dumps: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for pattern in config.input:
        for path in beam_files.matching("input", pattern):
            language = language_of_dump(path)
            if not config.languages or language in config.languages:
                dumps[language][path] = None
    if missing := [language for language in config.languages if language not in dumps]:
        raise InputError(f"--languages: no dump of {missing[0]!r} in --input")
    parts = []
    for language, paths in sorted(dumps.items()):
        check_different_pages(paths)
        for path in paths:
            items = work_items(path)
            if len(items) == 1 and items[0].end > _LARGE_BYTES:
                logging.warning(
                    "%s: one worker reads it alone; of a multistream dump with its index beside "
                    "it many could",
                    path,
                )
            modified = beam_files.input_file(path).modified
            parts += [DumpPart(language, item, modified) for item in items]
    return parts
