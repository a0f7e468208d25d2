"""The operations of a SavedModel: it is a program, and only one that tags is run.

All of them are linked into stock TensorFlow Serving: they are of TensorFlow's core or of TensorFlow
Text. Those that read and write checkpoints are in the functions by which TensorFlow itself loads
and saves variables, and nowhere else.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from minibert.errors import InputError
from minibert.files import read_bytes

# That of MiniBERT has 2 MB; weights are elsewhere.
_MAX_BYTES = 2**28
_MOST_TOLD = 10
# Of objects that are loaded without a function of the model being called.
_OBJECT_KINDS = frozenset(
    ["asset", "bare_concrete_function", "constant", "function", "user_object", "variable"]
)
# Of a checkpoint.
_FILE_OPERATIONS = frozenset(
    ["MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename", "StringJoin"]
)
# Those that an export has beside them.
ALLOWED = frozenset(
    [
        "AddV2",
        "All",
        "Assert",
        "AssignVariableOp",
        "BatchMatMulV2",
        "BiasAdd",
        "BroadcastTo",
        "Cast",
        "ConcatV2",
        "Const",
        "Cumsum",
        "DisableCopyOnRead",
        "EnsureShape",
        "Equal",
        "Exp",
        "ExpandDims",
        "FastBertNormalize",
        "NormalizeUTF8",
        "FastWordpieceTokenizeWithOffsets",
        "Fill",
        "FloorDiv",
        "FloorMod",
        "GatherV2",
        "Greater",
        "GreaterEqual",
        "Identity",
        "If",
        "IsFinite",
        "Less",
        "LessEqual",
        "Log",
        "LogicalAnd",
        "LowerBound",
        "MatMul",
        "Max",
        "Maximum",
        "Mean",
        "Minimum",
        "Mul",
        "Neg",
        "NoOp",
        "NotEqual",
        "Pack",
        "Pad",
        "PadV2",
        "ParseExampleV2",
        "Placeholder",
        "Pow",
        "Prod",
        "RaggedGather",
        "RaggedRange",
        "RaggedTensorToTensor",
        "Range",
        "ReadVariableOp",
        "RegexSplitWithOffsets",
        "Relu",
        "Reshape",
        "ResourceGather",
        "Rsqrt",
        "Select",
        "SelectV2",
        "Shape",
        "Size",
        "Softmax",
        "Square",
        "Squeeze",
        "StatefulPartitionedCall",
        "StatelessIf",
        "StatelessWhile",
        "StaticRegexFullMatch",
        "StaticRegexReplace",
        "StopGradient",
        "StridedSlice",
        "Sub",
        "Sum",
        "Tanh",
        "TensorScatterUpdate",
        "Tile",
        "TopKV2",
        "Transpose",
        "UnicodeTranscode",
        "Unpack",
        "UpperBound",
        "VarHandleOp",
        "VarIsInitializedOp",
        "Where",
        "While",
    ]
)


def check_operations(path: Path) -> None:
    """Checks that a SavedModel is nothing but a tagger.

    What is checked is that it calls no operation that a tagger has not, so that it reads and writes
    no file but its own. That it ends, and takes little memory, is not.

    Raises:
      InputError: the file cannot be read, or has an operation that no export has, or has one where
        no export has it.
    """
    for meta_graph in _read(path).meta_graphs:
        graph, objects = meta_graph.graph_def, meta_graph.object_graph_def
        _refuse(path, set(_operations(graph)) - ALLOWED - _FILE_OPERATIONS)
        _check_functions(path, graph.library, objects)
        if not objects.nodes:
            raise InputError(f"{path}: a SavedModel without objects; export the model again")
        _refuse(path, {str(node.WhichOneof("kind")) for node in objects.nodes} - _OBJECT_KINDS)
        # Functions of the model by which an object would be restored.
        _refuse(path, {name for node in objects.nodes for name in node.saveable_objects})
        _refuse(path, {node.registered_saver for node in objects.nodes} - {""})


def _check_functions(path: Path, library: Any, objects: Any) -> None:
    """Checks that what TensorFlow in Python may call reads and writes no file.

    The functions that do are called by the graph alone, which is for servers in C++: neither an
    object nor another function has the name of one anywhere.
    """
    # TensorFlow takes an operation for a call of the function of that name, if there is one.
    _refuse(path, {function.signature.name for function in library.function} & ALLOWED)
    _refuse(path, {gradient.function_name for gradient in library.gradient})
    _refuse(path, {gradient.gradient_func for gradient in library.registered_gradients})
    with_files = {}
    others = [objects.SerializeToString()]
    for function in library.function:
        if found := {node.op for node in function.node_def} & _FILE_OPERATIONS:
            with_files[function.signature.name.encode()] = found
        else:
            others.append(function.SerializeToString())
    for name, found in with_files.items():
        if any(name in text for text in others):
            _refuse(path, found)


def operations(path: Path) -> Iterator[str]:
    """The operations of all graphs and functions of a SavedModel.

    Raises:
      InputError: the file cannot be read.
    """
    for meta_graph in _read(path).meta_graphs:
        yield from _operations(meta_graph.graph_def)


def _read(path: Path) -> Any:
    saved_model = saved_model_pb2.SavedModel()
    try:
        saved_model.ParseFromString(read_bytes(path, _MAX_BYTES))
    except DecodeError as error:
        raise InputError(f"{path}: no SavedModel; export the model again") from error
    return saved_model


def _refuse(path: Path, strange: Iterable[str]) -> None:
    if strange := sorted(strange):
        raise InputError(
            f"{path}: no export of minibert has {' '.join(strange[:_MOST_TOLD])} where this has "
            "it; a SavedModel is a program: take it from where you trust"
        )


def _operations(graph: Any) -> Iterator[str]:
    for nodes in (graph.node, *(function.node_def for function in graph.library.function)):
        for node in nodes:
            yield node.op
