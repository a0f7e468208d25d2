from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.label_vocab import UNANNOTATED
from minibert.data.tasks import SENTENCE, TASKS
from minibert.models.encoder_kinds import PRESETS
from minibert.training.objectives.labels import LabelObjective
from tests.networks import bert_tagger, small_bert

CONFIG = small_bert(
    vocab_size=13,
)
# Two windows of 5 and 3 wordpieces, with 3 words and 1.
INPUT_IDS = tf.constant([[2, 7, 8, 9, 3], [2, 5, 3, 0, 0]])
POSITIONS = tf.constant([[1, 2, 3], [1, -1, -1]])


def _count(weights) -> int:
    return sum(int(np.prod(weight.shape)) for weight in weights)


@pytest.mark.parametrize(
    ("preset", "embeddings", "others"),
    [
        # Tsai et al. 2019, table 2: 120k x 256 and 2M; section 2.2: 120k x 768 and 86M.
        ("minibert", 119547 * 256, 2_501_376 + 65_792),
        ("mbert", 119547 * 768, 85_450_752 + 590_592),
    ],
)
def test_parameters(preset, embeddings, others):
    """The counts, derived below, and the pooler that the public checkpoints have."""
    config = PRESETS[preset]
    hidden, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    attention = 4 * (hidden * hidden + hidden)
    feed_forward = hidden * inner + inner + inner * hidden + hidden
    layer_norms = 2 * 2 * hidden
    layer = attention + feed_forward + layer_norms
    positions_and_types = (512 + 2) * hidden
    pooler = hidden * hidden + hidden
    assert layers * layer + positions_and_types + 2 * hidden + pooler == others

    tagger = bert_tagger(config, {"upos": 17})
    assert _count([tagger.encoder.word_embeddings]) == embeddings
    assert _count(tagger.encoder.other_weights) == others
    assert _count(tagger.heads["upos"].weights) == hidden * 17 + 17


def test_only_the_pooler_is_not_trained():
    tagger = bert_tagger(CONFIG, {"upos": 4})
    frozen = [w.name for w in tagger.weights if not any(w is t for t in tagger.trainable_variables)]
    assert len(frozen) == 2
    assert all("pooler" in name for name in frozen)


def test_logits_of_sentences_are_of_the_first_position(monkeypatch):
    """A row a window, beside those of words."""
    monkeypatch.setitem(TASKS, "genre", replace(TASKS["upos"], name="genre", level=SENTENCE))
    tagger = bert_tagger(CONFIG, {"upos": 4, "genre": 3})
    batch = {"input_ids": INPUT_IDS, "word_positions": POSITIONS}
    logits = tagger(batch)
    assert logits["upos"].shape == (4, 4)
    first = tagger.encoder({"input_ids": INPUT_IDS}).sequence[:, 0]
    np.testing.assert_allclose(logits["genre"], tagger.heads["genre"](first), atol=1e-6)
    labels = {"genre": tf.constant([[2], [UNANNOTATED]]), "group": tf.constant([0, 0])}
    objective = LabelObjective(["genre"])
    total, count = objective({**batch, **labels}, tagger.forward(batch))["genre"]
    assert int(count) == 1
    np.testing.assert_allclose(total, -tf.nn.log_softmax(logits["genre"])[0, 2], rtol=1e-5)


def test_logits_are_those_of_first_wordpieces():
    tagger = bert_tagger(CONFIG, {"upos": 4, "feats": 9})
    logits = tagger({"input_ids": INPUT_IDS, "word_positions": POSITIONS})
    encoded, hidden = tagger.encoder({"input_ids": INPUT_IDS})
    encoded = encoded.numpy()
    assert len(hidden) == CONFIG.num_hidden_layers
    np.testing.assert_array_equal(hidden[-1], encoded)
    assert np.abs(hidden[0] - encoded).max() > 1e-3
    first_pieces = np.stack([encoded[0, 1], encoded[0, 2], encoded[0, 3], encoded[1, 1]])
    for task, size in (("upos", 4), ("feats", 9)):
        kernel, bias = (weight.numpy() for weight in tagger.heads[task].weights)
        assert logits[task].shape == (4, size)
        np.testing.assert_allclose(logits[task], first_pieces @ kernel + bias, atol=1e-5)


def test_padding_changes_nothing():
    tagger = bert_tagger(CONFIG, {"upos": 4})
    alone = tagger({"input_ids": INPUT_IDS[1:, :3], "word_positions": POSITIONS[1:, :1]})
    padded = tagger({"input_ids": INPUT_IDS, "word_positions": POSITIONS})
    np.testing.assert_allclose(alone["upos"][0], padded["upos"][3], atol=1e-5)


def test_xla_computes_the_same():
    plain = bert_tagger(CONFIG, {"upos": 4})
    compiled = bert_tagger(CONFIG, {"upos": 4}, xla=True)
    compiled.set_weights(plain.get_weights())
    inputs = {"input_ids": INPUT_IDS, "word_positions": POSITIONS}
    np.testing.assert_allclose(plain(inputs)["upos"], compiled(inputs)["upos"], atol=1e-5)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(compiled(inputs, training=True)["upos"])
    gradient = tape.gradient(loss, compiled.encoder.word_embeddings)
    assert isinstance(gradient, tf.IndexedSlices), "the gradient is as large as the table"
