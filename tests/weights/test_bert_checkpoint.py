"""Public checkpoints: both formats, against a forward pass written from the papers in NumPy."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from official.nlp.modeling import models, networks

from minibert.errors import InputError
from minibert.models.bert import BertEncoder
from minibert.weights.bert_checkpoint import find_checkpoint, load_bert_weights
from tests.networks import bert_tagger, small_bert
from tests.public_bert import forward, random_weights, write_checkpoint

CONFIG = small_bert(
    vocab_size=13,
    type_vocab_size=2,
)
VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghi"]
INPUT_IDS = np.array([[2, 7, 8, 9, 3], [2, 5, 3, 0, 0]])


def _encoder() -> BertEncoder:
    return bert_tagger(CONFIG, {"upos": 4}).encoder


def _encode(encoder: BertEncoder) -> np.ndarray:
    ids = tf.constant(INPUT_IDS, tf.int32)
    return encoder({"input_ids": ids}).sequence.numpy()


def test_encoder_computes_what_the_papers_say(tmp_path):
    weights = random_weights(CONFIG)
    prefix = write_checkpoint(tmp_path / "bert_model.ckpt", weights)
    encoder = _encoder()
    load_bert_weights(encoder, CONFIG, VOCAB, prefix)
    expected = forward(weights, CONFIG, INPUT_IDS)
    real = INPUT_IDS != 0
    np.testing.assert_allclose(_encode(encoder)[real], expected[real], atol=1e-5, rtol=0)
    pooler = encoder.named_weights["pooler_transform/kernel"]
    np.testing.assert_array_equal(pooler, weights["bert/pooler/dense/kernel"])


@pytest.mark.parametrize("name", ["encoder", "model"])
@pytest.mark.parametrize("pretrainer", [False, True])
def test_model_garden_checkpoint(tmp_path, name, pretrainer):
    """With or without heads of pre-training, beside either kind of optimizer."""
    garden = networks.BertEncoder(
        vocab_size=CONFIG.vocab_size,
        hidden_size=CONFIG.hidden_size,
        num_layers=CONFIG.num_hidden_layers,
        num_attention_heads=CONFIG.num_attention_heads,
        intermediate_size=CONFIG.intermediate_size,
        max_sequence_length=CONFIG.max_position_embeddings,
        type_vocab_size=CONFIG.type_vocab_size,
        dict_outputs=True,
    )
    saved = garden
    if pretrainer:
        saved = models.BertPretrainerV2(encoder_network=garden)
        saved(saved.inputs)
    optimizer = (
        tf_keras.optimizers.legacy.Adam() if name == "model" else tf_keras.optimizers.AdamW()
    )
    gradients = [tf.ones_like(variable) for variable in garden.trainable_variables]
    optimizer.apply_gradients(zip(gradients, garden.trainable_variables, strict=True))
    step = tf.Variable(7, dtype=tf.int64)
    tf.train.Checkpoint(**{name: saved}, optimizer=optimizer, global_step=step).save(
        str(tmp_path / "bert_model.ckpt")
    )
    encoder = _encoder()
    load_bert_weights(encoder, CONFIG, VOCAB, tmp_path)
    inputs = {
        "input_word_ids": INPUT_IDS,
        "input_mask": (INPUT_IDS != 0).astype(np.int32),
        "input_type_ids": np.zeros_like(INPUT_IDS),
    }
    expected = garden(inputs)["sequence_output"].numpy()
    real = INPUT_IDS != 0
    np.testing.assert_allclose(_encode(encoder)[real], expected[real], atol=1e-5, rtol=0)


QUERY = "bert/encoder/layer_1/attention/self/query/kernel"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop(QUERY), "transformer/layer_1/self_attention/query/kernel is missing"),
        (lambda w: w.update({QUERY: np.zeros([12, 4], np.float32)}), f"{QUERY} has shape"),
        (lambda w: w.update({QUERY: w[QUERY].astype(np.float64)}), f"{QUERY} is float64"),
        (
            lambda w: w.update({QUERY.replace("_1", "_2"): w[QUERY]}),
            f"{QUERY.replace('_1', '_2')} is left over",
        ),
        (
            lambda w: w.update({"word_embeddings/embeddings": np.zeros([13, 12], np.float32)}),
            "word_embeddings/embeddings is there twice",
        ),
    ],
)
def test_all_that_does_not_fit_is_named(tmp_path, change, message):
    weights = random_weights(CONFIG)
    change(weights)
    prefix = write_checkpoint(tmp_path / "bert_model.ckpt", weights)
    encoder = _encoder()
    before = [weight.numpy() for weight in encoder.weights]
    with pytest.raises(InputError) as error:
        load_bert_weights(encoder, CONFIG, VOCAB, prefix)
    assert message in str(error.value)
    assert prefix in str(error.value)
    assert "\n" not in str(error.value)
    for one, two in zip(before, encoder.weights, strict=True):
        np.testing.assert_array_equal(one, two)


def test_long_lists_are_cut(tmp_path):
    weights = {"bert/embeddings/word_embeddings": np.zeros([13, 12], np.float32)}
    prefix = write_checkpoint(tmp_path / "bert_model.ckpt", weights)
    with pytest.raises(InputError, match=r"; and \d\d more; give"):
        load_bert_weights(_encoder(), CONFIG, VOCAB, prefix)


def test_companions_must_agree(tmp_path):
    write_checkpoint(tmp_path / "bert_model.ckpt", random_weights(CONFIG))
    (tmp_path / "vocab.txt").write_text("\n".join([*VOCAB[:-1], "z"]))
    with pytest.raises(InputError, match=r"vocab.txt: differs from the --vocab_file"):
        load_bert_weights(_encoder(), CONFIG, VOCAB, tmp_path)
    config = {**CONFIG.to_dict(), "hidden_act": "relu"}
    (tmp_path / "bert_config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"bert_config.json: another encoder than --bert_config"):
        load_bert_weights(_encoder(), CONFIG, VOCAB, tmp_path)


def test_damaged_checkpoint_is_refused(tmp_path):
    prefix = tmp_path / "bert_model.ckpt"
    write_checkpoint(prefix, random_weights(CONFIG))
    data = tmp_path / "bert_model.ckpt.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:1000])
    with pytest.raises(InputError, match="damaged, cut short"):
        load_bert_weights(_encoder(), CONFIG, VOCAB, prefix)
    (tmp_path / "bert_model.ckpt.index").write_bytes(b"x" * 300)
    with pytest.raises(InputError, match="damaged, cut short"):
        load_bert_weights(_encoder(), CONFIG, VOCAB, prefix)


def test_a_directory_must_hold_one_checkpoint(tmp_path):
    with pytest.raises(InputError, match="no such checkpoint"):
        find_checkpoint(tmp_path / "none")
    with pytest.raises(InputError, match=r"found no \*.index file"):
        find_checkpoint(tmp_path)
    (tmp_path / "a.ckpt-1.index").touch()
    assert find_checkpoint(tmp_path) == tmp_path / "a.ckpt-1"
    (tmp_path / "b.index").touch()
    with pytest.raises(InputError, match=r"found a.ckpt-1.index, b.index"):
        find_checkpoint(tmp_path)
