"""What `--init_checkpoint` may name: a model of this package, or a public BERT checkpoint."""

from collections.abc import Sequence
from glob import escape
from pathlib import Path

from minibert.files import sha256
from minibert.models.bert_checkpoint import find_checkpoint, load_bert_weights
from minibert.models.bert_config import BertConfig
from minibert.models.tagger import Tagger
from minibert.models.trained_model import best_weights, is_model, load_encoder_weights


def load_initial_encoder(
    tagger: Tagger, bert_config: BertConfig, vocab: Sequence[str], init_checkpoint: str
) -> None:
    """Fills the encoder of a tagger; its heads stay as they are.

    Raises:
      InputError: as `load_encoder_weights` and `load_bert_weights`.
    """
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
