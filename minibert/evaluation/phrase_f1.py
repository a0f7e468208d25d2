"""Phrase F1 of named entities in training, over whole sentences."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from minibert.data.entity_tags import OUTSIDE
from minibert.data.input_pipeline import SENTENCE_INDEX, WORD_INDEX, Batch, rows_of_labels, words_of
from minibert.data.label_vocab import UNANNOTATED, UNKNOWN, LabelVocab
from minibert.evaluation.conll18 import Score
from minibert.evaluation.phrases import count_phrases

# Of a gold label that the training data lacks, of which a batch says no more: a phrase each.
_UNKNOWN_TAG = "B-<unknown>"
_COLUMNS = _SENTENCE, _WORD, _GROUP, _GOLD, _SYSTEM = "sentence", "word", "group", "gold", "system"


class PhraseF1Scorer:
    """The F1 of phrases as conlleval counts them, whatever the windows: a `Scorer`.

    Words that nobody has annotated are outside of phrases.
    """

    def __init__(self, vocab: LabelVocab, groups: Sequence[str]):
        """Takes the labels and the groups."""
        self._vocab = vocab
        self._groups = groups
        self.reset()

    def reset(self) -> None:
        """As of `Scorer`."""
        self._found: list[np.ndarray] = []

    def of_batch(self, batch: Batch, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """As of `Scorer`."""
        labels, group = rows_of_labels(batch, self._vocab.task)
        return {
            _SENTENCE: words_of(batch, SENTENCE_INDEX),
            _WORD: words_of(batch, WORD_INDEX),
            _GROUP: group,
            _GOLD: labels,
            _SYSTEM: tf.argmax(logits, axis=1, output_type=tf.int32),
        }

    def add(self, found: Mapping[str, np.ndarray]) -> None:
        """As of `Scorer`."""
        self._found.append(np.stack([found[name] for name in _COLUMNS]))

    def figures(self) -> dict[str, float]:
        """As of `Scorer`."""
        counts = np.zeros([len(self._groups), 3])
        sentence, word, group, gold, system = np.concatenate(self._found, axis=1)
        order = np.lexsort([word, sentence])
        ends = np.flatnonzero(np.diff(sentence[order])) + 1
        for rows in np.split(order, ends):
            is_annotated = gold[rows] != UNANNOTATED
            if is_annotated.any():
                found = count_phrases(
                    self._tags(gold[rows], is_annotated), self._tags(system[rows], is_annotated)
                )
                counts[group[rows[0]]] += [of.total() for of in found]
        return {
            name: Score(*map(int, of_group)).f1
            for name, of_group in zip(self._groups, counts, strict=True)
            if of_group[:2].any()
        }

    def _tags(self, ids: np.ndarray, is_annotated: np.ndarray) -> list[str]:
        names = {UNKNOWN: _UNKNOWN_TAG}
        return [
            (names.get(i) or self._vocab.labels[i]) if annotated else OUTSIDE
            for i, annotated in zip(ids.tolist(), is_annotated.tolist(), strict=True)
        ]
