"""A teacher that is asked about text, many windows at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from minibert.chunks import chunks
from minibert.data.teacher_outputs import (
    OutputsInfo,
    kept_bytes,
)
from minibert.inference.inference_networks import create_inference_network
from minibert.inference.window_batches import batches_by_length, pad_rows
from minibert.runs.trained_model import TrainedModel
from minibert.text.feature_spec import WORD_POSITIONS
from minibert.training.hardware import matmul_precision
from minibert.training.sentence_windows import featurize_positions
from minibert.training.softened_cross_entropy import keep_logits

# Batches of windows that are sorted by length together, and the most bytes of what is kept of them:
# enough for batches with little padding, few enough for the memory.
_BATCHES_AT_A_TIME = 16
_BYTES_AT_A_TIME = 2**28


class AskedWindow(NamedTuple):
    """What the teacher reads at once.

    Attributes:
      sentence: its number in the shard.
      begins: whether it is the first window of the sentence.
      text: that of the sentence.
      inputs: the features and the positions that are asked about, `[size]` each.
      length: in wordpieces.
    """

    sentence: int
    begins: bool
    text: bytes
    inputs: Mapping[str, np.ndarray]
    length: int


class TeacherRun:
    """Runs the teacher over text."""

    def __init__(self, model: TrainedModel, info: OutputsInfo, *, batch_wordpieces: int):
        """Takes the teacher, what is to be kept, and the most wordpieces in a batch."""
        description = model.description
        # The same function as that which was trained, in fewer operations.
        self._network = create_inference_network(description.encoder, model.tagger)
        features = replace(description.features, max_length=info.max_seq_length)
        self._featurizer = features.in_graph()
        self._info = info
        self._batch_wordpieces = batch_wordpieces
        self._encode = tf.function(
            self._encode_text, input_signature=[tf.TensorSpec([None], tf.string)]
        )
        names = self._featurizer.spec.padding
        self._run = tf.function(
            self._run_tagger,
            input_signature=[{name: tf.TensorSpec([None, None], tf.int32) for name in names}],
        )

    def __call__(
        self, sentences: Iterator[tf.Tensor], bar: tqdm
    ) -> Iterator[tuple[AskedWindow, Mapping[str, np.ndarray]]]:
        """Yields each window of a text, in order, and what is kept of it."""
        most = min(
            _BATCHES_AT_A_TIME * self._batch_wordpieces, _BYTES_AT_A_TIME // kept_bytes(self._info)
        )
        for windows in chunks(
            self._windows(sentences),
            max_items=most,
            size=lambda window: window.length,
            max_size=most,
        ):
            yield from zip(windows, self._ask(windows, bar), strict=True)

    def _windows(self, sentences: Iterator[tf.Tensor]) -> Iterator[AskedWindow]:
        first = 0
        for texts in sentences:
            inputs, lengths, of_sentence = self._encode(texts)
            lengths = lengths.numpy()
            by_window = {
                name: np.split(values.flat_values.numpy(), values.row_splits.numpy()[1:-1])
                for name, values in inputs.items()
            }
            text, before = texts.numpy(), -1
            for index, sentence in enumerate(of_sentence.numpy().tolist()):
                own = {name: values[index] for name, values in by_window.items()}
                yield AskedWindow(
                    first + sentence, sentence != before, text[sentence], own, int(lengths[index])
                )
                before = sentence
            first += len(text)

    def _ask(self, asked: Sequence[AskedWindow], bar: tqdm) -> list[Mapping[str, np.ndarray]]:
        """What is kept of each window."""
        kept: list[Mapping[str, np.ndarray]] = [{}] * len(asked)
        lengths = np.array([window.length for window in asked])
        for batch in batches_by_length(lengths, self._batch_wordpieces):
            windows = [asked[index] for index in batch]
            inputs = {
                name: tf.constant(_pad([window.inputs[name] for window in windows], filler))
                for name, filler in self._featurizer.spec.padding.items()
            }
            with matmul_precision(self._info.precision):
                outputs = self._run(inputs)
            ends = np.cumsum([len(window.inputs[WORD_POSITIONS]) for window in windows])[:-1]
            flat = {name: np.split(values.numpy(), ends) for name, values in outputs.items()}
            for row, index in enumerate(batch):
                kept[index] = {name: values[row] for name, values in flat.items()}
            bar.update(sum(window.begins for window in windows))
        return kept

    def _encode_text(
        self, text: tf.Tensor
    ) -> tuple[dict[str, tf.RaggedTensor], tf.Tensor, tf.Tensor]:
        found = featurize_positions(self._featurizer, self._info.positions, text)
        return found.inputs(), self._featurizer.lengths(found.features), found.windows.sentence

    def _run_tagger(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {
            name: values
            for task, logits in self._network.classify(inputs).items()
            for name, values in keep_logits(task, logits, self._info.kept).items()
        }


def _pad(rows: Sequence[np.ndarray], filler: int) -> np.ndarray:
    splits = np.cumsum([0, *map(len, rows)])
    return pad_rows(np.concatenate(rows), splits, np.arange(len(rows)), filler)
