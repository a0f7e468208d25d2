"""Loads a model from wherever it is: a run, an export, or `model.tflite` of an export."""

import os
from pathlib import Path

from minibert.errors import InputError
from minibert.inference.exported_model import (
    BOX,
    SAVED_MODEL,
    TFLITE,
    VARIABLES,
    find_export,
    read_export,
)
from minibert.inference.model_help import MAX_THREADS
from minibert.inference.predictor import Backend
from minibert.packages import import_package

_KINDS = (
    "give the --model_dir of fine_tune.py or distill.py, or what export.py has written: "
    f"EXPORT_DIR, EXPORT_DIR/VERSION or EXPORT_DIR/VERSION/{TFLITE}"
)


def load_backend(path: str | Path | None, *, num_threads: int | None = None) -> Backend:
    """Loads a model.

    Args:
      path: the `model_dir` of a run; the directory of an export, or of its versions, of which the
        newest is taken; or the `model.tflite` of an export, which needs no TensorFlow; none for
        the model that comes with the package.
      num_threads: threads to use; all cores, if it is not given. TensorFlow has one number for all
        models of a process; another one than that of the first is an error.

    Raises:
      InputError: there is no model, or it is damaged.
    """
    if num_threads is not None and not 1 <= num_threads <= MAX_THREADS:
        raise InputError(f"num_threads={num_threads}: must be from 1 to {MAX_THREADS}")
    path = BOX / TFLITE if path is None else Path(path)
    if path.is_file() and path.resolve().name == TFLITE:
        return _load_lite(path, num_threads)
    if not path.is_dir():
        raise InputError(f"{path}: no model; {_KINDS}")
    return _load_directory(path, num_threads)


def _load_lite(path: Path, num_threads: int | None) -> Backend:
    from minibert.inference.lite_backend import LiteBackend

    export = read_export(path.resolve().parent, network=TFLITE)
    return LiteBackend(
        export.directory / TFLITE,
        export.features,
        export.label_vocabs,
        # LiteRT takes -1 for its own choice, which is one.
        num_threads=num_threads or _cores(),
    )


def _load_directory(path: Path, num_threads: int | None) -> Backend:
    for name in ("tensorflow", "tensorflow_text"):
        import_package(
            name,
            needed_for=f"{path}: no {TFLITE}, which is what runs without TensorFlow",
        )
    from minibert.inference.graph_backend import GraphBackend
    from minibert.runs.trained_model import is_model, load_trained_model

    _limit_tensorflow(num_threads)
    # A run comes first: versions may have been exported into its directory.
    if is_model(path):
        return GraphBackend.of_model(load_trained_model(path))
    directory = find_export(path)
    if directory is None:
        raise InputError(f"{path}: no model in it; {_KINDS}")
    return _load_saved_model(directory)


def _load_saved_model(directory: Path) -> Backend:
    import tensorflow as tf
    import tensorflow_text  # noqa: F401 - registers the operations of the tokenizer

    from minibert.inference.graph_backend import GraphBackend
    from minibert.weights.checkpoint_files import open_checkpoint

    export = read_export(directory, network=SAVED_MODEL)
    with open_checkpoint(directory / VARIABLES, "export the model again"):
        pass
    try:
        functions = tf.saved_model.load(str(directory))
    except (tf.errors.OpError, OSError, ValueError, KeyError) as error:
        raise InputError(f"{directory}: cannot load: {error}; export the model again") from error
    backend = GraphBackend(functions, export.label_vocabs, export.features)
    try:
        backend.classify([["a"]], 1)
    # What its objects and functions are is not known, nor what calling them raises.
    except Exception as error:
        raise InputError(
            f"{directory}: not the functions of an export ({type(error).__name__}); export the "
            "model again"
        ) from error
    return backend


def _limit_tensorflow(num_threads: int | None) -> None:
    if num_threads is None:
        return
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(num_threads)
        tf.config.threading.set_inter_op_parallelism_threads(num_threads)
    except RuntimeError as error:
        threads = tf.config.threading.get_intra_op_parallelism_threads()
        if threads != num_threads:
            raise InputError(
                f"num_threads={num_threads}: TensorFlow runs already, with {threads or 'all cores'}"
                "; load this model first, or in a process of its own"
            ) from error


def _cores() -> int:
    return len(os.sched_getaffinity(0))
