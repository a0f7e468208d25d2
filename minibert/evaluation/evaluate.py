"""Evaluates a trained model on treebanks, or the output of any tool against a gold file."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from minibert import __version__
from minibert.data.conllu_reader import check_tasks
from minibert.data.treebank_files import find_files, untuned_treebanks
from minibert.errors import InputError
from minibert.evaluation.accuracy_report import (
    metrics,
    metrics_table,
    plot_accuracy,
    sentence_counts,
)
from minibert.evaluation.conll18 import score_files
from minibert.evaluation.conll18_tables import f1_table, macro_f1, score_table, scores_json
from minibert.evaluation.evaluate_config import EvaluateConfig
from minibert.evaluation.gold_words import evaluate_gold_words
from minibert.evaluation.metrics_file import METRICS, SENTENCES
from minibert.evaluation.raw_text import evaluate_raw_text
from minibert.files import atomic_directory
from minibert.json_files import write_json
from minibert.models.backends import load_backend
from minibert.models.best_epoch import best_weights
from minibert.models.checkpoint_files import checkpoint_sha256
from minibert.models.trained_model import is_model, load_description
from minibert.options import to_json


def evaluate(config: EvaluateConfig) -> None:
    """Does what the options ask for, prints the figures, and writes them into `output_dir`.

    Writes `metrics.json` and `metrics.txt`, and with gold segmentation `sentences.json`, what was
    right in each sentence, and for each task `TASK.png`.

    Raises:
      InputError: bad input, or an output directory that exists.
    """
    output = (
        nullcontext() if config.output_dir is None else atomic_directory(Path(config.output_dir))
    )
    with output as partial:
        if config.gold is not None and config.system is not None:
            table, content = _score_files(config.gold, config.system)
        else:
            table, content = _evaluate_model(config)
        sentences = content.pop("sentences", None)
        if partial is not None:
            head = {"tool": f"minibert {__version__}", "config": to_json(config)}
            write_json(partial / METRICS, {**head, **content})
            (partial / "metrics.txt").write_text(table + "\n", encoding="utf-8")
            if sentences is not None:
                write_json(partial / SENTENCES, {"treebanks": sentences})
            for task, figures in content.get("tasks", {}).items():
                plot_accuracy(partial / f"{task}.png", task, figures)
    print(table)
    if content.get("skipped_sentences"):
        print(f"{content['skipped_sentences']:,} sentences without words were skipped")
    if config.output_dir is not None:
        more = f", {SENTENCES} and a chart for each task" if "tasks" in content else ""
        print(f"{config.output_dir}: {METRICS}, metrics.txt{more}")


def _score_files(gold: str, system: str) -> tuple[str, dict[str, Any]]:
    scores = score_files(gold, system)
    return score_table(scores), {"scores": scores_json(scores)}


def _evaluate_model(config: EvaluateConfig) -> tuple[str, dict[str, Any]]:
    """The figures of a model, as a table and as JSON."""
    assert config.model is not None
    model, limit = config.model, config.max_sentences_per_treebank
    files = find_files(config.conllu, config.split)
    backend = load_backend(model)
    check_tasks([vocab.task for vocab in backend.label_vocabs], model)
    untuned = [] if config.include_untuned else untuned_treebanks(files)
    if {file.treebank for file in files} <= set(untuned):
        raise InputError(
            f"--conllu={','.join(config.conllu)}: no treebank with a dev file to average over; "
            "give --include_untuned"
        )
    content: dict[str, Any] = {
        "weights_sha256": _weights_sha256(model),
        "untuned_treebanks": untuned,
    }
    if config.udpipe_models is not None:
        scores = evaluate_raw_text(backend, files, config.udpipe_models, limit=limit)
        content["macro_f1"] = macro_f1(scores, untuned)
        content["scores_by_treebank"] = {name: scores_json(s) for name, s in scores.items()}
        return f1_table(scores, untuned), content
    counts, skipped = evaluate_gold_words(backend, _train_words(model), files, limit=limit)
    content["skipped_sentences"] = skipped
    content["tasks"] = metrics(counts, untuned)
    content["sentences"] = sentence_counts(counts)
    return metrics_table(content["tasks"], untuned), content


def _weights_sha256(model: str) -> str | None:
    """What tells one model from another; nothing of an export, whose weights may be int8."""
    return checkpoint_sha256(best_weights(Path(model))) if is_model(model) else None


def _train_words(model: str) -> np.ndarray:
    """The hashes of the words of the training data; none of an export, which has not got them."""
    return load_description(model).train_words if is_model(model) else np.zeros([0], np.int64)
