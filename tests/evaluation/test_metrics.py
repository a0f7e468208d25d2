"""Metrics, and which one a run is judged by."""

from dataclasses import replace
from typing import NamedTuple

import pytest
import tensorflow as tf

from minibert.data.tasks import SENTENCE, TASKS
from minibert.errors import InputError
from minibert.evaluation.accuracy import Accuracy, Agreement
from minibert.evaluation.metrics import metric_of


class _Batches(NamedTuple):
    batches: tf.data.Dataset
    groups: tuple[str, ...] = ("aa", "bb", "cc")

    def num_steps(self, epoch):
        return len(self.batches)

    def evaluation_batches(self):
        return self.batches


class _OfWindows:
    """A tagger that gives each window the label of its place in the batch."""

    def __init__(self):
        self.heads = {"genre": None}

    def logits(self, batch):
        return {"genre": tf.one_hot(tf.range(tf.size(batch["group"])), 5)}


@pytest.mark.parametrize(("metric", "name"), [(Accuracy, "accuracy"), (Agreement, "agreement")])
def test_labels_of_sentences(monkeypatch, metric, name):
    """Unknown labels are wrong, windows without a label do not count."""
    monkeypatch.setitem(TASKS, "genre", replace(TASKS["upos"], name="genre", level=SENTENCE))
    batch = {
        "word_positions": tf.constant([[1, 2, 3], [1, 3, -1], [1, -1, -1], [1, 2, -1], [1, 2, 3]]),
        "group": tf.constant([0, 0, 1, 1, 1]),
        "genre": tf.constant([[0], [-1], [-2], [3], [0]]),
    }
    measured = metric(_OfWindows(), _Batches(tf.data.Dataset.from_tensors(batch).repeat(2)))
    assert measured.name == name
    assert measured.measure() == {"genre": {"aa": 1 / 2, "bb": 1 / 2}}


def test_metric_of_a_run(monkeypatch):
    assert metric_of(("upos", "feats")) is Accuracy
    monkeypatch.setitem(TASKS, "ner", replace(TASKS["upos"], name="ner", metric="phrase F1"))
    with pytest.raises(InputError) as error:
        metric_of(("upos", "ner"))
    assert str(error.value) == (
        "--tasks=upos,ner: some are judged by accuracy, others by phrase F1; learn them in runs of "
        "their own"
    )
