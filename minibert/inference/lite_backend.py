"""Tagging with LiteRT, without TensorFlow."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minibert.data.label_vocab import LabelVocab
from minibert.errors import InputError
from minibert.inference.predictor import Predictions, empty_predictions
from minibert.packages import import_package
from minibert.quiet import quiet_stderr
from minibert.text.feature_spec import (
    POSITION_IDS,
    SEGMENT_IDS,
    WORD_POSITIONS,
    FeatureSpec,
    Window,
)

# Wordpieces that are classified together: enough that products of matrices are fast, few enough
# that attention, which grows with the square, costs little.
_BATCH_SIZE = 128
# Of a network that keeps the windows of a row apart.
_PACKED = frozenset([POSITION_IDS, SEGMENT_IDS])


class LiteBackend:
    """Tags with `model.tflite`; see `predictor.Backend`."""

    def __init__(
        self,
        path: Path,
        features: FeatureSpec,
        label_vocabs: Sequence[LabelVocab],
        *,
        num_threads: int = 1,
    ):
        """Loads the model.

        Args:
          path: the file.
          features: what the model reads.
          label_vocabs: the labels of each task.
          num_threads: threads that a product of matrices may use.

        Raises:
          InputError: LiteRT is not installed, or the file is no such model.
        """
        lite = import_package("ai_edge_litert.interpreter", needed_for=f"{path}")
        self.label_vocabs = label_vocabs
        self._features = features
        self._featurizer = features.in_python()
        try:
            with quiet_stderr():
                self._interpreter = lite.Interpreter(model_path=str(path), num_threads=num_threads)
                self._interpreter.allocate_tensors()
            runner = self._interpreter.get_signature_runner()
            inputs, outputs = runner.get_input_details(), runner.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise InputError(f"{path}: no model that LiteRT takes: {error}") from error
        self._path = path
        self._inputs, self._outputs = (
            {name: detail["index"] for name, detail in details.items()}
            for details in (inputs, outputs)
        )
        wanted = {f"{v.task}_{kind}" for v in label_vocabs for kind in ("ids", "probabilities")}
        # Several windows may be a row of a network that keeps them apart.
        self._is_packed = set(self._inputs) >= _PACKED
        packed = _PACKED if self._is_packed else frozenset()
        if set(self._inputs) != {*features.padding, "top_k", *packed} or (
            set(self._outputs) != wanted
        ):
            raise InputError(
                f"{path}: it has other inputs, outputs or tasks than an export; export again"
            )
        self._shape: Mapping[str, tuple[int, ...]] | None = None
        # An interpreter has one set of inputs, whatever number of threads call.
        self._lock = threading.Lock()

    def classify(self, sentences: Sequence[Sequence[str]], top_k: int) -> Mapping[str, Predictions]:
        """Tags some sentences; see `predictor.Backend`."""
        windows = [window for words in sentences for window in self._featurizer.featurize(words)]
        ends = np.cumsum([len(window.word_positions) for window in windows])
        results = {
            vocab.task: empty_predictions(sum(map(len, sentences)), min(top_k, len(vocab)))
            for vocab in self.label_vocabs
        }
        sizes = [len(window.features[self._features.size_feature]) for window in windows]
        for batch in _pack(sizes, _BATCH_SIZE if self._is_packed else 0):
            outputs = self._run([windows[index] for index in batch], top_k)
            rows = np.concatenate(
                [np.arange(ends[i] - len(windows[i].word_positions), ends[i]) for i in batch]
            )
            for task, predictions in results.items():
                predictions.fill(rows, outputs[f"{task}_ids"], outputs[f"{task}_probabilities"])
        return results

    def _run(self, windows: Sequence[Window], top_k: int) -> dict[str, Any]:
        lengths = [len(window.features[self._features.size_feature]) for window in windows]
        starts = np.cumsum([0, *lengths[:-1]])
        inputs = {
            **{
                name: [value for window in windows for value in window.features[name]]
                for name in self._features.pad_values
            },
            WORD_POSITIONS: [
                position + start
                for window, start in zip(windows, starts, strict=True)
                for position in window.word_positions
            ],
            "top_k": top_k,
        }
        if self._is_packed:
            inputs[POSITION_IDS] = np.concatenate([np.arange(length) for length in lengths])
            inputs[SEGMENT_IDS] = np.repeat(np.arange(len(windows)), lengths)
        arrays = {name: np.array(value, np.int32) for name, value in inputs.items()}
        try:
            with self._lock:
                return self._invoke(arrays)
        except (ValueError, RuntimeError) as error:
            raise InputError(
                f"{self._path}: does not fit the files around it ({error}); export again"
            ) from error

    def _invoke(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        interpreter = self._interpreter
        shape = {name: array.shape for name, array in arrays.items()}
        if shape != self._shape:
            self._shape = None
            for name, array in arrays.items():
                if array.ndim:
                    interpreter.resize_tensor_input(self._inputs[name], array.shape)
            interpreter.allocate_tensors()
            self._shape = shape
        for name, array in arrays.items():
            interpreter.set_tensor(self._inputs[name], array)
        interpreter.invoke()
        return {name: interpreter.get_tensor(index) for name, index in self._outputs.items()}


def _pack(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Groups windows of at most such a size taken together, or a longer one alone."""
    batch: list[int] = []
    total = 0
    for index, length in enumerate(lengths):
        if batch and total + length > most:
            yield batch
            batch, total = [], 0
        batch.append(index)
        total += length
    if batch:
        yield batch
