"""Networks for tests, of parts that are made elsewhere."""

from collections.abc import Mapping

from minibert.models.bert_config import BertConfig
from minibert.models.encoders import Encoder
from minibert.models.tagging_network import TaggingNetwork, create_heads


def bert_tagger(
    config: BertConfig,
    num_labels: Mapping[str, int],
    *,
    pad_id: int = 0,
    dropout: float = 0.1,
    xla: bool = False,
) -> TaggingNetwork:
    """A tagger with random weights."""
    heads = create_heads(num_labels, stddev=config.initializer_range)
    return TaggingNetwork(Encoder(config, pad_id=pad_id, xla=xla), heads, dropout=dropout)
