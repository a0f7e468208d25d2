"""Speed of reading CoNLL-U into records, and of making batches from records."""

from itertools import islice
from pathlib import Path

from minibert.benchmark.timing import Rate, measure_rates
from minibert.data.input_pipeline import InputPipeline
from minibert.data.records import serialize_sentence
from minibert.data.sentence import Sentence
from minibert.data.treebank_files import find_treebank_files
from minibert.data.treebank_reader import read_sentences

_READING_BYTES = 20 * 2**20


def measure_reading(input_dir: str, rounds: int) -> dict[str, Rate]:
    """Words per second from CoNLL-U to serialized records, on one core.

    Reads about 20 MiB, whole files, beginning with the smallest.
    """
    files: list[tuple[Path, str]] = []
    size = 0
    found = find_treebank_files(input_dir)
    for file in sorted(found, key=lambda file: file.path.stat().st_size):
        files.append((file.path, file.treebank))
        size += file.path.stat().st_size
        if size > _READING_BYTES:
            break

    def read_and_encode() -> int:
        words = 0
        for path, treebank in files:
            for sentence in read_sentences(path, treebank):
                if isinstance(sentence, Sentence):
                    serialize_sentence(sentence)
                    words += len(sentence.words)
        return words

    return measure_rates({"CoNLL-U to records (words)": read_and_encode}, rounds)


def measure_pipeline(
    pipeline: InputPipeline, pad_id: int, *, steps: int, rounds: int
) -> dict[str, Rate]:
    """Wordpieces per second, padding not counted, of batches that nothing consumes."""
    epochs = iter(range(10**9))

    def make_batches() -> int:
        wordpieces = 0
        # Another epoch each time: no part of it is in any cache of the pipeline.
        batches = pipeline.training_batches(next(epochs)).as_numpy_iterator()
        for batch in islice(batches, 10 * steps):
            wordpieces += int((batch["input_ids"] != pad_id).sum())
        return wordpieces

    return measure_rates({"records to batches (wordpieces)": make_batches}, rounds)
