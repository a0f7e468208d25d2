import numpy as np
import pytest
import tensorflow as tf

from minibert.data.label_vocab import UNANNOTATED, UNKNOWN
from minibert.evaluation.metrics import metric_of
from minibert.text.normalization import NFC
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.wordpiece_features import WordpieceFeatures
from minibert.training.objectives.labels import LabelObjective
from minibert.training.stage import Stage
from minibert.training.step_dropout import StepSeeds, seed_dropout
from minibert.training.train_step import TrainStep
from tests.networks import bert_tagger, small_bert
from tests.training.conftest import optimization

VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghi"]
FEATURIZER = SubwordFeaturizer(WordpieceFeatures(10, NFC, VOCAB))
BATCH = {
    "input_ids": tf.constant([[2, 7, 8, 9, 3], [2, 5, 3, 0, 0]]),
    "word_positions": tf.constant([[1, 3, -1], [1, -1, -1]]),
    "group": tf.constant([0, 1]),
    "upos": tf.constant([[3, 0, -1], [2, -1, -1]]),
    "feats": tf.constant([[1, -1, -1], [4, -1, -1]]),  # one label is unknown
}


def _tagger(dropout=0.0):
    config = small_bert(
        vocab_size=len(VOCAB),
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    return bert_tagger(config, {"upos": 4, "feats": 5}, dropout=dropout)


def _loss(tagger, step=0, feature_dropout=0.0, seed=7):
    seeds = StepSeeds(seed, tf.Variable(step, dtype=tf.int64))
    seed_dropout(tagger, seeds)
    stage = Stage(
        objectives=[LabelObjective(["upos", "feats"])],
        training=None,
        validation=None,
        metric=metric_of([]),
        epochs=1,
        optimization=optimization(0.1),
        featurizer=FEATURIZER,
        feature_dropout=feature_dropout,
    )
    return lambda batch: stage.losses(tagger, batch, seeds)


class _Reader:
    """Stands in for a network that is given a batch, to see it."""

    submodules = ()

    def forward(self, batch, training):
        assert training
        self.batch = batch
        return None


def _dropped(batch, **options):
    """What a network reads of a batch."""
    reader = _Reader()
    loss = _loss(reader, **options)
    with pytest.raises(AttributeError, match="logits"):
        loss({**BATCH, **batch})
    return reader.batch["input_ids"]


@pytest.mark.parametrize("missing", [UNKNOWN, UNANNOTATED])
def test_against_numpy(missing):
    tagger = _tagger()
    logits = tagger({name: BATCH[name] for name in ("input_ids", "word_positions")})
    losses = _loss(tagger)({**BATCH, "feats": tf.constant([[1, missing, -1], [4, -1, -1]])})
    for task, words, labels in (("upos", [0, 1, 2], [3, 0, 2]), ("feats", [0, 2], [1, 4])):
        of_task = logits[task].numpy().astype(np.float64)[words]
        log_probabilities = of_task - np.log(np.exp(of_task).sum(axis=1, keepdims=True))
        expected = -log_probabilities[np.arange(len(labels)), labels].sum()
        total, count = losses[task]
        np.testing.assert_allclose(total, expected, rtol=1e-5)
        assert int(count) == len(labels)


def test_wordpiece_dropout_spares_special_pieces():
    np.testing.assert_array_equal(
        _dropped(BATCH, feature_dropout=1.0 - 1e-9), [[2, 1, 1, 1, 3], [2, 1, 3, 0, 0]]
    )


def test_wordpiece_dropout_has_its_rate_and_is_a_function_of_the_step():
    ids = tf.fill([100, 100], 5)
    first, same, other = (
        _dropped({"input_ids": ids}, step=step, feature_dropout=0.3).numpy() for step in (4, 4, 5)
    )
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()
    assert 0.28 < (first == 1).mean() < 0.32


def test_dropout_is_a_function_of_seed_and_step():
    tagger = _tagger(dropout=0.4)

    def total(seed, step):
        seeds = StepSeeds(seed, tf.Variable(step, dtype=tf.int64))
        # One on the embeddings, one before the heads, four in each of the two layers.
        assert seed_dropout(tagger, seeds) == 2 + 4 * 2
        return float(_loss(tagger, step, seed=seed)(BATCH)["upos"][0])

    assert total(1, 0) == total(1, 0)
    assert len({total(1, 0), total(1, 1), total(2, 0)}) == 3


@pytest.mark.parametrize("touched", [True, False])
def test_a_step_moves_what_it_should_and_nothing_else(touched):
    tagger = _tagger()
    optimizer = optimization(0.1, touched_rows_only=touched).create_optimizer(
        tagger.trainable_variables,
        10,
        embedding_tables=[tagger.encoder.word_embeddings],
        heads=[],
    )
    step = TrainStep(
        _loss(tagger),
        tagger.trainable_variables,
        optimizer,
        clip_norm=1.0,
        strategy=tf.distribute.get_strategy(),
    )
    step.compile(
        {name: tf.TensorSpec([None] * value.ndim, value.dtype) for name, value in BATCH.items()}
    )
    before = [(weight, weight.numpy()) for weight in tagger.weights]
    pooler = [weight for weight in tagger.weights if "pooler" in weight.name]
    assert len(pooler) == 2
    result = step(BATCH)
    assert set(result) == {"upos", "feats", "gradient_norm"}
    still = {id(w) for w, value in before if np.array_equal(w, value)}
    assert still == {id(weight) for weight in pooler}
    # Of the table the rows of the batch, without padding.
    table = next(value for w, value in before if w is tagger.encoder.word_embeddings)
    rows = np.flatnonzero((tagger.encoder.word_embeddings.numpy() != table).any(axis=1))
    assert set(rows) <= {0, 2, 3, 5, 7, 8, 9}
    assert {2, 3, 5, 7, 8, 9} <= set(rows)
    assert int(optimizer.iterations) == 1


@pytest.mark.parametrize("clip_norm", [0.01, 0.0, 1e6])
def test_gradient_is_clipped_to_the_norm(clip_norm):
    """If it is greater; with 0 never."""
    tagger = _tagger()
    variables = tagger.trainable_variables
    optimizer = _Recorder()
    step = TrainStep(
        _loss(tagger),
        variables,
        optimizer,
        clip_norm=clip_norm,
        strategy=tf.distribute.get_strategy(),
    )
    norm = step._replica_step(BATCH)["gradient_norm"]
    assert float(norm) > 0.01
    expected = 0.01 if clip_norm == 0.01 else norm
    np.testing.assert_allclose(tf.linalg.global_norm(optimizer.gradients), expected, rtol=1e-4)


class _Recorder:
    """Stands in for an optimizer."""

    def apply_gradients(self, pairs, **_):
        self.gradients = [gradient for gradient, _ in pairs]
