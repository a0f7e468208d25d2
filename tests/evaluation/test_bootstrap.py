"""The paired bootstrap against a plain loop."""

import random
from statistics import quantiles

import numpy as np
import pytest

from minibert.evaluation.bootstrap import SentenceCounts, paired_bootstrap


def _counts(seed, accuracy):
    drawn = np.random.default_rng(seed)
    by_treebank = {}
    for number, sentences in enumerate((40, 150, 7)):
        # The same words for every model.
        words = np.random.default_rng(number).integers(1, 30, sentences)
        by_treebank[f"t{number}"] = SentenceCounts(words, drawn.binomial(words, accuracy))
    return by_treebank


def test_against_a_plain_loop():
    ours, theirs = _counts(1, 0.9), _counts(2, 0.85)
    found = paired_bootstrap(ours, theirs, samples=4000)
    generator = random.Random(5)
    means = []
    for _ in range(4000):
        total = 0.0
        for treebank, one in ours.items():
            other = theirs[treebank]
            draw = [generator.randrange(len(one.words)) for _ in one.words]
            words = sum(int(one.words[i]) for i in draw)
            total += sum(int(one.correct[i]) - int(other.correct[i]) for i in draw) / words
        means.append(total / len(ours))
    cuts = quantiles(means, n=40)
    expected = np.mean(
        [
            one.correct.sum() / one.words.sum() - theirs[name].correct.sum() / one.words.sum()
            for name, one in ours.items()
        ]
    )
    assert found.value == pytest.approx(expected)
    assert found.low == pytest.approx(cuts[0], abs=0.004)
    assert found.high == pytest.approx(cuts[-1], abs=0.004)
    assert found.low < found.value < found.high


def test_f1_counts_the_words_of_the_system():
    """2 * 3 / (4 + 8) of one sentence, and of the other system 2 * 3 / (4 + 4)."""
    one, other = (
        {"t": SentenceCounts(np.array([4]), np.array([3]), np.array([system]))} for system in (8, 4)
    )
    assert one["t"].figure == 0.5
    assert SentenceCounts(np.array([4, 0]), np.array([3, 0])).figure == 0.75
    assert SentenceCounts(np.array([0]), np.array([0])).figure is None
    found = paired_bootstrap(one, other)
    assert (found.value, found.low, found.high) == (-0.25, -0.25, -0.25)
    nothing = {"t": SentenceCounts(np.array([0]), np.array([0]))}
    with pytest.raises(ValueError, match="no word in t"):
        paired_bootstrap(nothing, nothing)


def test_sentences_without_words_are_not_drawn():
    """Else a test set of these alone would have no accuracy."""
    one = {"t": SentenceCounts(np.array([0, 2, 0, 0]), np.array([0, 2, 0, 0]))}
    other = {"t": SentenceCounts(np.array([0, 2, 0, 0]), np.array([0, 1, 0, 0]))}
    found = paired_bootstrap(one, other)
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)


def test_the_same_seed_draws_the_same():
    ours, theirs = _counts(1, 0.9), _counts(2, 0.85)
    assert paired_bootstrap(ours, theirs) == paired_bootstrap(ours, theirs)
    assert paired_bootstrap(ours, theirs, seed=1) != paired_bootstrap(ours, theirs)
    back = paired_bootstrap(theirs, ours)
    forth = paired_bootstrap(ours, theirs)
    assert (back.value, back.low, back.high) == pytest.approx(
        (-forth.value, -forth.high, -forth.low)
    )


def test_many_sentences_are_drawn_in_parts(monkeypatch):
    ours, theirs = _counts(1, 0.9), _counts(2, 0.85)
    whole = paired_bootstrap(ours, theirs, samples=2000)
    monkeypatch.setattr("minibert.evaluation.bootstrap._MAX_CELLS", 500)
    parts = paired_bootstrap(ours, theirs, samples=2000)
    assert parts.low == pytest.approx(whole.low, abs=0.004)


def test_what_is_a_win():
    ours = _counts(1, 0.9)
    assert paired_bootstrap(ours, _counts(2, 0.5)).is_significant
    assert not paired_bootstrap(ours, ours).is_significant
    assert paired_bootstrap(ours, ours).value == 0
    # A few words more are no win.
    t0 = ours["t0"]
    more = np.minimum(t0.correct + (np.arange(len(t0.words)) == 3), t0.words)
    assert not paired_bootstrap({**ours, "t0": SentenceCounts(t0.words, more)}, ours).is_significant


def test_other_sentences_are_an_error():
    ours = _counts(1, 0.9)
    other = SentenceCounts(ours["t0"].words + 1, ours["t0"].correct)
    with pytest.raises(ValueError, match="not the same sentences of t0"):
        paired_bootstrap(ours, {**ours, "t0": other})
    with pytest.raises(ValueError, match="not the same treebanks"):
        paired_bootstrap(ours, {"t0": ours["t0"]})
