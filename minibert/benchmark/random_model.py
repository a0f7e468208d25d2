"""Models of random weights: as fast as trained ones."""

from pathlib import Path

import tensorflow as tf

from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.best_epoch import keep_best
from minibert.runs.trained_model import ModelDescription


def save_random_model(description: ModelDescription, model_dir: Path) -> TaggingNetwork:
    """Writes a model of random weights into a new directory, and gives its network."""
    model_dir.mkdir()
    description.save(model_dir)
    tagger = description.create_tagger()
    # Biases of zeros and scales of ones are optimized away, those of a trained model are not.
    biases = [head.bias for head in tagger.heads.values()]
    of_encoder = tagger.encoder.named_weights.items()
    biases += [w for name, w in of_encoder if name.endswith(("/bias", "/beta", "/gamma"))]
    for weight in biases:
        weight.assign_add(tf.random.normal(weight.shape, stddev=0.02))
    keep_best(model_dir, tagger, epoch=1, score=0.0, scores={})
    return tagger
