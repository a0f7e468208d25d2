import numpy as np
import pytest
import tensorflow as tf

from minibert.data.label_vocab import LabelVocab
from minibert.models.composition import (
    ComposedDense,
    ComposedEmbedding,
    composed_heads,
    fold,
    piece_ngrams,
    start_from,
)
from minibert.runs.trained_model import ModelDescription
from minibert.text.normalization import NFC
from minibert.text.wordpiece_features import WordpieceFeatures, as_piece
from tests.networks import small_bert

VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "Ab", "##ab", "ab", "b"]
FEATS = ("_", "Case=Nom|Number=Sing", "Case=Nom", "Number=Sing|Case=Nom")
CONFIG = small_bert(
    vocab_size=len(VOCAB),
    num_hidden_layers=1,
)
DESCRIPTION = ModelDescription(
    CONFIG,
    WordpieceFeatures(11, NFC, VOCAB),
    [LabelVocab("upos", ("A", "B")), LabelVocab("feats", FEATS)],
    np.zeros(0, np.int64),
)
INPUTS = {
    "input_ids": tf.constant([[2, 4, 5, 1, 3], [2, 7, 3, 0, 0]]),
    "word_positions": tf.constant([[1, 3], [1, -1]]),
}


def _composed_tagger(rank=0):
    return DESCRIPTION.create_tagger(
        dropout=0.0,
        embedding_layer=ComposedEmbedding(DESCRIPTION.features.pieces, CONFIG),
        heads=composed_heads(DESCRIPTION.label_vocabs, CONFIG, rank=rank),
    )


def test_ngrams():
    start, end = "\x02", "\x03"
    lower = {"a", "b", "ab", f"{start}a", f"{start}ab", f"b{end}", f"ab{end}", f"{start}ab{end}"}
    assert set(piece_ngrams(as_piece("ab"))) == lower | {"starts", "length 2"}
    upper = {"A", "Ab", f"{start}A", f"{start}Ab", f"Ab{end}", f"{start}Ab{end}"}
    assert set(piece_ngrams(as_piece("Ab"))) == lower | upper | {
        "starts",
        "length 2",
        "capitalized",
    }
    assert set(piece_ngrams(as_piece("##a7"))) == {
        *("a", "7", "a7", f"7{end}", f"a7{end}"),
        *("continues", "length 2", "digit"),
    }
    assert piece_ngrams(as_piece("[UNK]")) == []
    assert "[" in piece_ngrams(as_piece("["))


def test_embedding_against_definition():
    layer = ComposedEmbedding(DESCRIPTION.features.pieces, CONFIG)
    own, ngrams = (weight.numpy() for weight in layer.weights)
    flat, splits = layer._ngram_ids.numpy(), layer._splits.numpy()
    ids = np.array([[4, 1, 4], [7, 5, 0]])
    found = layer(tf.constant(ids)).numpy()
    assert found.shape == (2, 3, 12)
    for index, piece_id in np.ndenumerate(ids):
        features = flat[splits[piece_id] : splits[piece_id + 1]]
        assert len(features) == len(piece_ngrams(as_piece(VOCAB[piece_id])))
        expected = own[piece_id] + ngrams[features].sum(axis=0) / (
            2 * np.sqrt(max(1, len(features)))
        )
        np.testing.assert_allclose(found[index], expected, atol=1e-6)


def test_dense_against_definition():
    layer = ComposedDense(FEATS, CONFIG, name="feats")
    generator = np.random.default_rng(0)
    for weight in layer.weights:
        weight.assign(generator.normal(size=weight.shape))
    own, own_bias, parts, parts_bias = (weight.numpy() for weight in layer.weights)
    # Parts in the order in which labels have them: _, Case=Nom, Number=Sing.
    members = [[0], [1, 2], [1], [1, 2]]
    inputs = generator.normal(size=[5, 12]).astype(np.float32)
    for label, indices in enumerate(members):
        vector = own[label] + parts[indices].sum(axis=0)
        bias = own_bias[label, 0] + parts_bias[indices].sum()
        np.testing.assert_allclose(layer(inputs)[:, label], inputs @ vector + bias, atol=1e-4)


@pytest.mark.parametrize("rank", [0, 2])
def test_folded_tagger_computes_the_same(rank):
    composed = _composed_tagger(rank)
    for weight in composed.trainable_variables:
        weight.assign_add(tf.random.stateless_normal(weight.shape, [1, 2], stddev=0.1))
    assert not isinstance(composed.heads["upos"], ComposedDense)
    plain = DESCRIPTION.create_tagger()
    assert not np.allclose(plain(INPUTS)["upos"], composed(INPUTS)["upos"], atol=1e-3)
    fold(composed, plain)
    for task, logits in composed(INPUTS).items():
        np.testing.assert_allclose(plain(INPUTS)[task], logits, atol=1e-5)


def test_a_kernel_of_a_rank():
    """What was trained with a rank has it when it is plain, and a head can start from it."""
    composed, plain, again = _composed_tagger(2), DESCRIPTION.create_tagger(), _composed_tagger(2)
    for weight in composed.trainable_variables:
        weight.assign_add(tf.random.stateless_normal(weight.shape, [1, 2], stddev=0.1))
    fold(composed, plain)
    kernel = plain.heads["feats"].kernel.numpy()
    scale = np.linalg.svd(kernel, compute_uv=False)
    assert scale[1] > 1e-2
    assert scale[2] < 1e-6
    start_from(again, plain, frozenset({"upos", "feats"}))
    for task, logits in again(INPUTS).items():
        np.testing.assert_allclose(logits, plain(INPUTS)[task], atol=1e-5)


def test_a_start_from_a_kernel_of_a_higher_rank_is_the_nearest():
    plain, composed = DESCRIPTION.create_tagger(), _composed_tagger(2)
    kernel = np.random.default_rng(0).normal(size=[12, 4]).astype(np.float32)
    plain.heads["feats"].kernel.assign(kernel)
    start_from(composed, plain, frozenset({"feats"}))
    fold(composed, plain)
    left, scale, right = np.linalg.svd(kernel, full_matrices=False)
    nearest = (left[:, :2] * scale[:2]) @ right[:2]
    np.testing.assert_allclose(plain.heads["feats"].kernel, nearest, atol=1e-5)


def test_start_from_a_tagger():
    """Its encoder, and of its heads those that are wanted."""
    plain = DESCRIPTION.create_tagger()
    for tasks in (frozenset(), frozenset({"feats"}), frozenset({"upos", "feats"})):
        composed = _composed_tagger()
        start_from(composed, plain, tasks)
        inputs = {"input_ids": INPUTS["input_ids"]}
        np.testing.assert_allclose(
            plain.encoder(inputs).sequence, composed.encoder(inputs).sequence, atol=1e-6
        )
        for task, logits in composed(INPUTS).items():
            assert np.allclose(logits, plain(INPUTS)[task], atol=1e-5) == (task in tasks)


@pytest.mark.parametrize("task", ["upos", "feats"])
def test_gradient_reaches_shared_parts(task):
    composed = _composed_tagger()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.nn.log_softmax(composed(INPUTS)[task])[:, 0])
    ngrams = composed.encoder.embedding_layer.ngram_embeddings
    gradient = tape.gradient(loss, ngrams)
    assert isinstance(gradient, tf.IndexedSlices)
    assert np.abs(gradient.values).max() > 0
