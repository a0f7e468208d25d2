"""TensorFlow checkpoints: written so that one is always whole, read with distrust."""

import math
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Annotated, Any

import msgspec
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import trackable_object_graph_pb2

from minibert.errors import InputError
from minibert.files import check_regular, sha256, sync

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
# TensorFlow takes the path of a checkpoint for a pattern.
_PATTERN_CHARACTERS = frozenset("*?[\\")

# What TensorFlow raises for a file that is missing, cut short or overwritten. Other errors, of the
# machine or of this program, say nothing about the file.
_DAMAGED = (
    tf.errors.DataLossError,
    tf.errors.InvalidArgumentError,
    tf.errors.NotFoundError,
    tf.errors.OutOfRangeError,
    DecodeError,
)
_OUT_OF_MEMORY = (tf.errors.ResourceExhaustedError, MemoryError)

# The name of a checkpoint in a JSON file: never a path that leads elsewhere.
CheckpointName = Annotated[str, msgspec.Meta(pattern=r"^[a-z]+-[0-9]{5,18}b?\Z")]


def check_prefix(prefix: str | Path) -> None:
    """Checks that TensorFlow can read a checkpoint of this path.

    Raises:
      InputError: it would take the path for a pattern.
    """
    if found := _PATTERN_CHARACTERS & set(str(prefix)):
        raise InputError(
            f"{prefix}: TensorFlow reads no checkpoint in a directory with {min(found)} in its "
            "path; rename the directory"
        )


def write_checkpoint(
    checkpoint: tf.train.Checkpoint, directory: Path, stem: str, number: int, *, current: str | None
) -> str:
    """Writes the files of a checkpoint, never over those of the one that counts.

    The caller writes the name into a JSON file, after which `remove_checkpoints` may remove the
    others: a process that is killed anywhere, or a machine that loses its power, leaves one that is
    whole and named, because each of the three is on the disk before the next.

    Args:
      checkpoint: what to write.
      directory: where.
      stem: the first part of the name.
      number: the second.
      current: the name of the checkpoint that counts so far.

    Returns:
      The name.
    """
    name = f"{stem}-{number:05d}"
    if name == current:
        name += "b"
    directory.mkdir(exist_ok=True)
    checkpoint.write(str(directory / name))
    for path in (*_files_of(directory / name), directory):
        sync(path)
    return name


def remove_checkpoints(directory: Path, stem: str, *, but: str | None) -> None:
    """Removes the files of all checkpoints of `write_checkpoint`, whole or torn, but for one."""
    own = re.compile(rf"({stem}-\d{{5,}}b?)(_temp|\.(index|data-\d+-of-\d+)(\.tempstate\d+)?)")
    for path in directory.iterdir():
        match = own.fullmatch(path.name)
        if match and match[1] != but:
            shutil.rmtree(path) if match[2] == "_temp" else path.unlink()


def checkpoint_sha256(prefix: Path) -> str:
    """A checksum of the values in a checkpoint, the same wherever its files are."""
    return files_sha256(values_files(prefix))


def values_files(prefix: Path) -> list[Path]:
    """The files of the values in a checkpoint."""
    return sorted(prefix.parent.glob(f"{escape(prefix.name)}.data-*"))


def files_sha256(paths: Iterable[Path]) -> str:
    """The checksums of files, one behind the other."""
    paths = list(paths)
    for path in paths:
        check_regular(path)
    return " ".join(map(sha256, paths))


def read_checkpoint(
    checkpoint: tf.train.Checkpoint,
    prefix: str | Path,
    *,
    remedy: str,
    partial: bool = False,
    create_variables: Callable[[], None] | None = None,
) -> None:
    """Fills every variable of `checkpoint` from the files `PREFIX.index` and `PREFIX.data-*`.

    Args:
      checkpoint: has the objects to fill.
      prefix: of the names of the files.
      remedy: the end of error messages.
      partial: whether the files may hold more than `checkpoint` has.
      create_variables: creates those of the objects. A variable that is created while the
        checkpoint is read takes a third of the memory of one that is overwritten.

    Raises:
      InputError: a file is missing or damaged, or a variable is missing, left over or of another
        shape; the message ends with `remedy`.
    """
    with open_checkpoint(prefix, remedy) as reader:
        object_graph(reader)
        try:
            # Says nothing on its own of values that are left over.
            status = checkpoint.read(str(prefix)).expect_partial()
            if create_variables:
                create_variables()
        except ValueError as error:
            # So TensorFlow calls a tensor and a variable that differ; others are of this program.
            if "shape" not in str(error):
                raise
            raise UnfitCheckpointError(_first_line(error)) from error
        try:
            if partial:
                status.assert_existing_objects_matched()
            else:
                status.assert_consumed()
        except AssertionError as error:
            raise UnfitCheckpointError(_first_line(error)) from error


