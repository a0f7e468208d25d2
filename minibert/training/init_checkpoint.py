"""What `--init_checkpoint` may name: a model of this package, or a public checkpoint."""

import sys
from pathlib import Path

from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.best_epoch import best_weights
from minibert.runs.trained_model import (
    ModelDescription,
    is_model,
    load_description,
    load_weights,
)
from minibert.weights.checkpoint_files import files_sha256, values_files
from minibert.weights.public_checkpoint import find_weights, load_encoder_weights


def load_initial_weights(
    description: ModelDescription, init_checkpoint: str, tagger: TaggingNetwork
) -> frozenset[str]:
    """Fills a tagger: of a public checkpoint the encoder; of a model also what it has of the heads.

    Returns:
      The tasks whose heads are filled.

    Raises:
      InputError: as `load_weights` and `load_encoder_weights`.
    """
    if is_model(init_checkpoint):
        before = load_description(init_checkpoint).features.normalization
        if before != description.features.normalization:
            print(
                f"{init_checkpoint} was trained with --unicode_normalization={before}, which this "
                "run does not keep: it matters for words that are not in NFC",
                file=sys.stderr,
            )
        filled = load_weights(tagger, description, init_checkpoint)
        for vocab in description.label_vocabs:
            number = f"{filled.get(vocab.task, 0):,} of {len(vocab):,}"
            print(f"{number} {vocab.task} labels start from {init_checkpoint}", file=sys.stderr)
        return frozenset(filled)
    load_encoder_weights(tagger.encoder, description.encoder, description.features, init_checkpoint)
    return frozenset()


def initial_weights(init_checkpoint: str) -> list[Path]:
    """The files of the weights.

    Raises:
      InputError: there is no checkpoint.
    """
    path = Path(init_checkpoint)
    return values_files(best_weights(path)) if is_model(path) else find_weights(path)


def fingerprint(init_checkpoint: str) -> str:
    """A checksum of the weights, the same wherever the files are.

    Raises:
      InputError: there is no checkpoint.
    """
    return files_sha256(initial_weights(init_checkpoint))
