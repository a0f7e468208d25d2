"""Models of random weights: as fast as trained ones."""

from pathlib import Path

from minibert.models.best_epoch import keep_best
from minibert.models.tagger import Tagger
from minibert.models.trained_model import ModelDescription


def save_random_model(description: ModelDescription, model_dir: Path) -> Tagger:
    """Writes a model of random weights into a new directory, and gives its network."""
    model_dir.mkdir()
    description.save(model_dir)
    tagger = description.create_tagger()
    keep_best(model_dir, tagger, epoch=1, score=0.0, scores={})
    return tagger
