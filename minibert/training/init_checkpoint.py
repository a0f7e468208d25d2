"""What `--init_checkpoint` may name: a model of this package, or a public BERT checkpoint."""

import sys
from pathlib import Path

from minibert.models.bert_checkpoint import find_checkpoint, load_bert_weights
from minibert.models.best_epoch import best_weights
from minibert.models.checkpoint_files import checkpoint_sha256
from minibert.models.tagger import Tagger
from minibert.models.trained_model import (
    ModelDescription,
    is_model,
    load_description,
    load_weights,
)


def load_initial_weights(
    description: ModelDescription, init_checkpoint: str, tagger: Tagger
) -> frozenset[str]:
    """Fills a tagger: of a public checkpoint the encoder; of a model also what it has of the heads.

    Returns:
      The tasks whose heads are filled.

    Raises:
      InputError: as `load_weights` and `load_bert_weights`.
    """
    if is_model(init_checkpoint):
        before = load_description(init_checkpoint).normalization
        if before != description.normalization:
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
    load_bert_weights(tagger.encoder, description.bert_config, description.vocab, init_checkpoint)
    return frozenset()


def initial_weights(init_checkpoint: str) -> Path:
    """The prefix of the files of the weights.

    Raises:
      InputError: there is no checkpoint.
    """
    path = Path(init_checkpoint)
    return best_weights(path) if is_model(path) else find_checkpoint(path)


def fingerprint(init_checkpoint: str) -> str:
    """A checksum of the weights, the same wherever the files are.

    Raises:
      InputError: there is no checkpoint.
    """
    return checkpoint_sha256(initial_weights(init_checkpoint))
