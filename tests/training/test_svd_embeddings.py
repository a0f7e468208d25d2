import numpy as np
import pytest

from minibert.errors import InputError
from minibert.models.trained_model import load_trained_model
from minibert.training.svd_embeddings import project, svd_initializer


def test_projection_is_the_singular_value_decomposition():
    table = np.random.default_rng(3).normal(size=[50, 8]).astype(np.float32)
    left, values, _ = np.linalg.svd(table, full_matrices=False)
    expected = left[:, :3] * values[:3]
    found = project(table, 3)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(project(table, 8) @ project(table, 8).T, table @ table.T, atol=1e-3)
    assert project(table, 11).shape == (50, 11)


def test_student_starts_from_the_table_of_its_teacher(demo_model):
    """In a space of as many dimensions all inner products are the same."""
    model = load_trained_model(demo_model)
    student = model.description.create_tagger()
    others = [w.numpy() for w in student.weights if w is not student.encoder.word_embeddings]
    assert svd_initializer(str(demo_model), model.description.vocab)(student) == frozenset()
    table, expected = (t.encoder.word_embeddings.numpy() for t in (student, model.tagger))
    np.testing.assert_allclose(table @ table.T, expected @ expected.T, atol=1e-5)
    left = [w.numpy() for w in student.weights if w is not student.encoder.word_embeddings]
    for before, after in zip(others, left, strict=True):
        np.testing.assert_array_equal(before, after)


def test_teacher_with_another_vocabulary(demo_model):
    with pytest.raises(InputError, match="has another vocabulary than --vocab_file"):
        svd_initializer(str(demo_model), ["[PAD]", "[UNK]"])
