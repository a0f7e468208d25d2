"""Evaluates a trained model on treebanks with gold segmentation."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from minibert import __version__
from minibert.chunks import chunks, text_size
from minibert.data import conllu_reader
from minibert.data.corpus import hash_words
from minibert.data.label_vocab import LabelVocab
from minibert.data.sentence import Sentence
from minibert.data.treebank_files import TreebankFile, find_files
from minibert.errors import InputError
from minibert.evaluation.evaluate_config import EvaluateConfig
from minibert.evaluation.metrics_file import METRICS
from minibert.evaluation.report import metrics, metrics_table, plot_accuracy
from minibert.evaluation.task_counts import TaskCounts
from minibert.files import atomic_directory
from minibert.json_files import write_json
from minibert.models.backends import load_backend
from minibert.models.best_epoch import best_weights
from minibert.models.checkpoint_files import checkpoint_sha256
from minibert.models.predictor import Backend, Predictor
from minibert.models.trained_model import is_model, load_description
from minibert.options import to_json
from minibert.progress import progress

_CHUNK_SENTENCES = 1024
_CHUNK_CHARACTERS = 2**20


def evaluate(config: EvaluateConfig) -> None:
    """Tags treebanks, and writes and prints how well.

    Writes `metrics.json`, `metrics.txt` and for each task `TASK.png` into `output_dir`.

    Raises:
      InputError: bad input, or an output directory that exists.
    """
    output_dir = Path(config.output_dir)
    with atomic_directory(output_dir) as partial:
        files = find_files(config.conllu, config.split)
        backend = load_backend(config.model)
        tasks = [vocab.task for vocab in backend.label_vocabs]
        conllu_reader.check_tasks(tasks, config.model)
        results, skipped = _evaluate_files(
            backend, _train_words(config.model), files, config.max_sentences_per_treebank
        )
        figures = metrics(results)
        table = metrics_table(figures)
        content = {
            "tool": f"minibert {__version__}",
            "config": to_json(config),
            "weights_sha256": _weights_sha256(config.model),
            "skipped_sentences": skipped,
            "tasks": figures,
        }
        write_json(partial / METRICS, content)
        (partial / "metrics.txt").write_text(table + "\n", encoding="utf-8")
        for task in figures:
            plot_accuracy(partial / f"{task}.png", task, figures[task])
    print(table)
    if skipped:
        print(f"{skipped:,} sentences without words were skipped")
    print(f"{output_dir}: metrics.json, metrics.txt and a chart for each task")


def _weights_sha256(model: str) -> str | None:
    """What tells one model from another; nothing of an export, whose weights may be int8."""
    return checkpoint_sha256(best_weights(Path(model))) if is_model(model) else None


def _train_words(model: str) -> np.ndarray:
    """The hashes of the words of the training data; none of an export, which has not got them."""
    return load_description(model).train_words if is_model(model) else np.zeros([0], np.int64)


def _evaluate_files(
    backend: Backend, known: np.ndarray, files: list[TreebankFile], limit: int
) -> tuple[dict[str, dict[str, TaskCounts]], int]:
    """Counts right and wrong labels: treebank to task to counts; and the sentences skipped."""
    predictor = Predictor(backend)
    results: dict[str, dict[str, TaskCounts]] = {}
    skipped = 0
    total = sum(file.path.stat().st_size for file in files)
    with progress(total=total, unit="B", unit_scale=True, desc="evaluate") as bar:
        for file in files:
            bar.set_postfix_str(file.treebank, refresh=False)
            counts = results.setdefault(
                file.treebank,
                {vocab.task: TaskCounts() for vocab in backend.label_vocabs},
            )
            sentences = conllu_reader.read_sentences(file.path, file.treebank)
            for chunk in chunks(
                _first(sentences, limit),
                max_items=_CHUNK_SENTENCES,
                size=lambda sentence: text_size(sentence.words) if sentence else 0,
                max_size=_CHUNK_CHARACTERS,
            ):
                labeled = [sentence for sentence in chunk if sentence is not None]
                skipped += len(chunk) - len(labeled)
                _count(backend.label_vocabs, known, predictor, labeled, counts)
            bar.update(file.path.stat().st_size)
            if not all(c.words for c in counts.values()):
                raise InputError(f"{file.path}: no sentence with words in the file")
    return results, skipped


def _first(sentences: Iterator[Sentence | None], limit: int) -> Iterator[Sentence | None]:
    """The first `limit` sentences with words, and those without between them; 0 for all."""
    taken = 0
    for sentence in sentences:
        yield sentence
        taken += sentence is not None
        if limit and taken == limit:
            return


def _count(
    label_vocabs: Sequence[LabelVocab],
    known: np.ndarray,
    predictor: Predictor,
    sentences: list[Sentence],
    counts: dict[str, TaskCounts],
) -> None:
    """Tags some sentences and adds to the counts of their treebank."""
    words = [word for sentence in sentences for word in sentence.words]
    # A student that was distilled has seen no labeled words; nothing is said of them then.
    unseen = np.zeros(len(words), bool)
    if known.size:
        unseen = ~np.isin(hash_words(tf.constant(words, tf.string)).numpy(), known)
    start = 0
    predictions = predictor.predict(sentence.words for sentence in sentences)
    for sentence, by_task in zip(sentences, predictions, strict=True):
        end = start + len(sentence.words)
        for vocab in label_vocabs:
            counts[vocab.task].add(
                sentence.labels[vocab.task],
                [vocab.labels[index] for index in by_task[vocab.task].ids[:, 0]],
                unseen[start:end],
                vocab,
            )
        start = end
