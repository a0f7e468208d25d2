"""The inference network against the one that is trained."""

from typing import get_args

import numpy as np
import pytest
import tensorflow as tf
from msgspec.structs import replace

from minibert.inference.bert_inference_network import BertInferenceNetwork
from minibert.models.bert_config import Activation, BertConfig
from minibert.models.tagging_network import TaggingNetwork
from tests.networks import bert_tagger, small_bert

CONFIG = small_bert(
    vocab_size=29,
    hidden_size=24,
    num_hidden_layers=3,
    intermediate_size=20,
    max_position_embeddings=17,
    # Weights and vectors large enough for the forms of an activation to differ.
    initializer_range=0.3,
)
LABELS = {"upos": 5, "feats": 11}


def _tagger(config: BertConfig) -> TaggingNetwork:
    """A tagger whose weights are random all, those too that begin as zeros and ones."""
    tf.random.set_seed(1)
    tagger = bert_tagger(config, LABELS)
    for weight in tagger.weights:
        weight.assign_add(tf.random.normal(weight.shape, stddev=0.1))
    return tagger


def _batch(seed: int):
    random = np.random.default_rng(seed)
    lengths = random.integers(3, 18, 6)
    input_ids = np.zeros([6, lengths.max()], np.int32)
    positions = np.full([6, 9], -1, np.int32)
    for row, length in enumerate(lengths):
        input_ids[row, :length] = random.integers(1, 29, length)
        words = np.sort(random.permutation(np.arange(1, length - 1))[: random.integers(0, 10)])
        positions[row, : len(words)] = words
    return tf.constant(input_ids), tf.constant(positions)


def _inputs(input_ids, positions):
    return {"input_ids": input_ids, "word_positions": positions}


@pytest.mark.parametrize("activation", get_args(Activation))
def test_equals_the_tagger(activation):
    config = replace(CONFIG, hidden_act=activation)
    tagger = _tagger(config)
    network = BertInferenceNetwork(config, tagger)
    for seed in range(3):
        input_ids, positions = _batch(seed)
        expected = tagger({"input_ids": input_ids, "word_positions": positions})
        found = network.classify(_inputs(input_ids, positions))
        assert found.keys() == LABELS.keys()
        for task, logits in found.items():
            assert np.abs(expected[task]).max() > 1
            np.testing.assert_allclose(logits, expected[task], atol=2e-5)


def test_a_head_of_a_rank_is_two_products():
    tagger = _tagger(CONFIG)
    random = np.random.default_rng(1)
    first, second = random.normal(size=[24, 3]), random.normal(size=[3, 11])
    tagger.heads["feats"].kernel.assign(first @ second)
    network = BertInferenceNetwork(CONFIG, tagger)
    sizes = {weight.shape.as_list()[0] for weight in network.variables if "feats" in weight.name}
    assert sizes == {24, 3}
    input_ids, positions = _batch(1)
    expected = tagger({"input_ids": input_ids, "word_positions": positions})
    found = network.classify(_inputs(input_ids, positions))
    for task, logits in found.items():
        np.testing.assert_allclose(logits, expected[task], atol=1e-4)


def test_one_layer():
    config = replace(CONFIG, num_hidden_layers=1)
    tagger = _tagger(config)
    input_ids, positions = _batch(1)
    expected = tagger({"input_ids": input_ids, "word_positions": positions})
    found = BertInferenceNetwork(config, tagger).classify(_inputs(input_ids, positions))
    np.testing.assert_allclose(found["feats"], expected["feats"], atol=2e-5)


def test_sentences_of_a_row_do_not_see_each_other():
    tagger = _tagger(CONFIG)
    network = BertInferenceNetwork(CONFIG, tagger)
    one, other = [2, 7, 8, 3], [2, 9, 11, 12, 3]
    table = tagger.encoder.word_embeddings
    encoded = network.encode(
        tf.gather(table, [one + other]),
        tf.gather(network.position_embeddings, [[0, 1, 2, 3, 0, 1, 2, 3, 4]]),
        tf.constant([[0] * 4 + [1] * 5]),
        tf.constant([[1, 2, 5, 7]]),
    )
    found = network.logits(encoded[0])["upos"]
    for words, ids, positions in ((slice(0, 2), one, [1, 2]), (slice(2, 4), other, [1, 3])):
        alone = tagger(
            {"input_ids": tf.constant([ids]), "word_positions": tf.constant([positions])}
        )
        np.testing.assert_allclose(found[words], alone["upos"], atol=2e-5)


@pytest.mark.parametrize(("windows", "words"), [(0, 0), (2, 0), (0, 3)])
def test_nothing_to_classify(windows, words):
    network = BertInferenceNetwork(CONFIG, _tagger(CONFIG))
    inputs = _inputs(tf.fill([windows, 4], 5), tf.fill([windows, words], -1))
    assert network.classify(inputs)["upos"].shape == (0, 5)


def test_the_word_table_is_not_copied():
    tagger = _tagger(CONFIG)
    network = BertInferenceNetwork(CONFIG, tagger)
    assert any(variable is tagger.encoder.word_embeddings for variable in network.variables)
