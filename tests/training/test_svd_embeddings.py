import numpy as np
import pytest

from minibert.errors import InputError
from minibert.runs.trained_model import load_trained_model
from minibert.text.normalization import NFC
from minibert.text.wordpiece_features import WordpieceFeatures
from minibert.training.svd_embeddings import project, svd_initializer


def test_projection_is_the_singular_value_decomposition():
    table = np.random.default_rng(3).normal(size=[50, 8]).astype(np.float32)
    left, values, right = np.linalg.svd(table, full_matrices=False)
    # Of the two signs of a direction the one with which its greatest component is positive.
    signs = np.sign([direction[abs(direction).argmax()] for direction in right])
    expected = left * values * signs
    np.testing.assert_allclose(project(table, 3), expected[:, :3], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(project(table, 8) @ project(table, 8).T, table @ table.T, atol=1e-3)
    wider = np.pad(expected, [(0, 0), (0, 3)])
    np.testing.assert_allclose(project(table, 11), wider, rtol=1e-3, atol=1e-4)


def test_large_table_is_projected_in_blocks(monkeypatch):
    table = np.random.default_rng(3).normal(size=[50, 8]).astype(np.float32)
    whole = project(table, 3)
    monkeypatch.setattr("minibert.training.svd_embeddings._BLOCK_ROWS", 7)
    np.testing.assert_allclose(project(table, 3), whole, rtol=1e-5, atol=1e-6)


def test_student_starts_from_the_table_of_its_teacher(demo_model):
    """In a space of as many dimensions all inner products are the same."""
    model = load_trained_model(demo_model)
    student = model.description.create_tagger()
    others = [w.numpy() for w in student.weights if w is not student.encoder.word_embeddings]
    assert svd_initializer(str(demo_model), model.description.features)(student) == frozenset()
    table, expected = (t.encoder.word_embeddings.numpy() for t in (student, model.tagger))
    np.testing.assert_allclose(table @ table.T, expected @ expected.T, atol=1e-5)
    left = [w.numpy() for w in student.weights if w is not student.encoder.word_embeddings]
    for before, after in zip(others, left, strict=True):
        np.testing.assert_array_equal(before, after)


def test_teacher_with_another_vocabulary(demo_model):
    with pytest.raises(InputError, match="has another vocabulary than --vocab_file"):
        svd_initializer(str(demo_model), WordpieceFeatures(9, NFC, ["[PAD]", "[UNK]"]))
