"""What `--init_checkpoint` may name: a model of this package, or a public BERT checkpoint."""

from glob import escape
from pathlib import Path

from minibert.files import sha256
from minibert.models.bert_checkpoint import find_checkpoint, load_bert_weights
from minibert.models.tagger import Tagger
from minibert.models.trained_model import (
    ModelDescription,
    best_weights,
    is_model,
    load_encoder_weights,
)


def load_initial_encoder(
    description: ModelDescription, init_checkpoint: str, tagger: Tagger
) -> None:
    """Fills the encoder of a tagger; its heads stay as they are.

    Raises:
      InputError: as `load_encoder_weights` and `load_bert_weights`.
    """
    bert_config, vocab = description.bert_config, description.vocab
    if is_model(init_checkpoint):
        load_encoder_weights(tagger, bert_config, vocab, init_checkpoint)
    else:
        load_bert_weights(tagger.encoder, bert_config, vocab, init_checkpoint)


def fingerprint(init_checkpoint: str) -> str:
    """A checksum of the weights, the same wherever the files are.

    Raises:
      InputError: there is no checkpoint.
    """
    path = Path(init_checkpoint)
    prefix = best_weights(path) if is_model(path) else find_checkpoint(path)
    shards = sorted(prefix.parent.glob(f"{escape(prefix.name)}.data-*"))
    return " ".join(sha256(shard) for shard in shards)
