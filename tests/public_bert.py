"""Checkpoints in the format of google-research/bert, and what their encoders compute, in NumPy."""

import math
from pathlib import Path

import numpy as np
import tensorflow as tf

from minibert.models.bert_config import BertConfig


def _dense(hidden: int, out: int) -> dict[str, tuple[int, ...]]:
    return {"kernel": (hidden, out), "bias": (out,)}


def _shapes(config: BertConfig) -> dict[str, tuple[int, ...]]:
    """Names and shapes in a checkpoint of google-research/bert."""
    hidden, inner = config.hidden_size, config.intermediate_size
    norm = {"gamma": (hidden,), "beta": (hidden,)}
    groups = {
        "bert/embeddings/LayerNorm": norm,
        "bert/pooler/dense": _dense(hidden, hidden),
        "cls/seq_relationship": {"output_bias": (2,), "output_weights": (2, hidden)},
        "cls/predictions": {"output_bias": (config.vocab_size,)},
        "cls/predictions/transform/LayerNorm": norm,
    }
    for layer in range(config.num_hidden_layers):
        prefix = f"bert/encoder/layer_{layer}"
        groups |= {
            f"{prefix}/attention/self/query": _dense(hidden, hidden),
            f"{prefix}/attention/self/key": _dense(hidden, hidden),
            f"{prefix}/attention/self/value": _dense(hidden, hidden),
            f"{prefix}/attention/output/dense": _dense(hidden, hidden),
            f"{prefix}/attention/output/LayerNorm": norm,
            f"{prefix}/intermediate/dense": _dense(hidden, inner),
            f"{prefix}/output/dense": _dense(inner, hidden),
            f"{prefix}/output/LayerNorm": norm,
        }
    return {
        "bert/embeddings/word_embeddings": (config.vocab_size, hidden),
        "bert/embeddings/position_embeddings": (config.max_position_embeddings, hidden),
        "bert/embeddings/token_type_embeddings": (config.type_vocab_size, hidden),
    } | {f"{group}/{name}": shape for group, of in groups.items() for name, shape in of.items()}


def random_weights(config: BertConfig) -> dict[str, np.ndarray]:
    """The content of a checkpoint of google-research/bert: name to array."""
    generator = np.random.default_rng(5)
    return {
        name: generator.normal(0.0, 0.5, shape).astype(np.float32)
        for name, shape in _shapes(config).items()
    }


def write_checkpoint(path: Path, weights: dict[str, np.ndarray]) -> str:
    """Writes variables by name, as TensorFlow 1 does, with a slot of Adam for each."""
    slots = {f"{name}/adam_{slot}": value for name, value in weights.items() for slot in "mv"}
    content = {**weights, **slots, "global_step": np.int64(7)}
    path.parent.mkdir(parents=True, exist_ok=True)
    tf.raw_ops.SaveV2(
        prefix=str(path),
        tensor_names=list(content),
        shape_and_slices=[""] * len(content),
        tensors=[tf.constant(value) for value in content.values()],
    )
    return str(path)


def forward(
    weights: dict[str, np.ndarray], config: BertConfig, input_ids: np.ndarray
) -> np.ndarray:
    """BERT as Devlin et al. 2019 and Vaswani et al. 2017 have it, in float64; padding is id 0."""
    w = {name: value.astype(np.float64) for name, value in weights.items()}

    def dense(x, name):
        return x @ w[f"{name}/kernel"] + w[f"{name}/bias"]

    def norm(x, name):
        mean = x.mean(-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(-1, keepdims=True)
        return (x - mean) / np.sqrt(variance + 1e-12) * w[f"{name}/gamma"] + w[f"{name}/beta"]

    def gelu(x):  # Hendrycks and Gimpel 2016, the tanh form.
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))

    batch, length = input_ids.shape
    heads, hidden = config.num_attention_heads, config.hidden_size
    x = (
        w["bert/embeddings/word_embeddings"][input_ids]
        + w["bert/embeddings/position_embeddings"][:length]
        + w["bert/embeddings/token_type_embeddings"][0]
    )
    x = norm(x, "bert/embeddings/LayerNorm")
    mask = np.where(input_ids == 0, -10000.0, 0.0)[:, None, None, :]
    for layer in range(config.num_hidden_layers):
        prefix = f"bert/encoder/layer_{layer}"
        query, key, value = (
            dense(x, f"{prefix}/attention/self/{part}")
            .reshape(batch, length, heads, hidden // heads)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(hidden // heads) + mask
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        context = (scores / scores.sum(-1, keepdims=True)) @ value
        context = context.transpose(0, 2, 1, 3).reshape(batch, length, hidden)
        attended = dense(context, f"{prefix}/attention/output/dense")
        x = norm(x + attended, f"{prefix}/attention/output/LayerNorm")
        inner = gelu(dense(x, f"{prefix}/intermediate/dense"))
        x = norm(x + dense(inner, f"{prefix}/output/dense"), f"{prefix}/output/LayerNorm")
    return x
