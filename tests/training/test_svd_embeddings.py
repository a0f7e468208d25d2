import numpy as np
import pytest

from minibert.errors import InputError
from minibert.runs.trained_model import load_trained_model
from minibert.text.feature_kinds import features_of_vocab
from minibert.text.feature_spec import Piece
from minibert.text.normalization import NFC
from minibert.text.wordpiece_features import WordpieceFeatures
from minibert.training.svd_embeddings import project, svd_initializer, translated
from tests.test_new_encoder import ToyFeatures


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


def _rows_of(table, of_teacher, of_student):
    """Of each piece of the student, by its place in the vocabulary, the pieces of the teacher."""
    return translated(table.astype(np.float32), of_teacher, of_student)


def test_pieces_of_another_vocabulary():
    """The row of the same string in the same place, or the mean of those it is cut into."""
    special = ["[SEP]", "[UNK]", "[CLS]", "[PAD]"]
    teacher = WordpieceFeatures(9, NFC, [*special, "ab", "##ab", "a", "##c", "b", "\u8a9e"])
    student = WordpieceFeatures(
        9,
        NFC,
        [
            *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
            *("ab", "##ab", "abc", "##abc", "ac", "##b", "x", "\u8a9e", "##\u8a9e", "##a"),
        ],
    )
    one_hot = np.eye(len(teacher.vocab))
    found = _rows_of(one_hot, teacher, student)
    expected = [
        *(["[PAD]"], ["[UNK]"], ["[CLS]"], ["[SEP]"], ["[UNK]"]),
        *(["ab"], ["##ab"], ["ab", "##c"], ["##ab", "##c"], ["a", "##c"]),
        # The teacher has none inside of words, and none at all.
        *(["b"], ["[UNK]"], ["\u8a9e"], ["\u8a9e"], ["a"]),
    ]
    for row, pieces in zip(found, expected, strict=True):
        mean = np.mean([one_hot[teacher.vocab.index(piece)] for piece in pieces], axis=0)
        np.testing.assert_allclose(row, mean, atol=1e-7)


def test_wordpieces_from_sentencepiece(encoder_dir):
    """The mark of a word is no string: a Chinese word is not also the mean of marks."""
    teacher = features_of_vocab(
        encoder_dir / "sentencepiece.bpe.model", max_length=9, normalization=NFC
    )
    student = WordpieceFeatures(
        9, NFC, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "##ing", "ing", "\u8239", "##s", "."]
    )
    pieces = list(teacher.pieces)
    numbers = np.arange(len(pieces), dtype=np.float32)[:, np.newaxis]
    found = [pieces[round(float(row[0]))] for row in translated(numbers, teacher, student)]
    assert [piece.text for piece in found[:4]] == ["<pad>", "<unk>", "<s>", "</s>"]
    assert found[4:] == [
        *(Piece("the"), Piece("ing", False), Piece("ing"), Piece("\u8239", False)),
        *(Piece("s", False), Piece(".", False)),
    ]


def test_encoders_without_pieces(demo_model):
    with pytest.raises(InputError, match="must both have vectors of pieces; leave it out"):
        svd_initializer(str(demo_model), ToyFeatures(9, NFC))
