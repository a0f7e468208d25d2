"""A student's word embeddings, from its teacher's (Mukherjee and Awadallah 2020, section 4.1)."""

from collections.abc import Iterator

import numpy as np

from minibert.errors import InputError
from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.trained_model import load_description, load_trained_model
from minibert.text.feature_spec import FeatureSpec
from minibert.text.subword_features import SpecialIds, SubwordFeatures
from minibert.training.stage_training import Initializer

# Rows that are in memory in double precision at a time.
_BLOCK_ROWS = 8192
_WITHOUT_TABLE = "--init_embeddings=svd: student and teacher must both have vectors of pieces"


def svd_initializer(teacher_dir: str, features: FeatureSpec) -> Initializer:
    """What fills the table of a student with that of the teacher, projected to its width.

    Args:
      teacher_dir: the teacher.
      features: what the student reads.

    Raises:
      InputError: the teacher cannot be loaded, or one of both reads no pieces.
    """
    of_teacher = load_description(teacher_dir).features
    if not (isinstance(features, SubwordFeatures) and isinstance(of_teacher, SubwordFeatures)):
        raise InputError(f"{_WITHOUT_TABLE}; leave it out")

    def initialize(tagger: TaggingNetwork) -> frozenset[str]:
        source = load_trained_model(teacher_dir).tagger.encoder.embedding_layer
        target = tagger.encoder.embedding_layer
        if source is None or target is None:
            raise InputError(f"{_WITHOUT_TABLE}; leave it out")
        table = source.embeddings.numpy()
        if features.sha256 != of_teacher.sha256:
            table = translated(table, of_teacher, features)
        target.embeddings.assign(project(table, target.embeddings.shape[1]))
        return frozenset()

    return initialize


def translated(
    table: np.ndarray, of_teacher: SubwordFeatures, of_student: SubwordFeatures
) -> np.ndarray:
    """The rows of a teacher's table for the pieces of a student of another vocabulary.

    A piece has the row of the teacher's piece of the same string that stands in the same place, at
    the start of words or inside; another the mean of those that the teacher's tokenizer makes of
    it; a special piece that of its counterpart, or of the unknown piece.

    Args:
      table: float32 `[rows, width]`, of the teacher.
      of_teacher: its pieces.
      of_student: those of the student.

    Returns:
      float32 `[pieces of the student, width]`.
    """
    ids = [*_teacher_pieces(of_teacher, of_student)]
    splits = np.cumsum([0, *map(len, ids)])[:-1]
    sums = np.add.reduceat(table[np.concatenate(ids)], splits, axis=0)
    return sums / np.array([len(of_piece) for of_piece in ids], np.float32)[:, np.newaxis]


def _teacher_pieces(
    of_teacher: SubwordFeatures, of_student: SubwordFeatures
) -> Iterator[list[int]]:
    """The teacher's pieces of each of the student's, one at least."""
    tokenizer = of_teacher.python_tokenizer()
    pieces = of_teacher.pieces
    places = {
        (piece.text, piece.starts_word): index
        for index, piece in enumerate(pieces)
        if not piece.is_special
    }
    special = dict(
        zip(_special_ids(of_student.python_tokenizer()), _special_ids(tokenizer), strict=True)
    )
    for index, piece in enumerate(of_student.pieces):
        same = places.get((piece.text, piece.starts_word))
        if index in special:
            yield [special[index]]
        elif piece.is_special:
            yield [tokenizer.unk_id]
        elif same is not None:
            yield [same]
        else:
            # Without the mark of a word, which stands for no character, unless there is no more.
            found = list(tokenizer.tokenize(piece.text))
            found = [i for i in found if pieces[i].text] or found
            if not piece.starts_word:
                # Cut as a word, whose first piece may have a twin inside of words.
                found[0] = places.get((pieces[found[0]].text, False), found[0])
            yield found


def _special_ids(tokenizer: SpecialIds) -> tuple[int, ...]:
    return tokenizer.pad_id, tokenizer.unk_id, tokenizer.cls_id, tokenizer.sep_id


def project(table: np.ndarray, width: int) -> np.ndarray:
    """The rows of a table in the space of its greatest singular values.

    The best approximation of their inner products in so many dimensions: U S of the singular value
    decomposition, cut off (Eckart and Young 1936; Mukherjee and Awadallah 2020, section 4.1).

    Args:
      table: float32 `[rows, columns]`.
      width: how many dimensions; with more than there are columns, the others are zero.

    Returns:
      float32 `[rows, width]`.
    """
    # The right singular vectors are the eigenvectors of the Gram matrix, in rising order.
    blocks = np.array_split(table, 1 + len(table) // _BLOCK_ROWS)
    gram = sum(block.T.astype(np.float64) @ block for block in blocks)
    _, vectors = np.linalg.eigh(gram)
    kept = vectors[:, ::-1][:, :width]
    # Of the two signs of each the one that is the same on every machine.
    kept = kept * np.sign(np.take_along_axis(kept, np.abs(kept).argmax(0)[np.newaxis], axis=0))
    projected = np.concatenate([(block @ kept).astype(np.float32) for block in blocks])
    return np.pad(projected, [(0, 0), (0, width - kept.shape[1])])
