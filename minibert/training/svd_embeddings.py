"""A student's word embeddings, from its teacher's (Mukherjee and Awadallah 2020, section 4.1)."""

import numpy as np

from minibert.errors import InputError
from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.trained_model import load_description, load_trained_model
from minibert.text.feature_spec import FeatureSpec
from minibert.training.stage_training import Initializer

# Rows that are in memory in double precision at a time.
_BLOCK_ROWS = 8192


def svd_initializer(teacher_dir: str, features: FeatureSpec) -> Initializer:
    """What fills the table of a student with that of the teacher, projected to its width.

    Args:
      teacher_dir: the teacher.
      features: what the student reads.

    Raises:
      InputError: the teacher cannot be loaded, or has another vocabulary.
    """
    if load_description(teacher_dir).features.sha256 != features.sha256:
        raise InputError(f"{teacher_dir}: has another vocabulary than --vocab_file")

    def initialize(tagger: TaggingNetwork) -> frozenset[str]:
        teacher = load_trained_model(teacher_dir).tagger
        source, target = (t.encoder.embedding_layer for t in (teacher, tagger))
        if source is None or target is None:
            raise InputError("--init_embeddings=svd: student and teacher must have word embeddings")
        target.embeddings.assign(project(source.embeddings.numpy(), target.embeddings.shape[1]))
        return frozenset()

    return initialize


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
