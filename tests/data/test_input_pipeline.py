from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.corpus import hash_words, scan_corpus
from minibert.data.dataset_info import load_dataset_info
from minibert.data.datasets import Datasets, label_counts
from minibert.data.input_pipeline import Batching, InputPipeline
from minibert.data.label_vocab import LabelVocab
from minibert.data.treebank_reader import read_sentences
from minibert.text.normalization import NFC
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.wordpiece_features import WordpieceFeatures
from tests.conftest import TESTDATA

MAX_SEQ_LENGTH = 40
TREEBANKS = ("en_demo", "ru_demo")


@pytest.fixture(scope="module")
def featurizer():
    return SubwordFeaturizer(
        WordpieceFeatures.from_file(
            TESTDATA / "vocab.txt", max_length=MAX_SEQ_LENGTH, normalization=NFC
        )
    )


@pytest.fixture(scope="module")
def corpus(demo_data, featurizer):
    info = load_dataset_info(demo_data)
    return scan_corpus(Datasets([info]).select(("train",)), ("upos", "feats"), featurizer)


@pytest.fixture(scope="module")
def label_vocabs(corpus):
    return [
        LabelVocab.from_counts(task, label_counts(corpus.parts, task)) for task in ("upos", "feats")
    ]


@pytest.fixture
def make(corpus, featurizer, label_vocabs):
    def make(batching=None, **options):
        batching = batching or Batching(MAX_SEQ_LENGTH, wordpieces=300)
        return InputPipeline(corpus, featurizer, label_vocabs, batching, **options)

    return make


def _source(treebank):
    path = TESTDATA / "ud" / treebank / f"{treebank}-ud-train.conllu"
    return list(read_sentences(path, treebank))


def _rows(batches):
    """Rows of batches without padding, and their treebanks."""
    rows = []
    for batch in batches.as_numpy_iterator():
        for ids, positions, treebank, upos in zip(
            batch["input_ids"],
            batch["word_positions"],
            batch["group"],
            batch["upos"],
            strict=True,
        ):
            count = (positions >= 0).sum()
            rows.append((int(treebank), tuple(ids[ids != 0]), tuple(upos[:count])))
            assert (positions[count:] == -1).all()
            assert (upos[count:] == -1).all()
    return rows


def test_corpus_counts_windows_and_words(corpus):
    assert corpus.treebanks == list(TREEBANKS)
    assert list(corpus.sentences_per_treebank) == [240, 240]
    assert corpus.windows_per_sentence.sum() == len(corpus.window_lengths)
    # The one long sentence has 148 wordpieces, in windows of 38 that start 19 apart at least.
    assert corpus.windows_per_sentence.max() == 7
    assert corpus.window_lengths.max() == MAX_SEQ_LENGTH
    words = {word for treebank in TREEBANKS for s in _source(treebank) for word in s.words}
    expected = np.unique(hash_words(tf.constant(sorted(words)), NFC).numpy())
    np.testing.assert_array_equal(corpus.word_hashes, expected)


@pytest.mark.parametrize(
    "batching",
    [
        Batching(MAX_SEQ_LENGTH, wordpieces=300),
        Batching(MAX_SEQ_LENGTH, windows=7),
        Batching(MAX_SEQ_LENGTH, wordpieces=300, static_shapes=True),
    ],
    ids=["by wordpieces", "by windows", "static shapes"],
)
def test_epoch_has_every_word_once(make, batching, label_vocabs):
    pipeline = make(batching, seed=5)
    rows = _rows(pipeline.training_batches(0))
    found = Counter()
    for treebank, _, upos in rows:
        found.update((treebank, label) for label in upos)
    expected = Counter()
    for index, treebank in enumerate(TREEBANKS):
        for sentence in _source(treebank):
            labels = label_vocabs[0].ids(sentence.labels["upos"])
            expected.update((index, label) for label in labels)
    assert found == expected
    sizes = [batch["input_ids"].shape for batch in pipeline.training_batches(0)]
    assert len(sizes) == pipeline.num_steps(0)
    assert sum(len(ids) for _, ids, _ in rows) == pipeline.num_wordpieces(0)
    if batching.windows:
        assert max(windows for windows, _ in sizes) == 7
    else:
        assert max(windows * pieces for windows, pieces in sizes) <= 300
    if batching.static_shapes:
        assert {pieces for _, pieces in sizes} <= set(batching.bucket_lengths)


