"""The second stage of preparing Wikipedia: sentences of all parts to record files by language.

What a sentence is for follows from its letters and its name alone, so the files are the same
whatever machine does what. Its place in the order says in which shard it is. So copies of a
sentence are in one shard, whose sentences fit into memory; they are found there.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from typing import Any, NamedTuple

import apache_beam as beam

from minibert.data.held_out import is_held_out
from minibert.data.prepared import DEV, TRAIN
from minibert.data.text_reader import TextSentence
from minibert.wikipedia import beam_files
from minibert.wikipedia.arrangement_plan import Cell, Plan
from minibert.wikipedia.extracted_file import read_extracted
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from minibert.wikipedia.text_order import digest, section

# Sentences go through the pipeline in bundles of a key: one by one they would take five times as
# long. So many wait in a worker.
_WAITING_SENTENCES = 2**15


class _Sentence(NamedTuple):
    """A sentence in its order."""

    place: bytes
    text: str
    source_id: str


@dataclass(frozen=True)
class Source:
    """Sentences to arrange: those of some sections in the file of a part.

    Attributes:
      path: the file.
      language: of the sentences.
      first, end: the first section of its order, and the one behind the last.
      sections: how many sections the language has.
    """

    path: str
    language: str
    first: int
    end: int
    sections: int


def arrange(
    pipeline: beam.Pipeline,
    *,
    sources: Sequence[Source],
    config: PrepareWikipediaConfig,
    plan: Plan,
    result: str,
    count_only: bool,
) -> None:
    """Adds the way from sentences to shards to a pipeline.

    Args:
      pipeline: the pipeline.
      sources: all that there is of some groups.
      config: the options.
      plan: says what cells and shards are, and how many sentences of each cell are drawn.
      result: a file, which is written last: a JSON object a line, what `_WriteShard` yields of a
        shard, or `_Count` of a cell.
      count_only: whether the different sentences of each cell are to be counted, and no shard
        written.
    """
    use = _Count(config) if count_only else _WriteShard(config, plan)
    numbers = plan.cells if count_only else plan.shards
    directory, _, name = result.rpartition("/")
    beam_files.make_directory(directory)
    _ = (
        pipeline
        | "files" >> beam.Create(list(sources))
        | "to any worker" >> beam.Reshuffle()
        | "read" >> beam.ParDo(_Read(config, numbers))
        | "together" >> beam.GroupByKey()
        | "use" >> beam.ParDo(use)
        | "as JSON" >> beam.Map(json.dumps)
        | name >> beam.io.WriteToText(result, num_shards=1, shard_name_template="")
    )


class _Read(beam.DoFn):
    """Yields cells or shards, and sentences of each."""

    def __init__(self, config: PrepareWikipediaConfig, numbers: Mapping[tuple[str, str], int]):
        self._config = config
        self._numbers = numbers

    def process(self, source: Source) -> Iterator[tuple[Cell, list[tuple[bytes, str, str]]]]:
        waiting: defaultdict[Cell, dict[Any, tuple[bytes, str, str]]] = defaultdict(dict)
        number = 0
        places = source.first, source.end, source.sections
        for text, source_id in read_extracted(source.path, *places):
            split = DEV if is_held_out(text, self._config.held_out_fraction) else TRAIN
            place = digest(text)
            cell = section(place, self._numbers[source.language, split])
            bundle = waiting[source.language, split, cell]
            # Of a sentence that is there a million times one goes on.
            key = text if self._config.drop_duplicates else (text, source_id)
            sentence = place, text, source_id
            bundle[key] = min(sentence, bundle.get(key, sentence))
            number += 1
            if number == _WAITING_SENTENCES:
                yield from _bundles(waiting)
                waiting.clear()
                number = 0
        yield from _bundles(waiting)


def _bundles(
    waiting: Mapping[Cell, Mapping[Any, tuple[bytes, str, str]]],
) -> Iterator[tuple[Cell, list[tuple[bytes, str, str]]]]:
    for cell, bundle in waiting.items():
        yield cell, list(bundle.values())


def _in_order(
    bundles: Iterable[Iterable[tuple[bytes, str, str]]], config: PrepareWikipediaConfig
) -> Iterator[_Sentence]:
    """Sentences in their order; of copies the first by its name, if no others are wanted."""
    before = None
    for sentence in sorted(chain.from_iterable(bundles)):
        if not config.drop_duplicates or sentence[1] != before:
            yield _Sentence(*sentence)
        before = sentence[1]


class _Count(beam.DoFn):
    """Yields language, split and number of a cell, and how many different sentences it has."""

    def __init__(self, config: PrepareWikipediaConfig):
        self._config = config

    def process(self, element: tuple[Cell, Iterable[Any]]) -> Iterator[dict[str, str | int]]:
        (language, split, cell), bundles = element
        different = sum(1 for _ in _in_order(bundles, self._config))
        yield {"language": language, "split": split, "cell": cell, "different": different}


class _WriteShard(beam.DoFn):
    """Writes a shard, the sentences in their order, which is as good as random.

    Yields language and split; how many different sentences there are, drawn or not; how many
    sentences and characters were written; and, if there are any, the fields of `Shard`.
    """

    def __init__(self, config: PrepareWikipediaConfig, plan: Plan):
        self._config = config
        self._plan = plan

    def process(self, element: tuple[Cell, Iterable[Any]]) -> Iterator[dict[str, str | int]]:
        (language, split, shard), bundles = element
        available = list(_in_order(bundles, self._config))
        sentences = list(self._drawn(available, language, split))
        found: dict[str, str | int] = {
            "language": language,
            "split": split,
            "different": len(available),
            "sentences": len(sentences),
            "characters": sum(len(sentence.text) for sentence in sentences),
        }
        if sentences:
            found |= self._write(sentences, language, split, shard)
        yield found

    def _drawn(
        self, sentences: Iterable[_Sentence], language: str, split: str
    ) -> Iterator[_Sentence]:
        """Those that are drawn: of each cell the first, as many as the plan says."""
        cells = self._plan.cells[language, split]
        for cell, in_cell in groupby(sentences, lambda sentence: section(sentence.place, cells)):
            yield from islice(in_cell, self._plan.limit((language, split, cell)))

    def _write(
        self, sentences: Iterable[_Sentence], language: str, split: str, shard: int
    ) -> dict[str, str | int]:
        import tensorflow as tf

        from minibert.data.records import serialize_text
        from minibert.data.shards import record_options, shard_name

        gzip = self._config.gzip
        name = shard_name(language, shard, self._plan.shards[language, split], gzip=gzip)
        path = beam_files.join(self._config.output_dir, split, name)
        if not beam_files.exists(path):
            with (
                beam_files.new_file(path) as local,
                tf.io.TFRecordWriter(str(local), record_options(gzip=gzip)) as writer,
            ):
                for sentence in sentences:
                    text = TextSentence(sentence.text, language, sentence.source_id)
                    writer.write(serialize_text(text))
        content = beam_files.read_file(path)
        return {
            "path": f"{split}/{name}",
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
