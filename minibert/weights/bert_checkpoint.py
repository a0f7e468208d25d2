"""Weights of public BERT checkpoints, in the formats in which they are published.

Two formats are read, both as TensorFlow checkpoint files `PREFIX.index` and `PREFIX.data-*`:

* that of google-research/bert (TensorFlow 1): variables by name, `bert/embeddings/...`;
* that of the TensorFlow model garden (TensorFlow 2): an object graph that holds an encoder.

Weights of pre-training heads, optimizer slots and step counts are left aside. `hugging_face` reads
those of the third form in which encoders are published.
"""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from minibert.errors import InputError
from minibert.models.bert import BertEncoder
from minibert.models.bert_config import BertConfig
from minibert.models.encoder_kinds import read_encoder_config
from minibert.text.vocab import read_vocab
from minibert.weights.checkpoint_files import (
    OBJECT_GRAPH,
    object_graph,
    open_checkpoint,
    read_tensor,
)
from minibert.weights.filling import MAX_LISTED, StoredWeight, fill

BERT_CONFIG_NAME, VOCAB_NAME = "bert_config.json", "vocab.txt"
_REMEDY = "give the directory or prefix of a BERT checkpoint, and the --bert_config that is its own"

_FORMS = (
    "a directory of Hugging Face with config.json and model.safetensors, or the directory or "
    "prefix of a BERT checkpoint of TensorFlow"
)
# Names of google-research/bert, and what they are called in the model garden and here.
_RENAMINGS = (
    (r"bert/embeddings/word_embeddings", "word_embeddings/embeddings"),
    (r"bert/embeddings/position_embeddings", "position_embedding/embeddings"),
    (r"bert/embeddings/token_type_embeddings", "type_embeddings/embeddings"),
    (r"bert/embeddings/LayerNorm/", "embeddings/layer_norm/"),
    (r"bert/encoder/(layer_\d+)/attention/self/", r"transformer/\1/self_attention/"),
    (
        r"bert/encoder/(layer_\d+)/attention/output/dense/",
        r"transformer/\1/self_attention/attention_output/",
    ),
    (
        r"bert/encoder/(layer_\d+)/attention/output/LayerNorm/",
        r"transformer/\1/self_attention_layer_norm/",
    ),
    (r"bert/encoder/(layer_\d+)/intermediate/dense/", r"transformer/\1/intermediate/"),
    (r"bert/encoder/(layer_\d+)/output/dense/", r"transformer/\1/output/"),
    (r"bert/encoder/(layer_\d+)/output/LayerNorm/", r"transformer/\1/output_layer_norm/"),
    (r"bert/pooler/dense/", "pooler_transform/"),
)
# Heads of pre-training, slots of the optimizer, counts of steps.
_NOT_OF_ENCODER = re.compile(
    r"(^|/)(cls|predictions|classification|next_sentence|optimizer)/"
    r"|(^|/)(global_step|save_counter|step)$"
    r"|/(adam_[mv]|Adam(_\d+)?|m|v)$"
)
# Of an object graph, what hangs on the checkpoint beside the encoder.
_NOT_OF_ENCODER_KEY = re.compile(r"^(optimizer|global_step|save_counter|step)/|/\.OPTIMIZER_SLOT/")


def find_checkpoint(path: str | Path) -> Path:
    """The prefix of the checkpoint that a path means.

    Args:
      path: the prefix itself, or a directory with one checkpoint in it.

    Raises:
      InputError: there is none, or more than one.
    """
    path = Path(path)
    if Path(f"{path}.index").is_file():
        return path
    if path.is_file():
        raise InputError(f"{path}: a file; give the directory that it is in, {_FORMS}")
    if not path.is_dir():
        raise InputError(
            f"{path}: no such checkpoint; one of a hub must be downloaded first; give {_FORMS}"
        )
    found = sorted(path.glob("*.index"))
    if len(found) != 1:
        names = ", ".join(file.name for file in found[:MAX_LISTED]) or "no *.index file"
        raise InputError(f"{path}: expected one checkpoint in it, found {names}; give {_FORMS}")
    return found[0].with_suffix("")


def load_bert_weights(
    encoder: BertEncoder, config: BertConfig, vocab: Sequence[str], path: str | Path
) -> None:
    """Fills every weight of an encoder from a public checkpoint, each once.

    A `bert_config.json` and a `vocab.txt` beside the checkpoint must agree with what is given.

    Args:
      encoder: the encoder.
      config: its shape.
      vocab: its wordpieces.
      path: see `find_checkpoint`.

    Raises:
      InputError: the files cannot be read or do not agree; weights are missing, left over, there
        twice, or of another shape or type. All of them are looked for before one is filled, and
        are named.
    """
    prefix = find_checkpoint(path)
    _check_companions(prefix.parent, config, vocab)
    with open_checkpoint(prefix, _REMEDY) as reader:
        shapes = reader.get_variable_to_shape_map()
        dtypes = reader.get_variable_to_dtype_map()
        stored = [
            StoredWeight(
                name, key, shapes[key], dtypes[key].name, partial(read_tensor, reader, key)
            )
            for name, key in _entries(reader)
        ]
        fill(encoder.named_weights, stored, source=str(prefix), remedy=_REMEDY, dtypes=["float32"])


def _check_companions(directory: Path, config: BertConfig, vocab: Sequence[str]) -> None:
    """Checks the files that are published beside a checkpoint, where they are there."""
    if (directory / BERT_CONFIG_NAME).is_file():
        published = read_encoder_config(directory / BERT_CONFIG_NAME)
        if published.shape != config.shape:
            raise InputError(
                f"{directory / BERT_CONFIG_NAME}: another encoder than --bert_config; {_REMEDY}"
            )
    if (directory / VOCAB_NAME).is_file() and read_vocab(directory / VOCAB_NAME) != list(vocab):
        raise InputError(f"{directory / VOCAB_NAME}: differs from the --vocab_file; give this one")


def _entries(reader: Any) -> list[tuple[str, str]]:
    """The weights in a checkpoint but for those of heads: our name, and the key there."""
    keys = sorted(reader.get_variable_to_shape_map())
    if OBJECT_GRAPH in keys:
        named = [
            (attribute.full_name or attribute.checkpoint_key, attribute.checkpoint_key)
            for node in object_graph(reader).nodes
            for attribute in node.attributes
            if not _NOT_OF_ENCODER_KEY.search(attribute.checkpoint_key)
        ]
    else:
        named = [(_rename(key), key) for key in keys]
    return [(name, key) for name, key in named if not _NOT_OF_ENCODER.search(name)]


def _rename(name: str) -> str:
    """What a variable of google-research/bert is called in the model garden."""
    for pattern, replacement in _RENAMINGS:
        name = re.sub(f"^{pattern}", replacement, name)
    return name
