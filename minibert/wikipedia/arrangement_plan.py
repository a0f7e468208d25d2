"""What is arranged together, how much of it is taken, and into how many shards it goes.

All of it follows from what was extracted and from the options, so it is the same on every runner.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise

from minibert.data.prepared import DEV, TRAIN
from minibert.wikipedia.article_sentences import KEPT, Counts
from minibert.wikipedia.dump_parts import DumpPart
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from minibert.wikipedia.sampling import sentence_limits

# What a run here arranges at a time; it takes some times as much memory. A language that has more
# is divided, and each section goes into shards of its own.
_BATCH_BYTES = _SECTION_BYTES = 3 * 2**27
# Of a sentence beside its text, in memory and in a record.
_SENTENCE_BYTES, _RECORD_BYTES = 200, 100

# A language, and a section of the order of its sentences.
Group = tuple[str, int]
# A language, a split, and a section of the order of its sentences: a shard, or what would be one if
# all sentences were taken.
Cell = tuple[str, str, int]


@dataclass(frozen=True)
class Extracted:
    """How much was extracted of a language.

    Attributes:
      sentences: of all its parts, with those that are there more than once.
      size: the bytes of their text.
    """

    sentences: int
    size: int

    @property
    def in_memory(self) -> int:
        """The bytes that they take with what is around them."""
        return self.size + _SENTENCE_BYTES * self.sentences

    @property
    def sections(self) -> int:
        """Into how many sections of their order the sentences are divided."""
        return 1 + self.in_memory // _SECTION_BYTES


@dataclass(frozen=True)
class Plan:
    """Where sentences go, and how many.

    Attributes:
      cells, shards: how many of each language and split. Shards are no fewer than the sections
        of the language, and consist of whole cells.
      limits: the most sentences of each cell; None for all.
    """

    cells: Mapping[tuple[str, str], int]
    shards: Mapping[tuple[str, str], int]
    limits: Mapping[Cell, int] | None = None

    def limit(self, cell: Cell) -> int | None:
        """The most sentences of a cell; None for all."""
        return None if self.limits is None else self.limits.get(cell, 0)


def by_language(counts: Mapping[DumpPart, Counts]) -> dict[str, Extracted]:
    """How much was extracted of each language."""
    sizes: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for part, of_part in counts.items():
        sizes[part.language] += of_part.kept_bytes
        kept[part.language] += of_part.counts[KEPT]
    return {language: Extracted(kept[language], size) for language, size in sizes.items()}


def batches(extracted: Mapping[str, Extracted]) -> list[dict[Group, int]]:
    """The groups that a run here arranges together, with their bytes, in order."""
    found: list[dict[Group, int]] = [{}]
    for language, of_language in extracted.items():
        for index in range(of_language.sections):
            size = of_language.in_memory // of_language.sections
            if found[-1] and sum(found[-1].values()) + size > _BATCH_BYTES:
                found.append({})
            found[-1][language, index] = size
    return found


def plan_of_all(extracted: Mapping[str, Extracted], config: PrepareWikipediaConfig) -> Plan:
    """The plan of taking all sentences."""
    taken = dict.fromkeys(extracted, 1.0)
    numbers = _num_shards(extracted, taken, config)
    return Plan(numbers, numbers)


def plan_of_some(
    all_of_them: Plan,
    different: Mapping[Cell, int],
    extracted: Mapping[str, Extracted],
    config: PrepareWikipediaConfig,
) -> Plan:
    """The plan of taking as many as are wanted.

    Args:
      all_of_them: of `plan_of_all`.
      different: the different sentences that there are in each cell.
      extracted: how much there is, with copies.
      config: says how many are wanted.

    Returns:
      A plan with limits, with which a language has its share of `sentence_limits` to the last
      sentence.
    """
    cells: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in sorted(different):
        cells[cell[0]].append(cell)
    totals = {language: sum(different[cell] for cell in found) for language, found in cells.items()}
    of_languages = sentence_limits(
        totals,
        per_language=config.max_sentences_per_language,
        total=config.max_sentences,
        exponent=config.sampling_exponent,
    )
    limits: dict[Cell, int] = {}
    for language, found in cells.items():
        numbers = [different[cell] for cell in found]
        limits |= zip(found, _shared(of_languages[language], numbers), strict=True)
    taken = {
        language: of_languages.get(language, 0) / max(1, of_language.sentences)
        for language, of_language in extracted.items()
    }
    return Plan(all_of_them.cells, _num_shards(extracted, taken, config), limits)


def _num_shards(
    extracted: Mapping[str, Extracted],
    taken: Mapping[str, float],
    config: PrepareWikipediaConfig,
) -> dict[tuple[str, str], int]:
    """The shards of each language and split.

    They are of the size that is wanted or down to half of it; smaller where there are copies of
    sentences, or where a language that is divided has little for a split.

    Args:
      extracted: how much there is.
      taken: of each language the part that is taken.
      config: says of which size shards are, and which part is held out.
    """
    found = {}
    for language, of_language in extracted.items():
        size = of_language.size + _RECORD_BYTES * of_language.sentences
        for split, part in ((TRAIN, 1 - config.held_out_fraction), (DEV, config.held_out_fraction)):
            of_section = size * taken[language] * part / of_language.sections
            # A power of two, which is a divisor of that for more sentences.
            power = int(of_section / (config.shard_megabytes << 20)).bit_length()
            found[language, split] = of_language.sections << power
    return found


def _shared(limit: int, numbers: Iterable[int]) -> list[int]:
    """A limit that is shared by what has so many each, in proportion."""
    ends = list(accumulate(numbers, initial=0))
    return [
        limit * end // max(1, ends[-1]) - limit * start // max(1, ends[-1])
        for start, end in pairwise(ends)
    ]
