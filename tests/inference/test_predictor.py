import numpy as np
import pytest

from minibert.data.conllu_reader import read_conllu
from minibert.inference import graph_backend
from minibert.inference import predictor as predictor_module
from minibert.inference.graph_backend import GraphBackend
from minibert.inference.predictor import Predictor
from minibert.runs.trained_model import load_trained_model
from tests.conftest import TESTDATA


@pytest.fixture(scope="module")
def model(demo_model):
    return load_trained_model(demo_model)


@pytest.fixture(scope="module")
def backend(model):
    return GraphBackend.of_model(model)


@pytest.fixture(scope="module")
def sentences():
    path = TESTDATA / "ud" / "en_demo" / "en_demo-ud-dev.conllu"
    words = [sentence.words for sentence in read_conllu(path)]
    # Of all lengths: some of no words, one of several windows among short ones.
    return [(), *words, (), ("\u00ad",), words[0] * 3, ("a" * 500,)]


def _equal(one, other):
    for task in ("upos", "feats"):
        np.testing.assert_array_equal(one[task].ids, other[task].ids)
        np.testing.assert_allclose(one[task].probabilities, other[task].probabilities, atol=1e-5)


def test_each_word_is_answered_once_in_order(backend, sentences):
    together = list(Predictor(backend).predict(sentences))
    assert [len(p["upos"].ids) for p in together] == [len(words) for words in sentences]
    for words, predictions in zip(sentences, together, strict=True):
        (alone,) = Predictor(backend).predict([words])
        _equal(alone, predictions)


def test_chunks_and_batches_change_nothing(backend, sentences, monkeypatch):
    expected = list(Predictor(backend).predict(sentences))
    monkeypatch.setattr(predictor_module, "_CHUNK_SENTENCES", 3)
    monkeypatch.setattr(predictor_module, "_CHUNK_CHARACTERS", 100)
    monkeypatch.setattr(graph_backend, "_BATCH_SIZE", 50)
    for one, other in zip(Predictor(backend).predict(sentences), expected, strict=True):
        _equal(one, other)


@pytest.mark.parametrize(
    # A sentence has 6 characters, the space after a word counted.
    ("limit", "value"),
    [("_CHUNK_SENTENCES", 4), ("_CHUNK_CHARACTERS", 24)],
)
def test_reads_ahead_by_one_chunk_only(backend, monkeypatch, limit, value):
    monkeypatch.setattr(predictor_module, limit, value)
    read = []

    def endless():
        while True:
            read.append(len(read))
            yield ("a", "dog")

    predictions = Predictor(backend).predict(endless())
    for _ in range(6):
        next(predictions)
    assert len(read) == 8


def test_top_k_are_probabilities_in_order(backend, sentences):
    for predictions in Predictor(backend, top_k=5).predict(sentences):
        for task in ("upos", "feats"):
            probabilities = predictions[task].probabilities
            assert probabilities.shape[1] == 5
            assert (np.diff(probabilities, axis=1) <= 0).all()
            assert (probabilities.sum(axis=1) <= 1 + 1e-5).all()


def test_top_k_greater_than_the_number_of_labels_gives_all(model, backend):
    (predictions,) = Predictor(backend, top_k=1000).predict([("a", "dog")])
    for vocab in model.description.label_vocabs:
        assert predictions[vocab.task].ids.shape == (2, len(vocab))
        np.testing.assert_allclose(predictions[vocab.task].probabilities.sum(axis=1), 1, atol=1e-5)
        assert sorted(predictions[vocab.task].ids[0]) == list(range(len(vocab)))
