"""The first stage of preparing Wikipedia: dumps to files of sentences, each part by itself.

Only this stage reads dumps, which is nearly all of the work. A part is done when the file with its
counts is there, so what was done is not done again when a job is started again.
"""

import json
import time
from collections.abc import Sequence

import apache_beam as beam

from minibert.errors import InputError
from minibert.wikipedia import beam_files
from minibert.wikipedia.article_sentences import Counts, read_wikipedia_sentences
from minibert.wikipedia.dump_parts import COUNTS, ERROR, PROGRESS, DumpPart
from minibert.wikipedia.extracted_file import write_extracted
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from minibert.wikipedia.running import pipelines

_SECONDS_BETWEEN_PROGRESS = 5.0


def extract(
    parts: Sequence[DumpPart],
    config: PrepareWikipediaConfig,
    beam_options: Sequence[str],
    directory: str,
) -> None:
    """Extracts the sentences of the parts that are not done.

    Args:
      parts: of the dumps.
      config: the options.
      beam_options: flags of Apache Beam.
      directory: where the files go.

    Raises:
      InputError: parts cannot be read, which is said when the others are done; or as `pipelines`.
    """
    todo = _not_done(parts, directory)
    if not todo:
        return
    # Of a job before this one.
    for ending in (ERROR, PROGRESS, beam_files.PARTIAL):
        beam_files.remove_files(beam_files.files_in(directory, ending))
    with pipelines(
        beam_options,
        config.num_workers,
        total=sum(part.size for part in parts),
        done=lambda: bytes_done(parts, directory),
        directory=directory,
        desc="extract",
    ) as run:
        run(lambda pipeline: _add_extraction(pipeline, todo, config, directory))
    found = set(beam_files.files_in(directory, ERROR))
    errors = [
        json.loads(beam_files.read_file(path))
        for part in _not_done(parts, directory)
        if (path := part.file(directory, ERROR)) in found
    ]
    if errors:
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        raise InputError(f"{errors[0]}{more}; the same command goes on, with what is done kept")


def _not_done(parts: Sequence[DumpPart], directory: str) -> list[DumpPart]:
    done = set(beam_files.files_in(directory, COUNTS))
    return [part for part in parts if part.file(directory, COUNTS) not in done]


def _add_extraction(
    pipeline: beam.Pipeline,
    parts: Sequence[DumpPart],
    config: PrepareWikipediaConfig,
    directory: str,
) -> None:
    _ = (
        pipeline
        | "parts of dumps" >> beam.Create(parts)
        | "to any worker" >> beam.Reshuffle()
        | "sentences" >> beam.ParDo(_Extract(config, directory))
    )


class _Extract(beam.DoFn):
    """Writes the sentences and the counts of a part, or the message of an error."""

    def __init__(self, config: PrepareWikipediaConfig, directory: str):
        self._config = config
        self._directory = directory

    def process(self, part: DumpPart) -> None:
        counts = Counts()
        progress = _Progress(part.file(self._directory, PROGRESS))
        try:
            sentences = read_wikipedia_sentences(
                part.item, part.language, self._config, counts, progress.set
            )
            write_extracted(part.sentences_file(self._directory), sentences)
        except InputError as error:
            # The other parts are good without it, and need not be done again.
            beam_files.write_json_file(part.file(self._directory, ERROR), str(error))
            return
        beam_files.write_json_file(part.file(self._directory, COUNTS), counts.to_json())


class _Progress:
    """Writes how much of a part is read to a file, now and then."""

    def __init__(self, path: str):
        self._path = path
        self._written = time.monotonic()

    def set(self, size: int) -> None:
        """Says how many bytes are read."""
        if time.monotonic() - self._written > _SECONDS_BETWEEN_PROGRESS:
            beam_files.write_json_file(self._path, size)
            self._written = time.monotonic()


def bytes_done(parts: Sequence[DumpPart], directory: str) -> int:
    """The bytes of the parts that are done, and those that are read of others."""
    done = set(beam_files.files_in(directory, COUNTS))
    begun = set(beam_files.files_in(directory, PROGRESS))
    size = 0
    for part in parts:
        if part.file(directory, COUNTS) in done:
            size += part.size
        elif (path := part.file(directory, PROGRESS)) in begun:
            size += int(json.loads(beam_files.read_file(path)))
    return size
