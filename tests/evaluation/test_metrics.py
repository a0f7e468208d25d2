"""Metrics, and which one a run is judged by."""

import random
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import pytest
import tensorflow as tf
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2

from minibert.data.entity_tags import entities
from minibert.data.label_vocab import LabelVocab
from minibert.data.tasks import SENTENCE, TASKS
from minibert.evaluation.conll18 import Score
from minibert.evaluation.metrics import agreement_of, metric_of
from minibert.evaluation.phrases import conlleval_phrases, count_phrases, strict_phrases


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


@pytest.mark.parametrize(("kind", "name"), [(metric_of, "accuracy"), (agreement_of, "agreement")])
def test_labels_of_sentences(monkeypatch, kind, name):
    """Unknown labels are wrong, windows without a label do not count."""
    monkeypatch.setitem(TASKS, "genre", replace(TASKS["upos"], name="genre", level=SENTENCE))
    batch = {
        "word_positions": tf.constant([[1, 2, 3], [1, 3, -1], [1, -1, -1], [1, 2, -1], [1, 2, 3]]),
        "group": tf.constant([0, 0, 1, 1, 1]),
        "genre": tf.constant([[0], [-1], [-2], [3], [0]]),
    }
    metric = kind([LabelVocab("genre", tuple("abcde"))])
    assert metric.name == name
    measured = metric(_OfWindows(), _Batches(tf.data.Dataset.from_tensors(batch).repeat(2)))
    for _ in range(2):
        assert measured.measure() == {"genre": {"aa": 1 / 2, "bb": 1 / 2}}


class _OfPositions:
    """A tagger that gives each word the label of its position."""

    def __init__(self, tasks):
        self.heads = dict.fromkeys(tasks)

    def logits(self, batch):
        positions = batch["word_positions"]
        logits = tf.one_hot(tf.boolean_mask(positions, positions >= 0), 9)
        return dict.fromkeys(self.heads, logits)


def test_phrases_go_on_from_window_to_window():
    """Each task has the measure by which it is judged; words in any order, in whatever batch."""
    ner = LabelVocab("ner", ("O", "B-PER", "I-PER", "B-LOC"))
    metric = metric_of([LabelVocab("upos", ("X", "NOUN", "VERB", "ADP")), ner])
    assert metric.name == "accuracy and phrase F1"
    # Sentence 0 is cut into two windows, the second of which comes first; 1 has no annotation; of
    # 2 the training data lacks the type, and nobody has annotated the last word.
    batches = tf.data.Dataset.from_tensor_slices(
        {
            "word_positions": [[[2, 0, -1]], [[0, 1, -1]], [[0, 3, -1]], [[3, 0, 1]]],
            "group": [[0], [0], [1], [1]],
            "sentence_index": [[[0, 0, 0]], [[0, 0, 0]], [[1, 1, 0]], [[2, 2, 2]]],
            "word_index": [[[2, 3, 0]], [[0, 1, 0]], [[0, 1, 0]], [[0, 1, 2]]],
            "upos": [[[2, -2, 0]], [[0, 1, 0]], [[0, 0, 0]], [[3, -1, -2]]],
            "ner": [[[2, 0, 0]], [[0, 1, 0]], [[-2, -2, 0]], [[3, -1, -2]]],
        }
    )
    measured = metric(_OfPositions(["upos", "ner"]), _Batches(batches)).measure()
    assert measured == {
        "upos": {"aa": 1.0, "bb": 2 / 4},
        # Gold PER and LOC and one unknown; the system has the first two.
        "ner": {"aa": 1.0, "bb": 2 * 1 / 3},
    }


def test_phrases_are_those_of_seqeval():
    """Summed over sentences, and those that are shown to users."""
    random_ = random.Random(3)
    choose = partial(random_.choices, ["O", "O", "B-A", "I-A", "B-B", "I-B"])
    for _ in range(100):
        lengths = [random_.randint(1, 12) for _ in range(5)]
        gold, system = ([choose(k=length) for length in lengths] for _ in range(2))
        for read, options in (
            (conlleval_phrases, {}),
            (strict_phrases, {"mode": "strict", "scheme": IOB2}),
        ):
            found = [count_phrases(*tags, read) for tags in zip(gold, system, strict=True)]
            counts = [sum(of.total() for of in kind) for kind in zip(*found, strict=True)]
            assert Score(*counts).f1 == pytest.approx(f1_score(gold, system, **options))
        assert [conlleval_phrases(tags) for tags in gold] == [entities(tags) for tags in gold]
