"""Networks for tests, of parts that are made elsewhere."""

from collections.abc import Mapping

from minibert.models.bert import BertEncoder
from minibert.models.bert_config import BertConfig
from minibert.models.tagging_network import TaggingNetwork, create_heads
from minibert.text.wordpiece_features import INPUT_IDS


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
    return TaggingNetwork(BertEncoder(config, {INPUT_IDS: pad_id}, xla=xla), heads, dropout=dropout)
