"""Networks for tests, of parts that are made elsewhere."""

from collections.abc import Mapping

from minibert.models.bert import BertEncoder
from minibert.models.bert_config import BertConfig
from minibert.models.tagging_network import TaggingNetwork, create_heads
from minibert.text.subword_features import INPUT_IDS


def small_bert(**values) -> BertConfig:
    """A configuration of odd sizes; `vocab_size` must be given."""
    sizes = {
        "hidden_size": 12,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "intermediate_size": 10,
        "max_position_embeddings": 11,
    }
    return BertConfig(**{**sizes, **values})


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
