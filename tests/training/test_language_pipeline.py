"""How many sentences of which language an epoch has."""

from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.input_pipeline import Batching
from minibert.data.mixing import smoothed
from minibert.text.normalization import NFC
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.wordpiece import WordpieceTokenizer
from minibert.training.language_pipeline import LanguagePipeline

COUNTS = {"en": 900, "fr": 90, "yo": 9}
FEATURIZER = SubwordFeaturizer(
    WordpieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"], normalization=NFC), 40
)
LENGTHS = {"en": 10, "fr": 20, "yo": 30}
ONE_WINDOW = {"en": 1, "fr": 1, "yo": 1}


class _Numbers(LanguagePipeline):
    """A window has the number of its record, and as many wordpieces as its language has.

    Records have as many windows as `WINDOWS` says.
    """

    def _training_windows(self, records):
        lengths = tf.constant(list(LENGTHS.values()))

        def window(record, group):
            number = tf.strings.to_number(record, tf.int32)
            return {
                "input_ids": tf.fill([lengths[group]], number),
                "word_positions": tf.range(lengths[group]),
                "group": group,
            }

        def windows(record, group):
            one = tf.data.Dataset.from_tensors((record, group))
            return one.repeat(tf.constant(list(self.windows.values()), tf.int64)[group])

        return records.flat_map(windows).map(window)

    def _evaluation_batches(self, records):
        return self._batching.apply(self._training_windows(records), self._featurizer)


@pytest.fixture
def make(tmp_path):
    shards = []
    for language, count in COUNTS.items():
        path = str(tmp_path / language)
        with tf.io.TFRecordWriter(path) as writer:
            for number in range(count):
                writer.write(str(number).encode())
        shards.append((language, path, count))

    def create(exponent, seed=1, windows=ONE_WINDOW):
        _Numbers.windows = windows
        lengths = {name: {LENGTHS[name]: n * windows[name]} for name, n in COUNTS.items()}
        return _Numbers(
            shards,
            lengths,
            Batching(max_seq_length=32, windows=7),
            compressed=False,
            featurizer=FEATURIZER,
            seed=seed,
            sampling_exponent=exponent,
            shuffle_buffer=16,
        )

    return create


def _seen(batches):
    """Language and number of each window."""
    found = Counter()
    for batch in batches:
        groups, numbers = batch["group"].numpy(), batch["input_ids"][:, 0].numpy()
        found.update(zip((list(COUNTS)[group] for group in groups), numbers.tolist(), strict=True))
    return found


def _languages(seen):
    return Counter(language for language, _ in seen.elements())


def test_shares_as_they_are(make):
    pipeline = make(1.0)
    batches = list(pipeline.training_batches(0))
    assert len(batches) == pipeline.num_steps(0)
    seen = _seen(batches)
    assert _languages(seen) == COUNTS
    assert set(seen.values()) == {1}
    assert pipeline.num_wordpieces(0) == 900 * 10 + 90 * 20 + 9 * 30


@pytest.mark.parametrize("exponent", [0.7, 0.0])
def test_smoothed_shares(make, exponent):
    weights = {language: count**exponent for language, count in COUNTS.items()}
    pipeline = make(exponent)
    plain = make(1.0)
    total = Counter()
    for epoch in range(8):
        batches = list(pipeline.training_batches(epoch))
        assert len(batches) == pipeline.num_steps(epoch) == plain.num_steps(epoch)
        seen = _seen(batches)
        total += seen
        for language, number in _languages(seen).items():
            wanted = 999 * weights[language] / sum(weights.values())
            # Those that wait for the others of their batch when the epoch ends are of the next.
            assert number == pytest.approx(wanted, abs=7 + 0.03 * wanted)
    # None is left out for good, and none is taken much more often than others of its language.
    for language, count in COUNTS.items():
        times = [total[language, number] for number in range(count)]
        assert min(times) >= 1
        assert max(times) <= 2 + 1.5 * np.mean(times)


def test_wordpieces_of_smoothed_shares(make):
    """Equal shares of 333 windows, of 10, 20 and 30 wordpieces."""
    assert make(0.0).num_wordpieces(0) == 333 * (10 + 20 + 30)


def test_sentences_of_several_windows(make):
    """Shares are of sentences; what an epoch takes of a language, the next goes on behind."""
    windows = {"en": 1, "fr": 4, "yo": 4}
    pipeline, total = make(0.5, windows=windows), Counter()
    wordpieces = 0
    for epoch in range(6):
        batches = list(pipeline.training_batches(epoch))
        assert len(batches) == pipeline.num_steps(epoch)
        wordpieces += sum(int(tf.size(batch["input_ids"])) for batch in batches)
        seen = _seen(batches)
        sentences = {name: n / windows[name] for name, n in _languages(seen).items()}
        assert sentences["en"] / sentences["fr"] == pytest.approx(10**0.5, rel=0.15)
        total += seen
    # Of padding there is some.
    assert wordpieces == pytest.approx(6 * pipeline.num_wordpieces(0), rel=0.3)
    times = [total["en", number] for number in range(COUNTS["en"])]
    assert min(times) >= 1
    assert max(times) <= 2 + np.mean(times)


def test_an_epoch_goes_on(make):
    pipeline = make(0.5)
    whole = [batch["input_ids"].numpy().tolist() for batch in pipeline.training_batches(3)]
    rest = [batch["input_ids"].numpy().tolist() for batch in pipeline.training_batches(3, skip=50)]
    assert rest == whole[50:]
    assert _seen(make(0.5).training_batches(2)) != _seen(pipeline.training_batches(3))
    assert _seen(make(0.5, seed=2).training_batches(3)) != _seen(pipeline.training_batches(3))


def test_smoothed():
    assert smoothed([10, 1000, 1], 1.0) == [10, 1000, 1]
    assert smoothed([10, 1000, 2], 0.0) == [337, 337, 337]
    # 1012 * [10^0.7, 1000^0.7, 2^0.7] / sum = 1012 * [5.012, 125.893, 1.625] / 132.529
    assert smoothed([10, 1000, 2], 0.7) == [38, 961, 12]
    assert min(smoothed([10**9, 1], 1.0)) == 1
