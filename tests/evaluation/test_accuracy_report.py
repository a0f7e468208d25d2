import json

import numpy as np
import pytest

from minibert.data.label_vocab import LabelVocab
from minibert.evaluation.accuracy_report import metrics, metrics_table, plot_accuracy
from minibert.evaluation.task_counts import TaskCounts

VOCAB = LabelVocab("upos", ("NOUN", "VERB"))


@pytest.fixture
def results():
    """Two treebanks; in one no word is unseen, in the other a gold label is unknown."""
    first, second = TaskCounts(), TaskCounts()
    first.add(
        ["the", "old", "dog"],
        ["NOUN", "VERB", "NOUN"],
        ["NOUN", "NOUN", "NOUN"],
        np.zeros(3, bool),
        VOCAB,
    )
    second.add(["a", "b"], ["VERB", "X"], ["NOUN", "NOUN"], np.array([True, False]), VOCAB)
    second.add(["c", "d"], ["VERB", "NOUN"], ["VERB", "NOUN"], np.array([True, False]), VOCAB)
    return {"aa_x": {"upos": first}, "bb_y": {"upos": second}}


def test_metrics(results):
    figures = metrics(results)["upos"]
    assert figures["macro_accuracy"] == pytest.approx((2 / 3 + 2 / 4) / 2)
    assert figures["micro_accuracy"] == pytest.approx(4 / 7)
    assert figures["macro_unseen_word_accuracy"] == pytest.approx(1 / 2)
    assert figures["by_treebank"]["bb_y"] == {
        "words": 4,
        "unlabeled_words": 0,
        "accuracy": 0.5,
        "unseen_words": 2,
        "unseen_word_accuracy": 0.5,
        "unknown_labels": 1,
    }
    assert figures["by_treebank"]["aa_x"]["unseen_word_accuracy"] is None
    assert figures["worst_confusions"] == [
        {
            "gold": "VERB",
            "predicted": "NOUN",
            "words": 2,
            "examples": ["aa_x: the [old] dog", "bb_y: [a] b"],
        },
        {"gold": "X", "predicted": "NOUN", "words": 1, "examples": ["bb_y: a [b]"]},
    ]
    json.dumps(figures)


def test_table(results):
    lines = metrics_table(metrics(results)).splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["treebank", "words", "upos", "unseen", "words"],
        ["aa_x", "3", "66.67", "-"],
        ["bb_y", "4", "50.00", "50.00"],
        ["macro", "average", "7", "58.33", "50.00"],
    ]
    assert lines[-2].split() == ["VERB", "NOUN", "2"]


def test_name_with_dollar_signs_is_no_formula(results, tmp_path):
    (counts,) = list(results.values())[:1]
    path = tmp_path / "upos.png"
    plot_accuracy(path, "upos", metrics({r"a$\b$": counts})["upos"])
    assert path.read_bytes().startswith(b"\x89PNG")


def test_plot_is_a_png(results, tmp_path):
    plot_accuracy(tmp_path / "upos.png", "upos", metrics(results)["upos"])
    assert (tmp_path / "upos.png").read_bytes().startswith(b"\x89PNG")
