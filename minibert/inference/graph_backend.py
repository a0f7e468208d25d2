"""Tagging with TensorFlow."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import tensorflow as tf

from minibert.data.label_vocab import LabelVocab
from minibert.inference.predictor import Predictions, empty_predictions
from minibert.inference.tagging_functions import TaggingFunctions
from minibert.inference.window_batches import batches_by_length, pad_rows
from minibert.runs.trained_model import TrainedModel
from minibert.text.featurizer import NO_POSITION, WORD_POSITIONS
from minibert.text.subword_featurizer import INPUT_IDS

# Largest batch in wordpieces, padding included. Greater ones are not faster on a CPU, and each
# takes several arrays of 40 kB a word for a task with ten thousand labels.
_BATCH_WORDPIECES = 1024


class _Functions(Protocol):
    """`TaggingFunctions`, made here or loaded."""

    encode: Callable[..., Mapping[str, tf.Tensor]]
    classify: Callable[..., Mapping[str, tf.Tensor]]


class GraphBackend:
    """Tags with functions in graph; see `predictor.Backend`."""

    def __init__(self, functions: _Functions, label_vocabs: Sequence[LabelVocab], pad_id: int):
        """Takes the functions, the labels of each task, and the wordpiece id of padding."""
        self.label_vocabs = label_vocabs
        self.functions = functions
        self._pad_id = pad_id

    @classmethod
    def of_model(cls, model: TrainedModel) -> "GraphBackend":
        """Tags with a trained model."""
        description = model.description
        functions = TaggingFunctions(description, model.tagger)
        return cls(functions, description.label_vocabs, functions.featurizer.pad_values[INPUT_IDS])

    def classify(self, sentences: Sequence[Sequence[str]], top_k: int) -> Mapping[str, Predictions]:
        """Tags some sentences; see `predictor.Backend`."""
        # A lone surrogate, which UTF-8 has not, becomes bytes that the tokenizer drops.
        words = [
            word.encode("utf-8", "surrogatepass") for sentence in sentences for word in sentence
        ]
        counts = np.array([len(sentence) for sentence in sentences], np.int64)
        encoded = self.functions.encode(tf.constant(words, tf.string), tf.constant(counts))
        pieces, piece_splits, positions, word_splits = (
            encoded[name].numpy()
            for feature in (INPUT_IDS, WORD_POSITIONS)
            for name in (feature, f"{feature}_splits")
        )
        results = {
            vocab.task: empty_predictions(len(words), min(top_k, len(vocab)))
            for vocab in self.label_vocabs
        }
        for batch in batches_by_length(np.diff(piece_splits), _BATCH_WORDPIECES):
            # Row by row, the words of these windows, as the network gives them.
            rows = np.concatenate(
                [np.arange(word_splits[window], word_splits[window + 1]) for window in batch]
            )
            outputs = self.functions.classify(
                tf.constant(pad_rows(pieces, piece_splits, batch, self._pad_id)),
                tf.constant(pad_rows(positions, word_splits, batch, NO_POSITION)),
                tf.constant(top_k),
            )
            for task, predictions in results.items():
                ids, probabilities = outputs[f"{task}_ids"], outputs[f"{task}_probabilities"]
                predictions.fill(rows, ids.numpy(), probabilities.numpy())
        return results
