"""Evaluates a trained model on treebanks with gold segmentation."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from minibert import __version__
from minibert.chunks import chunks, text_size
from minibert.data import conllu_reader
from minibert.data.corpus import hash_words
from minibert.data.sentence import Sentence
from minibert.data.treebank_files import TreebankFile, find_treebank_files, treebank_of
from minibert.errors import InputError
from minibert.evaluation.evaluate_config import EvaluateConfig
from minibert.evaluation.report import metrics, metrics_table, plot_accuracy
from minibert.evaluation.task_counts import TaskCounts
from minibert.files import atomic_directory, matching_paths
from minibert.json_files import write_json
from minibert.models.predictor import Predictor
from minibert.models.trained_model import ModelDescription, TrainedModel, load_trained_model
from minibert.options import to_json
from minibert.progress import progress

METRICS = "metrics.json"
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
        model = load_trained_model(config.model_dir)
        tasks = [vocab.task for vocab in model.description.label_vocabs]
        conllu_reader.check_tasks(tasks, config.model_dir)
        results, skipped = _evaluate_files(model, files, config.max_sentences_per_treebank)
        figures = metrics(results)
        table = metrics_table(figures)
        content = {
            "tool": f"minibert {__version__}",
            "config": to_json(config),
            "epoch": model.epoch,
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


def find_files(patterns: Iterable[str], split: str) -> list[TreebankFile]:
    """The files that paths, glob patterns and directories of treebanks mean, each once.

    Raises:
      InputError: a pattern that matches nothing, or a directory without the split.
    """
    found: dict[Path, TreebankFile] = {}
    for pattern in patterns:
        for path in matching_paths("conllu", pattern):
            if path.is_dir():
                files = [file for file in find_treebank_files(path) if file.split == split]
                if not files:
                    raise InputError(f"{path}: no {split} file in it; choose with --split")
            else:
                files = [TreebankFile(treebank_of(path), split, "", path)]
            found.update((file.path.resolve(), file) for file in files)
    return sorted(found.values())


def _evaluate_files(
    model: TrainedModel, files: list[TreebankFile], limit: int
) -> tuple[dict[str, dict[str, TaskCounts]], int]:
    """Counts right and wrong labels: treebank to task to counts; and the sentences skipped."""
    predictor = Predictor(model)
    results: dict[str, dict[str, TaskCounts]] = {}
    skipped = 0
    total = sum(file.path.stat().st_size for file in files)
    with progress(total=total, unit="B", unit_scale=True, desc="evaluate") as bar:
        for file in files:
            bar.set_postfix_str(file.treebank, refresh=False)
            counts = results.setdefault(
                file.treebank,
                {vocab.task: TaskCounts() for vocab in model.description.label_vocabs},
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
                _count(model.description, predictor, labeled, counts)
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
    description: ModelDescription,
    predictor: Predictor,
    sentences: list[Sentence],
    counts: dict[str, TaskCounts],
) -> None:
    """Tags some sentences and adds to the counts of their treebank."""
    words = [word for sentence in sentences for word in sentence.words]
    known = description.train_words
    # A student that was distilled has seen no labeled words; nothing is said of them then.
    unseen = np.zeros(len(words), bool)
    if known.size:
        unseen = ~np.isin(hash_words(tf.constant(words, tf.string)).numpy(), known)
    start = 0
    predictions = predictor.predict(sentence.words for sentence in sentences)
    for sentence, by_task in zip(sentences, predictions, strict=True):
        end = start + len(sentence.words)
        for vocab in description.label_vocabs:
            counts[vocab.task].add(
                sentence.labels[vocab.task],
                [vocab.labels[index] for index in by_task[vocab.task].ids[:, 0]],
                unseen[start:end],
                vocab,
            )
        start = end
