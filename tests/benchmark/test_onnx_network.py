"""The peer under onnxruntime is the same network."""

import numpy as np
import onnxruntime
import tensorflow as tf

from minibert.benchmark.onnx_network import write_onnx
from minibert.inference.bert_inference_network import BertInferenceNetwork
from tests.networks import bert_tagger, small_bert


def test_logits_are_those_of_the_inference_network(tmp_path):
    config = small_bert(
        vocab_size=50,
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=40,
        max_position_embeddings=32,
    )
    tagger = bert_tagger(config, {"upos": 5, "feats": 7})
    for weight in tagger.encoder.named_weights.values():
        weight.assign(tf.random.stateless_normal(weight.shape, [len(weight.name), 2], stddev=0.4))
    write_onnx(tmp_path / "model.onnx", config, tagger, pad_id=0)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    input_ids = np.array([[7, 3, 9, 11, 4, 8], [7, 20, 8, 0, 0, 0]], np.int32)
    word_positions = np.array([[1, 2, 4], [1, 0, 0]], np.int32)
    found = dict(
        zip(
            (output.name for output in session.get_outputs()),
            session.run(None, {"input_ids": input_ids, "word_positions": word_positions}),
            strict=True,
        )
    )
    padded = np.array([[1, 2, 4], [1, -1, -1]], np.int32)
    expected = BertInferenceNetwork(config, tagger).classify(
        {"input_ids": tf.constant(input_ids), "word_positions": tf.constant(padded)}
    )
    assert set(found) == set(expected)
    for task, logits in expected.items():
        np.testing.assert_allclose(found[task][padded >= 0], logits, rtol=2e-4, atol=2e-5)
