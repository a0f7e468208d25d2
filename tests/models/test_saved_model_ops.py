"""Only a SavedModel that tags is run."""

import subprocess
import sys

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from minibert.errors import InputError
from minibert.models.saved_model_ops import check_operations, operations

TEXT = [tf.TensorSpec([], tf.string)]


def test_operations_are_those_of_tensorflow_and_its_text_library(demo_export):
    """The operations that are registered without TensorFlow Text, and those that it adds."""
    code = (
        "import tensorflow as tf; from tensorflow.python.framework import op_def_registry;"
        "from tensorflow.core.framework import op_def_pb2; import sys;"
        "names = sys.argv[1:];"
        "print(' '.join(n for n in names if op_def_registry.get(n) is None))"
    )
    found = set(operations(demo_export / "saved_model.pb"))
    result = subprocess.run(
        [sys.executable, "-c", code, *sorted(found)], capture_output=True, text=True, check=True
    )
    assert set(result.stdout.split()) <= {
        "FastBertNormalize",
        "FastWordpieceTokenizeWithOffsets",
        "RegexSplitWithOffsets",
    }
    assert {"MatMul", "FastBertNormalize"} <= found


def test_an_export_is_let_through(demo_export):
    check_operations(demo_export / "saved_model.pb")


def _save(text):
    tf.raw_ops.SaveV2(prefix=text, tensor_names=["x"], shape_and_slices=[""], tensors=[text])
    return text


def _restore(text):
    (tensor,) = tf.raw_ops.RestoreV2(
        prefix=text, tensor_names=["x"], shape_and_slices=[""], dtypes=[tf.string]
    )
    return tensor


def _merge(text):
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[text], destination_prefix=text)
    return text


@pytest.mark.parametrize(
    ("function", "operation"),
    [
        (tf.io.read_file, "ReadFile"),
        (lambda text: tf.py_function(lambda x: x, [text], tf.string), "EagerPyFunc"),
        # Those that an export has where variables are loaded and saved.
        (_save, "SaveV2"),
        (_restore, "RestoreV2"),
        (_merge, "MergeV2Checkpoints"),
        # Called by another function, and in a branch.
        (tf.function(_save), "SaveV2"),
        (lambda text: tf.cond(tf.equal(text, ""), lambda: _save(text), lambda: text), "SaveV2"),
    ],
)
def test_files_are_neither_read_nor_written(tmp_path, function, operation):
    module = tf.Module()
    # A variable, so that the functions that load and save it are there.
    module.weight = tf.Variable(1.0)
    module.encode = tf.function(function, input_signature=TEXT)
    tf.saved_model.save(module, str(tmp_path))
    with pytest.raises(InputError, match=rf"no export of minibert has .*{operation}"):
        check_operations(tmp_path / "saved_model.pb")


def test_nothing_is_called_when_it_is_loaded(tmp_path):
    """As it is to fill a table."""
    module = tf.Module()
    module.table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(["a"], [1]), default_value=0
    )
    module.encode = tf.function(lambda text: module.table.lookup(text), input_signature=TEXT)
    tf.saved_model.save(module, str(tmp_path))
    with pytest.raises(InputError, match=r"saved_model.pb: no export of minibert has"):
        check_operations(tmp_path / "saved_model.pb")


def _read(path):
    saved_model = saved_model_pb2.SavedModel()
    saved_model.ParseFromString(path.read_bytes())
    return saved_model


def _check(saved_model, directory):
    path = directory / "saved_model.pb"
    path.write_bytes(saved_model.SerializeToString())
    check_operations(path)


def _add_function(saved_model, name):
    """Adds a function to the library that writes a file."""
    function = saved_model.meta_graphs[0].graph_def.library.function.add()
    function.signature.name = name
    function.node_def.add(name="save", op="SaveV2")


def test_a_function_by_the_name_of_an_operation(tmp_path, demo_export):
    """TensorFlow would call it wherever an export has the operation."""
    saved_model = _read(demo_export / "saved_model.pb")
    _add_function(saved_model, "StopGradient")
    with pytest.raises(InputError, match="no export of minibert has StopGradient where"):
        _check(saved_model, tmp_path)


def test_an_object_that_names_a_function(tmp_path, demo_export):
    saved_model = _read(demo_export / "saved_model.pb")
    _add_function(saved_model, "__inference_mine_1")
    # Nobody can call it so far.
    _check(saved_model, tmp_path)
    node = next(
        node
        for node in saved_model.meta_graphs[0].object_graph_def.nodes
        if node.WhichOneof("kind") == "bare_concrete_function"
    )
    node.bare_concrete_function.concrete_function_name = "__inference_mine_1"
    with pytest.raises(InputError, match="no export of minibert has SaveV2 where"):
        _check(saved_model, tmp_path)


def test_gradients_are_refused(tmp_path, demo_export):
    saved_model = _read(demo_export / "saved_model.pb")
    library = saved_model.meta_graphs[0].graph_def.library
    library.gradient.add(function_name="a", gradient_func="b")
    with pytest.raises(InputError, match="no export of minibert has a where"):
        _check(saved_model, tmp_path)


def test_objects_with_functions_of_their_own_are_refused(tmp_path, demo_export):
    """A table is filled by one, and the operations of this one alone are those of an export."""
    saved_model = _read(demo_export / "saved_model.pb")
    objects = saved_model.meta_graphs[0].object_graph_def.nodes
    objects[1].resource.device = ""
    with pytest.raises(InputError, match="no export of minibert has resource where"):
        _check(saved_model, tmp_path)
    objects[1].user_object.identifier = "_generic_user_object"
    objects[1].saveable_objects["mine"].restore_function = 0
    with pytest.raises(InputError, match="no export of minibert has mine where"):
        _check(saved_model, tmp_path)


def test_what_is_no_saved_model(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 100)
    with pytest.raises(InputError, match="no SavedModel; export the model again"):
        check_operations(tmp_path / "saved_model.pb")
