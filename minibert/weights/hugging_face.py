"""Weights of public encoders in the form of Hugging Face: a directory with `model.safetensors`.

    DIR/config.json                     the shape; see `hugging_face_config`
    DIR/model.safetensors               the weights; or, in several files,
    DIR/model.safetensors.index.json    which of them has which
    DIR/vocab.txt                       wordpieces; or sentencepiece.bpe.model or spm.model

Poolers and the heads of the library's own tasks are left aside; and where the names of the encoder
have its prefix, such as `bert.`, all that have none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open

from minibert.errors import InputError
from minibert.files import check_regular, sha256
from minibert.json_files import read_json
from minibert.models.bert import BertEncoder
from minibert.models.bert_config import BertConfig
from minibert.models.hugging_face_config import (
    CONFIG_NAME,
    HuggingFaceConfig,
    read_hugging_face_config,
    to_bert_config,
)
from minibert.text.vocab import read_vocab
from minibert.weights.filling import StoredWeight, fill

VOCAB_NAMES = ("vocab.txt", "sentencepiece.bpe.model", "spm.model")
_WEIGHTS, _INDEX = "model.safetensors", "model.safetensors.index.json"
_PICKLE = "pytorch_model.bin"
_TOKENIZER, _TOKENIZER_CONFIG = "tokenizer.json", "tokenizer_config.json"
_REMEDY = "download the checkpoint again"
_MANY_PIECES = 5000
_MISFIT = "give its own config.json, and of a model with heads of another kind the encoder alone"
# Where this package keeps the pooler, which nothing reads.
_POOLER = "pooler_transform/"
# What is before all names, or before none.
_PREFIX = re.compile(r"^(bert|roberta|distilbert)\.")
# Heads, poolers, and numbers that are no weights.
_NOT_OF_ENCODER = re.compile(
    r"^(cls|lm_head|classifier|pre_classifier|qa_outputs|pooler|vocab_(transform|layer_norm|projector)"
    r"|predictions|score|dropout)\."
    r"|^embeddings\.(position_ids|token_type_ids)$"
)
_LAYER = r"(?:encoder\.layer|transformer\.layer)\.(\d+)\."
# Names there without prefix, and what is called so here. The last part is translated for itself.
_RENAMINGS = tuple(
    (re.compile(f"^{pattern}$"), replacement)
    for pattern, replacement in (
        (r"embeddings\.word_embeddings", "word_embeddings"),
        (r"embeddings\.position_embeddings", "position_embedding"),
        (r"embeddings\.token_type_embeddings", "type_embeddings"),
        (r"embeddings\.LayerNorm", "embeddings/layer_norm"),
        (
            _LAYER + r"attention\.(?:self\.)?(query|key|value)",
            r"transformer/layer_\1/self_attention/\2",
        ),
        (_LAYER + r"attention\.q_lin", r"transformer/layer_\1/self_attention/query"),
        (_LAYER + r"attention\.k_lin", r"transformer/layer_\1/self_attention/key"),
        (_LAYER + r"attention\.v_lin", r"transformer/layer_\1/self_attention/value"),
        (
            _LAYER + r"attention\.(?:output\.dense|out_lin)",
            r"transformer/layer_\1/self_attention/attention_output",
        ),
        (
            _LAYER + r"(?:attention\.output\.LayerNorm|sa_layer_norm)",
            r"transformer/layer_\1/self_attention_layer_norm",
        ),
        (_LAYER + r"(?:intermediate\.dense|ffn\.lin1)", r"transformer/layer_\1/intermediate"),
        (_LAYER + r"(?:output\.dense|ffn\.lin2)", r"transformer/layer_\1/output"),
        (
            _LAYER + r"(?:output\.LayerNorm|output_layer_norm)",
            r"transformer/layer_\1/output_layer_norm",
        ),
    )
)
_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def is_hugging_face(path: str | Path) -> bool:
    """Whether a path is a directory in this form, whole or not."""
    path = Path(path)
    if (path / CONFIG_NAME).is_file() and not any(path.glob("*.index")):
        return True
    return any((path / name).is_file() for name in (_WEIGHTS, _INDEX, _PICKLE))


def vocab_file(directory: str | Path, given: str | None = None) -> Path:
    """The vocabulary in a directory.

    Args:
      directory: see the module.
      given: one that was named, where there is none in it.

    Raises:
      InputError: there is none, or it differs from that which is given; or the directory says that
        it is of words in lower case, which no tokenizer here makes, or it is.
    """
    found = [Path(directory) / name for name in VOCAB_NAMES]
    path = next((path for path in found if path.is_file()), None)
    if path is not None and given is not None and sha256(path) != sha256(given):
        raise InputError(f"{path}: differs from the --vocab_file; leave that out")
    path = Path(given) if path is None and given is not None else path
    if path is None:
        also = "; a tokenizer.json is not read" if (Path(directory) / _TOKENIZER).is_file() else ""
        raise InputError(
            f"{directory}: none of {' '.join(VOCAB_NAMES)} there{also}; give that of the "
            "checkpoint with --vocab_file"
        )
    if path.suffix == ".txt" and _is_uncased(Path(directory) / _TOKENIZER_CONFIG):
        raise InputError(
            f"{Path(directory) / _TOKENIZER_CONFIG}: do_lower_case; uncased encoders are not read, "
            "for no tokenizer here makes words lower case; give the cased one"
        )
    if path.suffix == ".txt" and _has_lower_case_only(path):
        raise InputError(
            f"{path}: no wordpiece has a capital letter; uncased encoders are not read, for no "
            "tokenizer here makes words lower case; give the cased one"
        )
    return path


def _has_lower_case_only(path: Path) -> bool:
    """Whether a vocabulary, of more pieces than those of a test, has no capital letters."""
    pieces = [piece for piece in read_vocab(path) if not piece.startswith("[")]
    return len(pieces) > _MANY_PIECES and not any(map(str.isupper, "".join(pieces)))


def _is_uncased(path: Path) -> bool:
    return path.is_file() and bool(read_json(path, dict[str, Any], _REMEDY).get("do_lower_case"))


def weight_files(directory: str | Path) -> list[Path]:
    """The files of the weights in a directory.

    Raises:
      InputError: there are none, or not all.
    """
    directory = Path(directory)
    if (directory / _WEIGHTS).is_file():
        return [directory / _WEIGHTS]
    if (directory / _INDEX).is_file():
        names = sorted(set(_read_index(directory / _INDEX).values()))
        for name in names:
            if not (directory / name).is_file():
                raise InputError(f"{directory / name}: missing, {_INDEX} names it; {_REMEDY}")
        return [directory / name for name in names]
    if (directory / _PICKLE).is_file():
        raise InputError(
            f"{directory / _PICKLE}: a pickle, which is a program, and not read; convert it: "
            'python -c "from transformers import AutoModel as M; '
            f"M.from_pretrained('{directory}').save_pretrained('{directory}')\""
        )
    raise InputError(f"{directory}: no {_WEIGHTS} there; give a directory that has it")


def load_hugging_face_weights(
    encoder: BertEncoder, config: BertConfig, directory: str | Path
) -> None:
    """Fills every weight of an encoder but those of the pooler, each once.

    Rows of the table of pieces behind the last piece are left aside.

    Args:
      encoder: the encoder.
      config: its shape.
      directory: see the module.

    Raises:
      InputError: a file is missing, damaged or of another shape.
    """
    directory = Path(directory)
    path = directory / CONFIG_NAME
    published = read_hugging_face_config(path)
    theirs = msgspec.structs.replace(to_bert_config(published, path), vocab_size=config.vocab_size)
    if theirs.shape != config.shape:
        differs = [
            f"{name} {theirs.shape[name]}, not {value}"
            for name, value in config.shape.items()
            if theirs.shape[name] != value
        ]
        raise InputError(
            f"{path}: another encoder than --bert_config ({'; '.join(differs)}); leave that out"
        )
    weights = {
        name: weight
        for name, weight in encoder.named_weights.items()
        if not name.startswith(_POOLER)
    }
    with ExitStack() as stack:
        readers = {file: _open(stack, file) for file in weight_files(directory)}
        has_prefix = any(_PREFIX.match(key) for of in readers.values() for key in sorted(of.keys()))
        stored = [
            weight
            for file, reader in readers.items()
            for weight in _stored(reader, file, published, config, has_prefix=has_prefix)
        ]
        if not published.has_types:
            stored.append(_no_types(config))
        fill(weights, stored, source=str(directory), remedy=_MISFIT, dtypes=[*_DTYPES.values()])


def _read_index(path: Path) -> Mapping[str, str]:
    """Weight to file, of the index of several files."""
    content = read_json(path, dict[str, Any], _REMEDY)
    try:
        weight_map = msgspec.convert(content.get("weight_map"), dict[str, str])
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: no weight_map ({error}); {_REMEDY}") from error
    for name in weight_map.values():
        if Path(name).name != name:
            raise InputError(f"{path}: names {name!r:.100}, which is no file beside it; {_REMEDY}")
    return weight_map


def _open(stack: ExitStack, path: Path) -> Any:
    check_regular(path)
    try:
        return stack.enter_context(safe_open(str(path), framework="np"))
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: damaged, or no safetensors ({error}); {_REMEDY}") from error


def _stored(
    reader: Any, path: Path, published: HuggingFaceConfig, config: BertConfig, *, has_prefix: bool
) -> Iterator[StoredWeight]:
    """The weights of an encoder in a file."""
    for key in sorted(reader.keys()):
        bare = _PREFIX.sub("", key)
        if _NOT_OF_ENCODER.search(bare) or (has_prefix and bare == key):
            continue
        group, _, kind = bare.rpartition(".")
        name = _renamed(group, kind)
        of_key = reader.get_slice(key)
        shape = of_key.get_shape()
        dtype = _DTYPES.get(of_key.get_dtype(), of_key.get_dtype())
        read = partial(_read, reader, key, path)
        if name.endswith("/kernel"):
            shape, read = shape[::-1], partial(_transposed, read)
        elif name == "position_embedding/embeddings" and shape:
            first = published.first_position
            shape, read = [shape[0] - first, *shape[1:]], partial(_rows, read, first, None)
        elif name == "word_embeddings/embeddings" and shape:
            if shape[0] != published.vocab_size:
                raise InputError(
                    f"{path}: {key} has {shape[0]} rows, {CONFIG_NAME} says "
                    f"{published.vocab_size}; {_REMEDY}"
                )
            shape = [config.vocab_size, *shape[1:]]
            read = partial(_rows, read, 0, config.vocab_size)
        yield StoredWeight(name, key, shape, dtype, read)


def _renamed(group: str, kind: str) -> str:
    """What a weight is called here; as it is, if it is not known."""
    for pattern, replacement in _RENAMINGS:
        match = pattern.match(group)
        if match:
            name = match.expand(replacement)
            is_norm = name.endswith("layer_norm")
            # Of layer norms also in the names of the first releases.
            kinds = {"weight": "gamma", "gamma": "gamma", "bias": "beta", "beta": "beta"}
            if not is_norm:
                table = "embedding" in name
                kinds = {"weight": "embeddings" if table else "kernel", "bias": "bias"}
            return f"{name}/{kinds.get(kind, kind)}"
    return f"{group}.{kind}"


def _read(reader: Any, key: str, path: Path) -> np.ndarray:
    try:
        return reader.get_tensor(key)
    except SafetensorError as error:
        raise InputError(f"{path}: damaged ({error}); {_REMEDY}") from error


def _transposed(read: Any) -> np.ndarray:
    return read().T


def _rows(read: Any, start: int, stop: int | None) -> np.ndarray:
    return read()[start:stop]


def _no_types(config: BertConfig) -> StoredWeight:
    """What an encoder without types of tokens adds for them."""
    shape: Sequence[int] = [config.type_vocab_size, config.hidden_size]
    return StoredWeight(
        "type_embeddings/embeddings", "", shape, "float32", lambda: np.zeros(shape, np.float32)
    )
