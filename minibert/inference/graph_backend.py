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
from minibert.text.feature_spec import WORD_POSITIONS, FeatureSpec

# Of the largest batch, in wordpieces and the like, padding included. Greater ones are not faster on
# a CPU, and each takes several arrays of 40 kB a word for a task with ten thousand labels.
_BATCH_SIZE = 1024


class _Functions(Protocol):
    """`TaggingFunctions`, made here or loaded."""

    encode: Callable[..., Mapping[str, tf.Tensor]]
    classify: Callable[..., Mapping[str, tf.Tensor]]


class GraphBackend:
    """Tags with functions in graph; see `predictor.Backend`."""

    def __init__(
        self, functions: _Functions, label_vocabs: Sequence[LabelVocab], features: FeatureSpec
    ):
        """Takes the functions, the labels of each task, and what the model reads."""
        self.label_vocabs = label_vocabs
        self.functions = functions
        self._features = features

    @classmethod
    def of_model(cls, model: TrainedModel) -> "GraphBackend":
        """Tags with a trained model."""
        description = model.description
        functions = TaggingFunctions(description, model.tagger)
        return cls(functions, description.label_vocabs, description.features)

    def classify(self, sentences: Sequence[Sequence[str]], top_k: int) -> Mapping[str, Predictions]:
        """Tags some sentences; see `predictor.Backend`."""
        # A lone surrogate, which UTF-8 has not, becomes bytes that the tokenizer drops.
        words = [
            word.encode("utf-8", "surrogatepass") for sentence in sentences for word in sentence
        ]
        counts = np.array([len(sentence) for sentence in sentences], np.int64)
        encoded = self.functions.encode(tf.constant(words, tf.string), tf.constant(counts))
        values = {name: tensor.numpy() for name, tensor in encoded.items()}
        word_splits = values[f"{WORD_POSITIONS}_splits"]
        lengths = np.diff(values[f"{self._features.size_feature}_splits"])
        results = {
            vocab.task: empty_predictions(len(words), min(top_k, len(vocab)))
            for vocab in self.label_vocabs
        }
        for batch in batches_by_length(lengths, _BATCH_SIZE):
            # Row by row, the words of these windows, as the network gives them.
            rows = np.concatenate(
                [np.arange(word_splits[window], word_splits[window + 1]) for window in batch]
            )
            outputs = self.functions.classify(
                *(
                    tf.constant(pad_rows(values[name], values[f"{name}_splits"], batch, value))
                    for name, value in self._features.padding.items()
                ),
                tf.constant(top_k),
            )
            for task, predictions in results.items():
                ids, probabilities = outputs[f"{task}_ids"], outputs[f"{task}_probabilities"]
                predictions.fill(rows, ids.numpy(), probabilities.numpy())
        return results
