"""How many sentences of which language an epoch has."""

from collections import Counter
from types import MappingProxyType

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.input_pipeline import Batching
from minibert.data.mixing import smoothed
from minibert.data.shards import Shard
from minibert.data.text_corpus import TextShard
from minibert.text.normalization import NFC
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.wordpiece_features import WordpieceFeatures
from minibert.training.language_pipeline import LanguagePipeline
from minibert.training.language_records import LanguageRecords

COUNTS = {"en": 900, "fr": 90, "yo": 9}
FEATURIZER = SubwordFeaturizer(
    WordpieceFeatures(40, NFC, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"])
)
LENGTHS = {"en": 10, "fr": 20, "yo": 30}
# So large that 16 records of each are in memory to be shuffled.
_SHARD_BYTES = 2**29 * sum(COUNTS.values()) // (16 * len(COUNTS) ** 2)
ONE_WINDOW = {"en": 1, "fr": 1, "yo": 1}


class _Numbers:
    """A window has the number of its record, and as many wordpieces as its language has.

    A record has as many windows as `windows` says.
    """

    featurizer = FEATURIZER
    fields = MappingProxyType({})

    def __init__(self, windows):
        self._windows = tf.constant(list(windows.values()))

    def __call__(self, serialized):
        parts = tf.strings.split(serialized).to_tensor()
        language, number = tf.unstack(tf.strings.to_number(parts, tf.int32), num=2, axis=1)
        record = tf.repeat(tf.range(tf.size(number)), tf.gather(self._windows, language))
        lengths = tf.gather(list(LENGTHS.values()), tf.gather(language, record))
        positions = tf.ragged.range(lengths)
        ids = positions.with_values(tf.repeat(tf.gather(number, record), lengths))
        return {"input_ids": ids, "word_positions": positions}, record


@pytest.fixture
def make(tmp_path):
    shards = []
    for index, (language, count) in enumerate(COUNTS.items()):
        path = str(tmp_path / language)
        with tf.io.TFRecordWriter(path) as writer:
            for number in range(count):
                writer.write(f"{index} {number}".encode())
        shards.append(TextShard(language, "train", Shard(language, _SHARD_BYTES, ""), count))

    def create(exponent, seed=1, windows=ONE_WINDOW):
        return LanguagePipeline(
            LanguageRecords(tmp_path, shards, compressed=False, remedy=""),
            _Numbers(windows),
            Batching(max_seq_length=32, windows=7),
            lengths={name: {LENGTHS[name]: n * windows[name]} for name, n in COUNTS.items()},
            likeliest=lambda batch: {"upos": batch["input_ids"]},
            seed=seed,
            sampling_exponent=exponent,
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


def test_windows_are_counted(make):
    """As those who know them from elsewhere give them."""
    pipeline = make(1.0, windows={"en": 1, "fr": 4, "yo": 4})
    counted = pipeline.records.count_windows(pipeline.windows)
    assert counted == {"en": {10: 900}, "fr": {20: 360}, "yo": {30: 36}}


def test_evaluation_is_in_order(make):
    """Of each language."""
    seen = [
        (list(COUNTS)[group], number)
        for batch in make(1.0).evaluation_batches()
        for group, number in zip(batch["group"], batch["upos"][:, 0].numpy(), strict=True)
    ]
    # The last batch of a length is not full, and comes when all else has come.
    for name, count in COUNTS.items():
        assert [number for language, number in seen if language == name] == list(range(count))