class UnfitCheckpointError(Exception):
    """The files of a checkpoint can be read, and are not those of what is to be filled."""


@contextmanager
def open_checkpoint(prefix: str | Path, remedy: str) -> Iterator[Any]:
    """Yields TensorFlow's reader of a checkpoint, when its files are as large as its tensors.

    Args:
      prefix: of the names of the files.
      remedy: the end of error messages.

    Raises:
      InputError: a file is missing or damaged, or the block has found that or raises
        `UnfitCheckpointError`; or there is not enough memory, of which the files are not guilty.
    """
    check_prefix(prefix)
    try:
        yield _open(Path(prefix))
    except (*_DAMAGED, UnfitCheckpointError) as error:
        raise InputError(
            f"{prefix}: cannot load the checkpoint; it is damaged, cut short or of another model "
            f"({_first_line(error)}); {remedy}"
        ) from error
    except _OUT_OF_MEMORY as error:
        raise InputError(
            f"{prefix}: not enough memory to load the checkpoint, which stays as it is; free some "
            f"and start again ({_first_line(error)})"
        ) from error


def read_tensor(reader: Any, name: str) -> Any:
    """A tensor of a checkpoint.

    Raises:
      UnfitCheckpointError: its checksum is another.
    """
    try:
        return reader.get_tensor(name)
    except (tf.errors.OpError, IndexError) as error:
        # The reader has no class for damage, and IndexError for a file that ends too soon; other
        # classes say what they are.
        if type(error) not in (tf.errors.OpError, IndexError):
            raise
        raise UnfitCheckpointError(_first_line(error)) from error


def object_graph(reader: Any) -> trackable_object_graph_pb2.TrackableObjectGraph:
    """What a checkpoint says of the objects in it.

    Raises:
      UnfitCheckpointError: nothing; or DecodeError: nothing that can be read.
    """
    graph = read_tensor(reader, OBJECT_GRAPH) if reader.has_tensor(OBJECT_GRAPH) else None
    if not isinstance(graph, bytes):
        raise UnfitCheckpointError("it has no object graph")
    return trackable_object_graph_pb2.TrackableObjectGraph.FromString(graph)


def _first_line(error: Exception) -> str:
    """What an error says, without the names of layers and graph nodes around it."""
    around = ("Exception encountered when calling layer", "Call arguments received", "\u2022")
    lines = [line.strip() for line in str(error).splitlines()]
    lines = [line for line in lines if line and not line.startswith(around)]
    return re.sub(r"\{\{.*?\}\} *| *\[Op:\w*\].*", "", lines[0]) if lines else repr(error)


def _files_of(prefix: Path) -> list[Path]:
    return [Path(f"{prefix}.index"), *values_files(prefix)]


def _open(prefix: Path) -> Any:
    """TensorFlow's reader of a checkpoint whose files are as large as its tensors."""
    index, *values = _files_of(prefix)
    for path in (index, *values):
        check_regular(path)
    if not index.exists():
        raise UnfitCheckpointError(f"no {index.name} there")
    for path in (index, *values):
        # TensorFlow does not tell a file that it may not read from one that it cannot.
        path.open("rb").close()
    try:
        # Unlike tf.train.load_checkpoint() this takes the prefix for nothing but a prefix.
        reader = tf.compat.v1.train.NewCheckpointReader(str(prefix))
    except tf.errors.OpError as error:
        raise UnfitCheckpointError(_first_line(error)) from error
    dtypes = reader.get_variable_to_dtype_map()
    wanted = 0
    for name, shape in reader.get_variable_to_shape_map().items():
        if dtypes[name] == tf.string and shape:
            # Strings take more memory than file.
            raise UnfitCheckpointError(f"{name} is of shape {shape}, where one string is expected")
        wanted += math.prod(shape) * (dtypes[name].size or 0)
    available = sum(path.stat().st_size for path in values)
    if wanted > available:
        raise UnfitCheckpointError(f"tensors of {wanted:,} bytes in files of {available:,}")
    return reader
