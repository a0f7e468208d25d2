"""Tags a file of any size: CoNLL-U, lines of words or raw text in, CoNLL-U or columns out."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

from minibert.chunks import chunks
from minibert.data.conllu_reader import MISC, ConlluSentence
from minibert.data.label_vocab import LabelVocab, check_top_k
from minibert.data.line_reader import STDIN
from minibert.data.misc import with_entries
from minibert.data.tasks import TASKS, check_tasks
from minibert.errors import InputError
from minibert.files import atomic_file
from minibert.inference.backends import load_backend
from minibert.inference.exported_model import BOX
from minibert.inference.predictor import Predictions, Predictor
from minibert.interrupts import deferred_interrupt
from minibert.progress import progress
from minibert.serving.tag_config import COLUMNS, TagConfig
from minibert.serving.tag_input import input_sentences

# What is read before it is tagged and written.
_CHUNK_SENTENCES = 1024
_CHUNK_CHARACTERS = 2**20


def tag_file(config: TagConfig) -> None:
    """Tags the sentences of a file, in order, a bounded number of them in memory at a time.

    Of CoNLL-U input every line, comment, range, empty node and column stays as it is, but for the
    columns of the model's tasks (and MISC, if scores are asked for) of words. A byte order mark is
    left out.

    Raises:
      InputError: bad input; an output file is then not written.
    """
    sentences_of_input = input_sentences(config)
    backend = load_backend(config.model, num_threads=config.num_threads)
    label_vocabs = backend.label_vocabs
    check_tasks([vocab.task for vocab in label_vocabs], str(config.model or BOX))
    check_top_k(label_vocabs, config.top_k)
    predictor = Predictor(backend, top_k=config.top_k)
    sentences = empty = 0
    with (
        _open_output(config.output) as output,
        progress(unit=" words", unit_scale=True, desc="tag") as bar,
    ):
        for chunk in chunks(
            sentences_of_input, max_items=_CHUNK_SENTENCES, size=_size, max_size=_CHUNK_CHARACTERS
        ):
            predictions = predictor.predict(sentence.words for sentence in chunk)
            tagged = [
                _columns(sentence, predicted, label_vocabs)
                if config.output_format == COLUMNS
                else _format(sentence, _annotated(sentence, predicted, label_vocabs, config))
                for sentence, predicted in zip(chunk, predictions, strict=True)
            ]
            # Whoever interrupts the job is left with whole sentences.
            with deferred_interrupt():
                output.write("".join(tagged))
                output.flush()
            bar.update(sum(len(sentence.columns) for sentence in chunk))
            empty += sum(not sentence.columns for sentence in chunk)
            sentences += len(chunk)
        if not sentences:
            raise InputError(f"{config.input}: no sentence in the input")
    note = f", {empty:,} without words left as they are" if empty else ""
    print(f"{sentences:,} sentence{'s' * (sentences != 1)}{note}", file=sys.stderr)


def _size(sentence: ConlluSentence) -> int:
    return sum(map(len, sentence.block.lines))


def _annotated(
    sentence: ConlluSentence,
    predictions: Mapping[str, Predictions],
    label_vocabs: Sequence[LabelVocab],
    config: TagConfig,
) -> list[list[str]]:
    """The columns of each word, with what was predicted."""
    rows = [list(columns) for columns in sentence.columns]
    for vocab in label_vocabs:
        ids = predictions[vocab.task].ids.tolist()
        probabilities = predictions[vocab.task].probabilities.tolist()
        for row, word_ids, word_probabilities in zip(rows, ids, probabilities, strict=True):
            TASKS[vocab.task].source.write(row, vocab.labels[word_ids[0]])
            entries = list(_misc(vocab, word_ids, word_probabilities, config))
            # Those of an earlier model go.
            own = [f"{vocab.task.capitalize()}{key}" for key in ("Score", "Top")]
            row[MISC] = with_entries(row[MISC], entries, own)
    return rows


def _misc(
    vocab: LabelVocab, ids: list[int], probabilities: list[float], config: TagConfig
) -> Iterator[str]:
    name = vocab.task.capitalize()
    if config.scores:
        yield f"{name}Score={probabilities[0]:.4f}"
    if config.top_k > 1:
        alternatives = ";".join(
            f"{vocab.labels[index].replace('|', '&')}:{probability:.4f}"
            for index, probability in zip(ids, probabilities, strict=True)
        )
        yield f"{name}Top={alternatives}"


def _columns(
    sentence: ConlluSentence,
    predictions: Mapping[str, Predictions],
    label_vocabs: Sequence[LabelVocab],
) -> str:
    labels = [
        [vocab.labels[index] for index in predictions[vocab.task].ids[:, 0].tolist()]
        for vocab in label_vocabs
    ]
    rows = zip(sentence.words, *labels, strict=True)
    return "".join("\t".join(row) + "\n" for row in rows) + "\n"


def _format(sentence: ConlluSentence, rows: list[list[str]]) -> str:
    lines = list(sentence.block.lines)
    for index, row in zip(sentence.word_lines, rows, strict=True):
        lines[index] = "\t".join(row)
    ended = (line + end for line, end in zip(lines, sentence.block.line_ends, strict=True))
    return "".join([sentence.block.before, *ended, sentence.block.after])


@contextmanager
def _open_output(path: str) -> Iterator[IO[str]]:
    """Standard output, or a file that appears when it is whole."""
    if path == STDIN:
        if sys.stdout is None:
            raise InputError("standard output is closed; open it or give --output")
        with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="") as file:
            yield file
    else:
        with atomic_file(path, "w", encoding="utf-8", newline="") as file:
            yield file
