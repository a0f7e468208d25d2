"""Words in, the likeliest labels and their probabilities out, for sentences of any length."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from minibert.chunks import chunks, text_size
from minibert.models.trained_model import TrainedModel
from minibert.models.window_batches import batches_by_length, pad_rows
from minibert.text.encoding import NO_POSITION, encode_sentences

# Sentences that are sorted by length together, and the characters in them: enough for batches
# with little padding, few enough to stream.
_CHUNK_SENTENCES = 1024
_CHUNK_CHARACTERS = 120_000
# Largest batch in wordpieces, padding included. Greater ones are not faster on a CPU, and each
# takes several arrays of 40 kB a word for a task with ten thousand labels.
_BATCH_WORDPIECES = 1024


@dataclass(frozen=True)
class Predictions:
    """The likeliest labels of the words of one sentence, for one task.

    Attributes:
      ids: int32 `[words, k]`, label ids, the likeliest first.
      probabilities: float32 `[words, k]`.
    """

    ids: np.ndarray
    probabilities: np.ndarray


class Predictor:
    """Tags pre-segmented sentences with a trained model."""

    def __init__(self, model: TrainedModel, *, top_k: int = 1):
        """Takes the model and the number of labels to give for each word.

        A task with fewer labels than `top_k` gives all of them.
        """
        self._model = model
        self._top_k = {
            vocab.task: min(top_k, len(vocab)) for vocab in model.description.label_vocabs
        }
        self._encode = tf.function(
            self._encode_words,
            input_signature=[
                tf.TensorSpec([None], tf.string),
                tf.TensorSpec([None], tf.int64),
            ],
        )
        self._classify = tf.function(
            self._classify_windows,
            input_signature=[
                tf.TensorSpec([None, None], tf.int32),
                tf.TensorSpec([None, None], tf.int32),
            ],
        )

    def predict(self, sentences: Iterable[Sequence[str]]) -> Iterator[dict[str, Predictions]]:
        """Yields the predictions of each sentence, by task, in order.

        Reads ahead by a bounded number of sentences, so the input may be larger than memory. A
        sentence without words gives predictions without words.
        """
        for chunk in chunks(
            sentences, max_items=_CHUNK_SENTENCES, size=text_size, max_size=_CHUNK_CHARACTERS
        ):
            yield from self._predict_chunk(chunk)

    def _predict_chunk(self, sentences: list[Sequence[str]]) -> Iterator[dict[str, Predictions]]:
        words = [word for sentence in sentences for word in sentence]
        counts = np.array([len(sentence) for sentence in sentences], np.int64)
        flat = self._predict_words(words, counts)
        ends = np.cumsum(counts)
        for start, end in zip(ends - counts, ends, strict=True):
            yield {
                task: Predictions(ids[start:end], probabilities[start:end])
                for task, (ids, probabilities) in flat.items()
            }

    def _predict_words(
        self, words: list[str], counts: np.ndarray
    ) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Predicts the words of a chunk: task to ids and probabilities, `[words, k]` each."""
        pieces, piece_splits, positions, word_splits = (
            tensor.numpy()
            for tensor in self._encode(tf.constant(words, tf.string), tf.constant(counts))
        )
        results = {
            task: (np.empty([len(words), k], np.int32), np.empty([len(words), k], np.float32))
            for task, k in self._top_k.items()
        }
        lengths = np.diff(piece_splits)
        for batch in batches_by_length(lengths, _BATCH_WORDPIECES):
            inputs = pad_rows(pieces, piece_splits, batch, self._model.tokenizer.pad_id)
            first_pieces = pad_rows(positions, word_splits, batch, NO_POSITION)
            # Row by row, the words of these windows, as the tagger gives them.
            rows = np.concatenate(
                [np.arange(word_splits[window], word_splits[window + 1]) for window in batch]
            )
            outputs = self._classify(tf.constant(inputs), tf.constant(first_pieces))
            for task, (ids, probabilities) in outputs.items():
                results[task][0][rows] = ids.numpy()
                results[task][1][rows] = probabilities.numpy()
        return results

    def _encode_words(self, words: tf.Tensor, counts: tf.Tensor) -> tuple[tf.Tensor, ...]:
        encoded = encode_sentences(
            self._model.tokenizer,
            tf.RaggedTensor.from_row_lengths(words, counts),
            self._model.description.max_seq_length,
        )
        return (
            encoded.input_ids.flat_values,
            encoded.input_ids.row_splits,
            encoded.word_positions.flat_values,
            encoded.word_positions.row_splits,
        )

    def _classify_windows(
        self, input_ids: tf.Tensor, word_positions: tf.Tensor
    ) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        logits = self._model.tagger({"input_ids": input_ids, "word_positions": word_positions})
        outputs = {}
        for task, k in self._top_k.items():
            best = tf.math.top_k(logits[task], k)
            total = tf.reduce_logsumexp(logits[task], axis=1, keepdims=True)
            outputs[task] = (best.indices, tf.exp(best.values - total))
        return outputs