def test_order_is_a_function_of_seed_and_epoch(make):
    def rows(seed, epoch):
        return _rows(make(seed=seed).training_batches(epoch))

    first = rows(1, 0)
    assert rows(1, 0) == first
    for other in (rows(1, 1), rows(2, 0)):
        assert other != first
        assert sorted(other) == sorted(first)


def test_treebanks_are_mixed(make):
    treebanks = [row[0] for row in _rows(make().training_batches(0))]
    half = treebanks[: len(treebanks) // 2]
    assert 0.3 < np.mean(half) < 0.7


@pytest.mark.parametrize("epoch", [0, 1])
def test_skip_gives_the_rest_of_the_epoch(make, epoch):
    pipeline = make(sentences_per_treebank=90)
    batches = list(pipeline.training_batches(epoch).as_numpy_iterator())
    rest = list(pipeline.training_batches(epoch, skip=4).as_numpy_iterator())
    assert len(rest) == len(batches) - 4
    for one, other in zip(batches[4:], rest, strict=True):
        for name, value in one.items():
            np.testing.assert_array_equal(value, other[name])


def test_limit_goes_through_the_whole_treebank(make, corpus):
    pipeline = make(sentences_per_treebank=100)
    epochs = [_rows(pipeline.training_batches(epoch)) for epoch in range(3)]
    for epoch, rows in enumerate(epochs):
        of_russian = [row for row in rows if row[0] == 1]
        assert len(of_russian) == 100  # its sentences are windows
        batches = list(pipeline.training_batches(epoch))
        assert len(batches) == pipeline.num_steps(epoch)
    # 300 of 240: everything once, and the first 60 of the records again.
    everything = Counter(row for rows in epochs for row in rows if row[0] == 1)
    whole = Counter(row for row in _rows(make().training_batches(0)) if row[0] == 1)
    assert everything.keys() == whole.keys()
    assert sum((everything - whole).values()) == 60


def test_evaluation_has_unknown_labels(corpus, featurizer, demo_data):
    info = load_dataset_info(demo_data)
    dev = scan_corpus(Datasets([info]).select(("dev",)), ("upos", "feats"), featurizer)
    vocab = LabelVocab("upos", ("NOUN", "VERB"))
    pipeline = InputPipeline(dev, featurizer, [vocab], Batching(MAX_SEQ_LENGTH, wordpieces=300))
    labels = Counter(label for _, _, upos in _rows(pipeline.evaluation_batches()) for label in upos)
    counts = label_counts(dev.parts, "upos")
    others = sum(counts.values()) - counts["NOUN"] - counts["VERB"]
    assert labels == {0: counts["NOUN"], 1: counts["VERB"], -1: others}


def test_buckets():
    batching = Batching(100, wordpieces=400)
    assert batching.bucket_lengths[0] == 16
    assert batching.bucket_lengths[-1] == 100
    assert batching.bucket_lengths == sorted(set(batching.bucket_lengths))
    assert all(
        size * length <= 400 < (size + 1) * length
        for size, length in zip(batching.bucket_sizes, batching.bucket_lengths, strict=True)
    )
    # 26 windows of 16 in batches of 25, one of 17 in the next bucket.
    assert batching.num_batches({16: 26, 17: 1}) == 3
    assert Batching(10, wordpieces=100).bucket_lengths == [10]


def test_words_that_a_model_reads_alike_have_one_hash():
    composed, decomposed = tf.constant(["\u00f1", "a"]), tf.constant(["n\u0303", "a"])
    for normalization, alike in (("nfc", [True, True]), ("none", [False, True])):
        hashes = [hash_words(words, normalization).numpy() for words in (composed, decomposed)]
        assert (hashes[0] == hashes[1]).tolist() == alike
