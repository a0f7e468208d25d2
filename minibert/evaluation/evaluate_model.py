"""Evaluates a model on treebanks."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minibert.data.sentence import Skipped
from minibert.data.tasks import treebank_tasks
from minibert.data.treebank_files import find_files, untuned_treebanks
from minibert.data.withheld_text import skip_withheld
from minibert.errors import InputError
from minibert.evaluation.accuracy_report import metrics, metrics_table
from minibert.evaluation.conll18 import added_scores, counts_by_sentence
from minibert.evaluation.conll18_tables import f1_table, macro_f1, scores_json
from minibert.evaluation.details_file import Details, treebank_details
from minibert.evaluation.evaluate_config import EvaluateConfig
from minibert.evaluation.evaluation_result import EvaluationResult
from minibert.evaluation.gold_words import evaluate_gold_words
from minibert.evaluation.protocol import treebanks_left_out
from minibert.evaluation.raw_text import evaluate_raw_text
from minibert.evaluation.raw_text_file import RawTextDetails, metric_counts
from minibert.evaluation.task_counts import Results
from minibert.inference.backends import load_backend
from minibert.options import to_json
from minibert.runs.best_epoch import best_weights
from minibert.runs.history import read_history
from minibert.runs.trained_model import is_model, load_description
from minibert.text.normalization import NONE
from minibert.weights.checkpoint_files import checkpoint_sha256


def evaluate_model(config: EvaluateConfig) -> EvaluationResult:
    """The figures of a model on the words of treebanks, or from their raw text.

    Raises:
      InputError: bad input.
    """
    assert config.model is not None
    model, limit = config.model, config.max_sentences_per_treebank
    files, _ = skip_withheld(find_files(config.conllu, config.split))
    backend = load_backend(model)
    tasks = treebank_tasks([vocab.task for vocab in backend.label_vocabs], model)
    label_vocabs = [vocab for vocab in backend.label_vocabs if vocab.task in tasks]
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
        matches, withheld = evaluate_raw_text(backend, files, config.udpipe_models, limit=limit)
        figures["withheld_sentences"] = withheld
        by_sentence = {t: metric_counts(counts_by_sentence(of)) for t, of in matches.items()}
        raw_details = RawTextDetails(to_json(config), untuned, by_sentence)
        scores = {treebank: added_scores(of_files) for treebank, of_files in matches.items()}
        figures["macro_f1"] = macro_f1(scores, left_out)
        figures["scores_by_treebank"] = {name: scores_json(s) for name, s in scores.items()}
        return EvaluationResult(f1_table(scores, left_out), figures, raw_details)
    # An export has not got the words either.
    description = load_description(model) if is_trained else None
    known = description.train_words if description else np.zeros([0], np.int64)
    counts, skipped = evaluate_gold_words(
        backend,
        label_vocabs,
        known,
        files,
        normalization=description.features.normalization if description else NONE,
        limit=limit,
        feats_unannotated=config.feats_unannotated,
    )
    figures["skipped_sentences"] = skipped[Skipped.NO_WORDS]
    figures["withheld_sentences"] = skipped[Skipped.WITHHELD]
    figures["tasks"] = metrics(counts, left_out)
    _check_labels(config, counts, figures["tasks"])
    details = Details(
        config=to_json(config),
        labels={vocab.task: vocab.labels for vocab in label_vocabs},
        untuned_treebanks=untuned,
        treebanks=treebank_details(counts),
        history=read_history(Path(model), tasks) if is_trained else None,
    )
    return EvaluationResult(metrics_table(figures["tasks"], left_out), figures, details)


def _check_labels(config: EvaluateConfig, counts: Results, measured: Mapping[str, Any]) -> None:
    """Says which tasks are left out because no word has a label, and fails if all are."""
    by_task = next(iter(counts.values()))
    for task in by_task.keys() - measured.keys():
        is_untuned = any(of[task].words for of in counts.values())
        reason = (
            "only treebanks without a dev file have labels; give --include_untuned"
            if is_untuned
            else "no word has a label"
        )
        print(f"{task} is left out: {reason}", file=sys.stderr)
    if not measured:
        raise InputError(
            f"--conllu={','.join(config.conllu)}: no word has a label to be right on; give files "
            "that are annotated, or --include_untuned"
        )
