import numpy as np
import tensorflow as tf

from minibert.models.composition import fold, start_from
from minibert.models.trained_rows import TrainedRows
from tests.models.test_composition import CONFIG, DESCRIPTION, INPUTS, VOCAB

# Those of `INPUTS`, and no other.
MET = np.array(
    [piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "Ab", "##ab", "b") for piece in VOCAB]
)


def test_trains_the_rows_that_are_met_and_leaves_the_others():
    plain = DESCRIPTION.create_tagger(dropout=0.0)
    trained = DESCRIPTION.create_tagger(dropout=0.0, embedding_layer=TrainedRows(MET, CONFIG))
    start_from(trained, plain, frozenset({"upos", "feats"}))
    assert trained.encoder.embedding_tables[0].shape == [7, CONFIG.hidden_size]
    for task, logits in plain.logits(INPUTS).items():
        np.testing.assert_allclose(trained.logits(INPUTS)[task], logits, atol=1e-6)
    before = plain.encoder.word_embeddings.numpy()
    trained.encoder.embedding_tables[0].assign_add(tf.ones([7, CONFIG.hidden_size]))
    fold(trained, plain)
    expected = before + MET[:, np.newaxis]
    np.testing.assert_allclose(plain.encoder.word_embeddings, expected, atol=1e-6)
    for task, logits in trained.logits(INPUTS).items():
        np.testing.assert_allclose(plain.logits(INPUTS)[task], logits, atol=1e-6)


def test_gradients_are_of_rows():
    layer = TrainedRows(MET, CONFIG)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(tf.constant([[4, 7, 4]])))
    gradient = tape.gradient(total, layer.embeddings)
    assert isinstance(gradient, tf.IndexedSlices)
    # The seventh piece has no row, so that the last is at 6.
    assert gradient.indices.numpy().tolist() == [4, 6, 4]
