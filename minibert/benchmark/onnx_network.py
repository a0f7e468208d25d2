"""The tagger as an ONNX graph, so that onnxruntime can be compared with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from minibert.models.bert_config import BertConfig
from minibert.models.tagging_network import TaggingNetwork

# The first with GELU as one operation.
_OPSET, _IR_VERSION = 20, 9
_MASKED = -1e9


def write_onnx(path: Path, config: BertConfig, tagger: TaggingNetwork, pad_id: int) -> None:
    """Writes the network of a tagger.

    Its inputs are int32 `input_ids` `[batch, pieces]`, padded with `pad_id`, and `word_positions`
    `[batch, words]`, padded with 0; its outputs the logits of each task, float32
    `[batch, words, labels]`. As `InferenceNetwork`, its last layer is computed for the first
    wordpieces of words only.

    Args:
      path: the file to write.
      config: the shape of the encoder, whose activation is a GELU.
      tagger: the weights.
      pad_id: the wordpiece id of padding.
    """
    graph = _Graph()
    weights = {name: value.numpy() for name, value in tagger.encoder.named_weights.items()}
    hidden, heads = config.hidden_size, config.num_attention_heads
    approximate = {"gelu": "tanh", "gelu_erf": "none"}[config.hidden_act]
    size = hidden // heads

    def norm(x: str, prefix: str) -> str:
        scale, bias = (graph.constant(weights[f"{prefix}/{part}"]) for part in ("gamma", "beta"))
        return graph.add(
            "LayerNormalization", [x, scale, bias], axis=-1, epsilon=config.norm_epsilon
        )

    def dense(x: str, kernel: np.ndarray, bias: np.ndarray) -> str:
        product = graph.add("MatMul", [x, graph.constant(kernel)])
        return graph.add("Add", [product, graph.constant(bias)])

    def projection(x: str, prefix: str, scale: float = 1.0) -> str:
        kernel = weights[f"{prefix}/kernel"].reshape(hidden, hidden)
        bias = weights[f"{prefix}/bias"].reshape(hidden)
        return dense(x, kernel * np.float32(scale), bias * np.float32(scale))

    def split_heads(x: str, order: Sequence[int]) -> str:
        split = graph.add("Reshape", [x, graph.constant(np.array([0, 0, heads, size]))])
        return graph.add("Transpose", [split], perm=order)

    table = weights["word_embeddings/embeddings"]
    positions = weights["position_embedding/embeddings"] + weights["type_embeddings/embeddings"][0]
    length = graph.add("Shape", ["input_ids"], start=1, end=2)
    used = graph.add("Slice", [graph.constant(positions), graph.constant(np.array([0])), length])
    embedded = graph.add("Gather", [graph.constant(table), "input_ids"])
    x = norm(graph.add("Add", [embedded, used]), "embeddings/layer_norm")
    is_padding = graph.add("Equal", ["input_ids", graph.constant(np.array(pad_id, np.int32))])
    bias = graph.add(
        "Where",
        [
            graph.add("Unsqueeze", [is_padding, graph.constant(np.array([1, 2]))]),
            graph.constant(np.array(_MASKED, np.float32)),
            graph.constant(np.array(0, np.float32)),
        ],
    )
    word_indices = graph.add("Cast", ["word_positions"], to=TensorProto.INT64)
    word_indices = graph.add("Unsqueeze", [word_indices, graph.constant(np.array([2]))])
    for number in range(config.num_hidden_layers):
        prefix = f"transformer/layer_{number}"
        attention = f"{prefix}/self_attention"
        key = split_heads(projection(x, f"{attention}/key"), [0, 2, 3, 1])
        value = split_heads(projection(x, f"{attention}/value"), [0, 2, 1, 3])
        if number == config.num_hidden_layers - 1:
            x = graph.add("GatherND", [x, word_indices], batch_dims=1)
        query = split_heads(projection(x, f"{attention}/query", size**-0.5), [0, 2, 1, 3])
        scores = graph.add("Add", [graph.add("MatMul", [query, key]), bias])
        attended = graph.add("MatMul", [graph.add("Softmax", [scores], axis=-1), value])
        attended = graph.add("Transpose", [attended], perm=[0, 2, 1, 3])
        attended = graph.add("Reshape", [attended, graph.constant(np.array([0, 0, hidden]))])
        attended = projection(attended, f"{attention}/attention_output")
        x = norm(graph.add("Add", [x, attended]), f"{prefix}/self_attention_layer_norm")
        intermediate, output = (
            (weights[f"{prefix}/{name}/kernel"], weights[f"{prefix}/{name}/bias"])
            for name in ("intermediate", "output")
        )
        activated = graph.add("Gelu", [dense(x, *intermediate)], approximate=approximate)
        x = norm(graph.add("Add", [x, dense(activated, *output)]), f"{prefix}/output_layer_norm")
    outputs = []
    for task, head in tagger.heads.items():
        graph.add("Identity", [dense(x, head.kernel.numpy(), head.bias.numpy())], output=task)
        outputs.append(
            helper.make_tensor_value_info(task, TensorProto.FLOAT, ["batch", "words", None])
        )
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT32, ["batch", width])
        for name, width in (("input_ids", "pieces"), ("word_positions", "words"))
    ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "tagger", inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
    )
    onnx.save_model(model, path)


class _Graph:
    """The nodes and constants of a graph; every value has a name of its own."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.ndarray) -> str:
        """Adds a constant; gives its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operation: str, inputs: Sequence[str], output: str = "", **options: Any) -> str:
        """Adds a node; gives the name of its output."""
        output = output or f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [output], **options))
        return output
