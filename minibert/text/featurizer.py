"""What an encoder reads of words: named features, in graph.

An encoder has a featurizer of its own kind; nobody else knows the names of its features, or what
they are made of. A window is what the encoder reads at once, and each word belongs to one.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import tensorflow as tf

from minibert.text.feature_spec import WORD_POSITIONS, FeatureSpec
from minibert.text.text_parts import split_text
from minibert.text.windows import Windows


class Featurized(NamedTuple):
    """What the encoder reads for a batch of sentences, a row a window.

    Attributes:
      features: name to `[windows, (size)]`.
      word_positions: int32 `[windows, (words)]`: where in the output of the encoder each word is
        that belongs to the window.
      windows: which words those are.
    """

    features: Mapping[str, tf.RaggedTensor]
    word_positions: tf.RaggedTensor
    windows: Windows

    def inputs(self) -> dict[str, tf.RaggedTensor]:
        """The features and the positions of words, by name."""
        return {**self.features, WORD_POSITIONS: self.word_positions}

    def select(self, per_word: tf.RaggedTensor) -> tf.RaggedTensor:
        """Regroups values of the words of sentences to those of the windows they belong to.

        Args:
          per_word: `[sentences, (words)]`.

        Returns:
          `[windows, (words)]`, parallel to `word_positions`.
        """
        return self.word_positions.with_values(per_word.flat_values)


class WholeSentences(Protocol):
    """Sentences each of which may be one window."""

    def longest(self) -> tf.Tensor:
        """The size of the longest, int64 `[]`; of no sentence, the least of all."""

    def inputs(self) -> dict[str, tf.Tensor]:
        """What `Featurizer.featurize` gives of them, padded."""


class Featurizer(tf.Module):
    """Makes the features of one encoder; a module, so that what it holds can be exported.

    Attributes:
      spec: what they are.
    """

    def __init__(self, spec: FeatureSpec):
        """Takes what the features are."""
        super().__init__(name="featurizer")
        self.spec = spec

    def featurize(self, words: tf.RaggedTensor) -> Featurized:
        """Features of pre-segmented sentences.

        Args:
          words: string `[sentences, (words)]`.

        Returns:
          The windows of all sentences, in reading order: taken together, `word_positions` has every
          word of `words` once, in order.
        """
        raise NotImplementedError

    def featurize_text(self, text: tf.Tensor) -> Featurized:
        """Features of text that is not segmented, string `[sentences]`, every position of it."""
        return self.featurize(split_text(text))

    def drop(
        self, features: Mapping[str, tf.Tensor], rate: float, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """The features of a batch of which a part, chosen at random, is as of what is unknown.

        Where `FeatureSpec.can_drop` says that there is such a thing.
        """
        raise NotImplementedError

    def all_positions(self, features: Mapping[str, tf.RaggedTensor]) -> tf.RaggedTensor:
        """Of windows the positions that are of the text, int32 `[windows, (positions)]`.

        Where `FeatureSpec.pieces` says that there are others than those of words.
        """
        raise NotImplementedError

    def whole(self, words: tf.RaggedTensor) -> WholeSentences:
        """The same words for windows that are not cut, if that turns out to do.

        A featurizer that can do it in fewer operations should: they are most of the time where a
        sentence comes alone.
        """
        return _Windows(self, self.featurize(words), words.nrows(tf.int64))

    def lengths(self, features: Mapping[str, tf.RaggedTensor]) -> tf.Tensor:
        """The size of each window, int64 `[windows]`, by which windows are batched."""
        return features[self.spec.size_feature].row_lengths()

    def length(self, window: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """The size of one window, int32 `[]`, from its features."""
        return tf.size(window[self.spec.size_feature])


class _Windows(NamedTuple):
    """Windows, which may be whole sentences."""

    featurizer: Featurizer
    featurized: Featurized
    sentences: tf.Tensor

    def longest(self) -> tf.Tensor:
        lengths = self.featurizer.lengths(self.featurized.features)
        is_cut = tf.size(lengths, tf.int64) != self.sentences
        return tf.where(is_cut, tf.int64.max, tf.reduce_max(lengths))

    def inputs(self) -> dict[str, tf.Tensor]:
        inputs = self.featurized.inputs()
        padding = self.featurizer.spec.padding
        return {name: inputs[name].to_tensor(pad) for name, pad in padding.items()}
