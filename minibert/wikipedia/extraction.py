"""The first stage of preparing Wikipedia: dumps to files of sentences, each part by itself.

Only this stage reads dumps, which is nearly all of the work. A part is done when the file with its
counts is there, so what was done is not done again when a job is started again.
"""

import gzip
import json
from collections.abc import Iterator, Sequence

import apache_beam as beam

from minibert.errors import InputError
from minibert.wikipedia import beam_files
from minibert.wikipedia.article_sentences import Counts, read_wikipedia_sentences
from minibert.wikipedia.dump_parts import DumpPart
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig


class _Extract(beam.DoFn):
    """Writes the sentences and the counts of a part, or the message of an error."""

    def __init__(self, config: PrepareWikipediaConfig, directory: str):
        self._config = config
        self._directory = directory

    def process(self, part: DumpPart) -> None:
        counts = Counts()
        try:
            with (
                beam_files.new_file(part.sentences_file(self._directory)) as local,
                gzip.open(local, "wt", encoding="utf-8", compresslevel=1) as file,
            ):
                for sentence in read_wikipedia_sentences(
                    part.item, part.language, self._config, counts
                ):
                    json.dump([sentence.source_id, sentence.text], file, ensure_ascii=False)
                    file.write("\n")
        except InputError as error:
            # The other parts are good without it, and need not be done again.
            beam_files.write_json_file(part.error_file(self._directory), str(error))
            return
        beam_files.write_json_file(part.counts_file(self._directory), counts.to_json())


def extract(
    pipeline: beam.Pipeline,
    parts: Sequence[DumpPart],
    config: PrepareWikipediaConfig,
    directory: str,
) -> None:
    """Adds the extraction of parts of dumps to a pipeline.

    Args:
      pipeline: the pipeline.
      parts: those that are not done.
      config: the options.
      directory: where the files go.
    """
    _ = (
        pipeline
        | "parts of dumps" >> beam.Create(parts)
        | "to any worker" >> beam.Reshuffle()
        | "sentences" >> beam.ParDo(_Extract(config, directory))
    )


def read_extracted(language: str, path: str) -> Iterator[tuple[str, str, str]]:
    """Yields language, text and `source_id` of the sentences of a file."""
    with beam_files.open_gzip(path) as lines:
        for line in lines:
            source_id, text = json.loads(line)
            yield language, text, source_id
