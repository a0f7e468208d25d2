"""Evaluates a trained model on treebanks, or the output of any tool against a gold file."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minibert import __version__
from minibert.data.conllu_reader import check_tasks
from minibert.data.treebank_files import find_files, untuned_treebanks
from minibert.evaluation.accuracy_report import metrics, metrics_table, plot_accuracy
from minibert.evaluation.conll18 import score_files
from minibert.evaluation.conll18_tables import f1_table, macro_f1, score_table, scores_json
from minibert.evaluation.details_file import (
    DETAILS_FILE,
    Details,
    treebank_details,
    write_details,
)
from minibert.evaluation.evaluate_config import EvaluateConfig
from minibert.evaluation.gold_words import evaluate_gold_words
from minibert.evaluation.metrics_file import METRICS_FILE
from minibert.evaluation.protocol import treebanks_left_out
from minibert.evaluation.raw_text import evaluate_raw_text
from minibert.files import atomic_directory
from minibert.json_files import write_json
from minibert.models.backends import load_backend
from minibert.models.best_epoch import best_weights
from minibert.models.checkpoint_files import checkpoint_sha256
from minibert.models.history import read_history
from minibert.models.trained_model import is_model, load_description
from minibert.options import to_json


@dataclass(frozen=True)
class _Result:
    """What is printed and written.

    Attributes:
      table: for people.
      figures: as JSON.
      details: with gold segmentation.
    """

    table: str
    figures: dict[str, Any]
    details: Details | None = None


def evaluate(config: EvaluateConfig) -> None:
    """Does what the options ask for, prints the figures, and writes them into `output_dir`.

    Writes `metrics.json` and `metrics.txt`, and with gold segmentation `details.json`, all that was
    counted, and for each task `TASK.png`.

    Raises:
      InputError: bad input, or an output directory that exists.
    """
    output = (
        nullcontext() if config.output_dir is None else atomic_directory(Path(config.output_dir))
    )
    with output as partial:
        if config.gold is not None and config.system is not None:
            result = _score_files(config.gold, config.system)
        else:
            result = _evaluate_model(config)
        if partial is not None:
            head = {"tool": f"minibert {__version__}", "config": to_json(config)}
            write_json(partial / METRICS_FILE, {**head, **result.figures})
            (partial / "metrics.txt").write_text(result.table + "\n", encoding="utf-8")
            if result.details is not None:
                write_details(partial, result.details)
                for task, figures in result.figures["tasks"].items():
                    plot_accuracy(partial / f"{task}.png", task, figures)
    print(result.table)
    if result.figures.get("skipped_sentences"):
        print(f"{result.figures['skipped_sentences']:,} sentences without words were skipped")
    if config.output_dir is not None:
        more = f", {DETAILS_FILE} and a chart for each task" if result.details is not None else ""
        print(f"{config.output_dir}: {METRICS_FILE}, metrics.txt{more}")


def _score_files(gold: str, system: str) -> _Result:
    scores = score_files(gold, system)
    return _Result(score_table(scores), {"scores": scores_json(scores)})


def _evaluate_model(config: EvaluateConfig) -> _Result:
    assert config.model is not None
    model, limit = config.model, config.max_sentences_per_treebank
    files = find_files(config.conllu, config.split)
    backend = load_backend(model)
    tasks = [vocab.task for vocab in backend.label_vocabs]
    check_tasks(tasks, model)
    untuned = untuned_treebanks(files)
    left_out = treebanks_left_out(
        {file.treebank for file in files}, untuned, include_untuned=config.include_untuned
    )
    is_trained = is_model(model)
    figures: dict[str, Any] = {
        # What tells one model from another; an export has not got it.
        "weights_sha256": checkpoint_sha256(best_weights(Path(model))) if is_trained else None,
        "untuned_treebanks": untuned,
    }
    if config.udpipe_models is not None:
        scores = evaluate_raw_text(backend, files, config.udpipe_models, limit=limit)
        figures["macro_f1"] = macro_f1(scores, left_out)
        figures["scores_by_treebank"] = {name: scores_json(s) for name, s in scores.items()}
        return _Result(f1_table(scores, left_out), figures)
    # An export has not got the words either.
    known = load_description(model).train_words if is_trained else np.zeros([0], np.int64)
    counts, skipped = evaluate_gold_words(backend, known, files, limit=limit)
    figures["skipped_sentences"] = skipped
    figures["tasks"] = metrics(counts, left_out)
    details = Details(
        config=to_json(config),
        labels={vocab.task: vocab.labels for vocab in backend.label_vocabs},
        untuned_treebanks=untuned,
        treebanks=treebank_details(counts),
        history=read_history(Path(model), tasks) if is_trained else None,
    )
    return _Result(metrics_table(figures["tasks"], left_out), figures, details)
