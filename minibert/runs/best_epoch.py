"""The best epoch of a run, on disk: `best.json` with its scores, and its weights beside it.

MODEL_DIR/
  best.json         epoch, score and weight file
  weights-00007.*   the weights of that epoch
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import tensorflow as tf

from minibert.errors import InputError
from minibert.json_files import Count, Fraction, Positive, read_json, write_json
from minibert.models.tagging_network import TaggingNetwork
from minibert.weights.checkpoint_files import CheckpointName, remove_checkpoints, write_checkpoint

_BEST = "best.json"
_WEIGHTS = "weights"
REMEDY = "give the --model_dir of a finished epoch of fine_tune.py or distill.py"


@dataclass(frozen=True)
class Best:
    """The best epoch of a run so far, as in `best.json`.

    Attributes:
      epoch: counted from 1.
      score: what it was chosen by.
      weights: the name of its checkpoint.
      scores: a score by task.
      stage: the stage that it is of, counted from 0.
    """

    epoch: Positive
    score: Fraction
    weights: CheckpointName
    scores: Mapping[str, Fraction]
    stage: Count = 0


def read_best(model_dir: Path) -> Best:
    """Reads `best.json`.

    Raises:
      InputError: it is not there, or not as `keep_best` writes it.
    """
    if not has_best(model_dir):
        raise InputError(f"{model_dir}: no {_BEST} there, so no finished epoch; {REMEDY}")
    return read_json(model_dir / _BEST, Best, REMEDY)


def has_best(model_dir: Path) -> bool:
    """Whether an epoch is finished."""
    return (model_dir / _BEST).exists()


def best_weights(model_dir: Path) -> Path:
    """The prefix of the checkpoint of the best epoch.

    Raises:
      InputError: as `read_best`.
    """
    return model_dir / read_best(model_dir).weights


def keep_best(
    model_dir: Path,
    tagger: TaggingNetwork,
    *,
    epoch: int,
    score: float,
    scores: Mapping[str, float],
    stage: int = 0,
) -> None:
    """Writes weights and `best.json` if an epoch is the best so far; removes all other weights.

    The first epoch of a stage is better than all of the stage before, by whatever they were judged.

    Args:
      model_dir: the directory.
      tagger: has the weights.
      epoch: counted from 1.
      score: what the best epoch is chosen by.
      scores: by task.
      stage: counted from 0.
    """
    best = read_best(model_dir) if has_best(model_dir) else None
    if best is None or stage > best.stage or score > best.score:
        weights = write_checkpoint(
            tf.train.Checkpoint(tagger=tagger),
            model_dir,
            _WEIGHTS,
            epoch,
            current=best.weights if best else None,
        )
        best = Best(epoch, score, weights, dict(scores), stage)
        write_json(model_dir / _BEST, asdict(best))
    remove_checkpoints(model_dir, _WEIGHTS, but=best.weights)
