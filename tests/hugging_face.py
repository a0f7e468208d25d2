"""Checkpoints in the form of Hugging Face, and what their encoders compute, in NumPy."""

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import sentencepiece
from safetensors.numpy import load_file, save_file

# Of which there are more than the vocabulary has pieces, as in published encoders.
SPARE_ROWS = 7
BERT = {
    "model_type": "bert",
    "vocab_size": 29,
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 10,
    "hidden_act": "gelu",
    "max_position_embeddings": 11,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
}
# Epsilons that matter, so that they are seen if they are not obeyed.
XLM_R = {
    **BERT,
    "model_type": "xlm-roberta",
    "max_position_embeddings": 13,
    "type_vocab_size": 1,
    "pad_token_id": 1,
    "layer_norm_eps": 1e-2,
}
DISTILBERT = {
    "model_type": "distilbert",
    "vocab_size": 29,
    "dim": 12,
    "n_layers": 2,
    "n_heads": 3,
    "hidden_dim": 10,
    "activation": "gelu",
    "max_position_embeddings": 11,
}
# Parts of a layer, and what they are called in BERT and in DistilBERT.
_PARTS = {
    "query": ("attention.self.query", "attention.q_lin"),
    "key": ("attention.self.key", "attention.k_lin"),
    "value": ("attention.self.value", "attention.v_lin"),
    "attended": ("attention.output.dense", "attention.out_lin"),
    "attended_norm": ("attention.output.LayerNorm", "sa_layer_norm"),
    "inner": ("intermediate.dense", "ffn.lin1"),
    "outer": ("output.dense", "ffn.lin2"),
    "outer_norm": ("output.LayerNorm", "output_layer_norm"),
}


def _sizes(config: Mapping) -> tuple[int, int, int, int]:
    names = (
        ("dim", "hidden_dim", "n_layers", "n_heads")
        if config["model_type"] == "distilbert"
        else ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    )
    hidden, inner, layers, heads = (config[name] for name in names)
    return hidden, inner, layers, heads


def _part(config: Mapping, layer: int, part: str) -> str:
    if config["model_type"] == "distilbert":
        return f"transformer.layer.{layer}.{_PARTS[part][1]}"
    return f"encoder.layer.{layer}.{_PARTS[part][0]}"


def random_weights(config: Mapping, seed: int = 3) -> dict[str, np.ndarray]:
    """The weights of an encoder, without prefix."""
    hidden, inner, layers, _ = _sizes(config)
    random = np.random.default_rng(seed)
    shapes = {
        "embeddings.word_embeddings.weight": [config["vocab_size"], hidden],
        "embeddings.position_embeddings.weight": [config["max_position_embeddings"], hidden],
        "embeddings.LayerNorm.weight": [hidden],
        "embeddings.LayerNorm.bias": [hidden],
    }
    if config["model_type"] != "distilbert":
        types = [config["type_vocab_size"], hidden]
        shapes["embeddings.token_type_embeddings.weight"] = types
    outs = {"inner": (inner, hidden), "outer": (hidden, inner)}
    for layer in range(layers):
        for part in _PARTS:
            name = _part(config, layer, part)
            out, of = outs.get(part, (hidden, hidden))
            shapes[f"{name}.weight"] = [out] if part.endswith("norm") else [out, of]
            shapes[f"{name}.bias"] = [out]
    return {name: random.normal(0, 0.5, s).astype(np.float32) for name, s in shapes.items()}


def heads_of(config: Mapping) -> dict[str, np.ndarray]:
    """Weights that published checkpoints have and that no encoder is made of, with their names."""
    hidden = _sizes(config)[0]
    square, row = np.ones([hidden, hidden], np.float32), np.ones([hidden], np.float32)
    by_family = {
        "bert": {
            "bert.pooler.dense.weight": square,
            "bert.pooler.dense.bias": row,
            "bert.embeddings.position_ids": np.arange(11)[np.newaxis],
            "cls.predictions.bias": row,
            "cls.predictions.transform.dense.weight": square,
            "cls.seq_relationship.bias": row,
        },
        "xlm-roberta": {
            "roberta.embeddings.position_ids": np.arange(13)[np.newaxis],
            "lm_head.dense.weight": square,
            "lm_head.layer_norm.weight": row,
            "lm_head.bias": row,
            "classifier.out_proj.weight": square,
        },
        "distilbert": {
            "vocab_transform.weight": square,
            "vocab_layer_norm.bias": row,
            "vocab_projector.bias": row,
            "pre_classifier.weight": square,
            "qa_outputs.bias": row,
        },
    }
    return by_family[config["model_type"]]


