"""Words in, the likeliest labels and their probabilities out, for sentences of any length."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from minibert.chunks import chunks, text_size
from minibert.data.label_vocab import LabelVocab
from minibert.errors import InputError

# Sentences that are sorted by length together, and the characters in them: enough for batches
# with little padding, few enough to stream.
_CHUNK_SENTENCES = 1024
_CHUNK_CHARACTERS = 120_000


@dataclass(frozen=True)
class Predictions:
    """The likeliest labels of words, for one task.

    Attributes:
      ids: int32 `[words, k]`, label ids, the likeliest first.
      probabilities: float32 `[words, k]`.
    """

    ids: np.ndarray
    probabilities: np.ndarray

    def fill(self, words: np.ndarray, ids: np.ndarray, probabilities: np.ndarray) -> None:
        """Puts in those of some words, int `[some]`; `ids` and `probabilities` are `[some, k]`.

        Raises:
          InputError: they have another shape.
        """
        shape = (len(words), self.ids.shape[1])
        if not ids.shape == probabilities.shape == shape:
            raise InputError(
                f"the model gives {ids.shape} labels and {probabilities.shape} probabilities where "
                f"the files around it want {shape}; export it again"
            )
        self.ids[words] = ids
        self.probabilities[words] = probabilities

    def __getitem__(self, words: slice) -> "Predictions":
        return Predictions(self.ids[words], self.probabilities[words])


def empty_predictions(words: int, k: int) -> Predictions:
    """Predictions to be filled."""
    return Predictions(np.empty([words, k], np.int32), np.empty([words, k], np.float32))


class Backend(Protocol):
    """What runs a network: TensorFlow or LiteRT."""

    @property
    def label_vocabs(self) -> Sequence[LabelVocab]:
        """The labels of each task."""

    def classify(self, sentences: Sequence[Sequence[str]], top_k: int) -> Mapping[str, Predictions]:
        """Tags some sentences.

        Args:
          sentences: words, which fit into memory; they are batched here.
          top_k: how many labels to give for each word; of a task that has fewer, all.

        Returns:
          Task to the predictions of the words of all sentences, in order.
        """


class Predictor:
    """Tags streams of pre-segmented sentences."""

    def __init__(self, backend: Backend, *, top_k: int = 1):
        """Takes the backend and the number of labels to give for each word.

        A task with fewer labels than `top_k` gives all of them.
        """
        self._backend = backend
        self._top_k = min(top_k, max(map(len, backend.label_vocabs)))

    def predict(self, sentences: Iterable[Sequence[str]]) -> Iterator[dict[str, Predictions]]:
        """Yields the predictions of each sentence, by task, in order.

        Reads ahead by a bounded number of sentences, so the input may be larger than memory. A
        sentence without words gives predictions without words.
        """
        for chunk in chunks(
            sentences, max_items=_CHUNK_SENTENCES, size=text_size, max_size=_CHUNK_CHARACTERS
        ):
            predictions = self._backend.classify(chunk, self._top_k)
            self._check_ids(predictions)
            start = 0
            for sentence in chunk:
                end = start + len(sentence)
                yield {task: flat[start:end] for task, flat in predictions.items()}
                start = end

    def _check_ids(self, predictions: Mapping[str, Predictions]) -> None:
        for vocab in self._backend.label_vocabs:
            ids = predictions[vocab.task].ids
            if ids.size and not 0 <= ids.min() <= ids.max() < len(vocab):
                raise InputError(
                    f"the model gives more {vocab.task} labels than the {len(vocab)} that are "
                    "named in the files around it; export it again"
                )