PREFIXES = {"bert": "bert.", "xlm-roberta": "roberta.", "distilbert": "distilbert."}


def write(
    directory: Path,
    config: Mapping,
    weights: Mapping[str, np.ndarray],
    *,
    prefix: str = "",
    others: Mapping[str, np.ndarray] | None = None,
    num_shards: int = 1,
) -> Path:
    """Writes a checkpoint as it is published."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config))
    named = {f"{prefix}{name}": value for name, value in weights.items()} | dict(others or {})
    if num_shards == 1:
        save_file(named, directory / "model.safetensors")
        return directory
    files = {
        name: f"model-{index % num_shards + 1:05d}-of-{num_shards:05d}.safetensors"
        for index, name in enumerate(named)
    }
    for file in set(files.values()):
        save_file({n: v for n, v in named.items() if files[n] == file}, directory / file)
    index = {"metadata": {"total_size": 1}, "weight_map": files}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))
    return directory


def load(directory: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """The configuration and the weights of a checkpoint without prefixes."""
    config = json.loads((directory / "config.json").read_text())
    return config, load_file(directory / "model.safetensors")


_erf = np.vectorize(math.erf, otypes=[float])


def forward(
    config: Mapping, weights: Mapping[str, np.ndarray], input_ids: np.ndarray, pad_id: int
) -> np.ndarray:
    """What each family computes (Devlin et al. 2019, Conneau et al. 2020, Sanh et al. 2019).

    In float64, from the published descriptions: GELU with the error function; positions of XLM-R
    count the pieces that are no padding, from behind the id of padding; DistilBERT has no types.
    """
    w = {name: value.astype(np.float64) for name, value in weights.items()}
    hidden, _, layers, heads = _sizes(config)
    epsilon = config.get("layer_norm_eps", 1e-12)

    def dense(x, name):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(x, name):
        mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        return (x - mean) / np.sqrt(variance + epsilon) * w[f"{name}.weight"] + w[f"{name}.bias"]

    is_piece = input_ids != pad_id
    positions = np.broadcast_to(np.arange(input_ids.shape[1]), input_ids.shape)
    if config["model_type"] == "xlm-roberta":
        padding = config["pad_token_id"]
        positions = np.where(is_piece, np.cumsum(is_piece, axis=1) + padding, padding)
    x = w["embeddings.word_embeddings.weight"][input_ids]
    x = x + w["embeddings.position_embeddings.weight"][positions]
    if config["model_type"] != "distilbert":
        x = x + w["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, "embeddings.LayerNorm")
    for layer in range(layers):

        def part(name, layer=layer):
            return _part(config, layer, name)

        def split(y):
            return y.reshape(*y.shape[:2], heads, hidden // heads).transpose(0, 2, 1, 3)

        query, key, value = (split(dense(x, part(name))) for name in ("query", "key", "value"))
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(hidden // heads)
        scores = np.where(is_piece[:, np.newaxis, np.newaxis], scores, -np.inf)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        context = scores / scores.sum(-1, keepdims=True) @ value
        context = context.transpose(0, 2, 1, 3).reshape(x.shape)
        x = norm(x + dense(context, part("attended")), part("attended_norm"))
        inner = dense(x, part("inner"))
        inner = 0.5 * inner * (1 + _erf(inner / math.sqrt(2)))
        x = norm(x + dense(inner, part("outer")), part("outer_norm"))
    return x


def publish(directory: Path, sentencepiece_file: Path) -> Path:
    """Writes an encoder with a vocabulary of SentencePiece, as XLM-R is published."""
    processor = sentencepiece.SentencePieceProcessor()
    processor.load(str(sentencepiece_file))
    pieces = processor.get_piece_size() + 2
    config = {**XLM_R, "vocab_size": pieces + SPARE_ROWS, "max_position_embeddings": 42}
    # As training begins: small, and layer norms that change nothing.
    weights = {
        name: np.ones_like(value) if name.endswith("LayerNorm.weight") else 0.2 * value
        for name, value in random_weights(config).items()
    }
    write(directory, config, weights, prefix="roberta.")
    shutil.copy(sentencepiece_file, directory / "sentencepiece.bpe.model")
    return directory
