"""What BERT reads: pieces between `[CLS]` and `[SEP]`, a word at its first one."""

from collections.abc import Mapping
from dataclasses import dataclass

import tensorflow as tf

from minibert.text.feature_spec import NO_POSITION, WORD_POSITIONS
from minibert.text.featurizer import Featurized, Featurizer
from minibert.text.subword_features import (
    INPUT_IDS,
    NUM_SPECIAL_PIECES,
    SpecialIds,
    SubwordFeatures,
)
from minibert.text.windows import cut_long_words, cut_windows, split_long_words


class SubwordFeaturizer(Featurizer):
    """Features of words by a subword tokenizer; see `featurizer.Featurizer`.

    Attributes:
      tokenizer: the tokenizer.
    """

    def __init__(self, spec: SubwordFeatures):
        """Takes what the features are; the longest window is of 3 at least."""
        super().__init__(spec)
        self.tokenizer = spec.tokenizer()
        self._max_pieces = spec.max_length - NUM_SPECIAL_PIECES

    def featurize(self, words: tf.RaggedTensor) -> Featurized:
        """Features of pre-segmented sentences; see `featurizer.Featurizer`."""
        pieces = cut_long_words(self.tokenizer.tokenize(words.flat_values), self._max_pieces)
        return self._featurize_pieces(pieces, words.row_lengths())

    def featurize_text(self, text: tf.Tensor) -> Featurized:
        """Features of text that is not segmented, every piece of it.

        A window begins where the tokenizer cuts text whatever stands there, such as at white
        space: a part of it that is longer than a window, as may be in Thai, is several.

        Args:
          text: string `[sentences]`.

        Returns:
          The windows of all sentences, in reading order; the words are the parts.
        """
        parts = self.tokenizer.split_text(text)
        pieces, num_words = split_long_words(
            self.tokenizer.tokenize(parts.flat_values), parts.row_splits, self._max_pieces
        )
        return self._featurize_pieces(pieces, num_words)

    def whole(self, words: tf.RaggedTensor) -> "WholePieces":
        """Sentences that may be a window each; see `featurizer.Featurizer`."""
        pieces = self.tokenizer.tokenize(words.flat_values)
        return WholePieces(self.tokenizer, pieces, words.row_splits)

    def drop(
        self, features: Mapping[str, tf.Tensor], rate: float, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Replaces a part of the wordpieces of a batch by `[UNK]`.

        Args:
          features: of the batch, `[windows, pieces]`.
          rate: the part of those that are not special.
          seed: int32 `[2]`, of the choice.
        """
        input_ids = features[INPUT_IDS]
        dropped = tf.random.stateless_uniform(tf.shape(input_ids), seed) < rate
        tokenizer = self.tokenizer
        for kept_id in (tokenizer.pad_id, tokenizer.cls_id, tokenizer.sep_id):
            dropped &= input_ids != kept_id
        return {**features, INPUT_IDS: tf.where(dropped, tokenizer.unk_id, input_ids)}

    def all_positions(self, features: Mapping[str, tf.RaggedTensor]) -> tf.RaggedTensor:
        """The positions of all wordpieces but `[CLS]` and `[SEP]`.

        Args:
          features: of windows, `[windows, (pieces)]`, `[CLS]` first and `[SEP]` last.

        Returns:
          int32 `[windows, (pieces)]`: 1, 2, … up to that before `[SEP]`.
        """
        ends = self.lengths(features) - 1
        return tf.cast(tf.ragged.range(tf.ones_like(ends), ends), tf.int32)

    def _featurize_pieces(self, pieces: tf.RaggedTensor, num_words: tf.Tensor) -> Featurized:
        """Features of sentences of `num_words` words each, which have `pieces`."""
        windows = cut_windows(pieces.row_lengths(), num_words, self._max_pieces)
        piece_start = pieces.row_splits
        window_start = tf.gather(piece_start, windows.start)
        window_end = tf.gather(piece_start, windows.end)
        inside = tf.gather(pieces.flat_values, tf.ragged.range(window_start, window_end))
        num_windows = tf.size(windows.start)
        input_ids = tf.concat(
            [
                tf.fill([num_windows, 1], self.tokenizer.cls_id),
                inside,
                tf.fill([num_windows, 1], self.tokenizer.sep_id),
            ],
            axis=1,
        )
        own_words = tf.ragged.range(windows.own_start, windows.own_end)
        shift = tf.gather(1 - window_start, own_words.value_rowids())
        positions = own_words.with_values(tf.gather(piece_start, own_words.values) + shift)
        return Featurized({INPUT_IDS: input_ids}, tf.cast(positions, tf.int32), windows)


@dataclass(frozen=True)
class WholePieces:
    """The wordpieces of sentences each of which may be one window; see `WholeSentences`.

    Attributes:
      tokenizer: the tokenizer.
      pieces: `[words, (pieces)]`, as it gives them.
      word_splits: int64 `[sentences + 1]`, at which word each sentence begins, and the last ends.
    """

    tokenizer: SpecialIds
    pieces: tf.RaggedTensor
    word_splits: tf.Tensor

    def longest(self) -> tf.Tensor:
        """The wordpieces of the longest sentence, `[CLS]` and `[SEP]` included, int64 `[]`."""
        splits = tf.gather(self.pieces.row_splits, self.word_splits)
        return tf.reduce_max(splits[1:] - splits[:-1]) + NUM_SPECIAL_PIECES

    def inputs(self) -> dict[str, tf.Tensor]:
        """The padded features and positions of words, `[sentences, …]` each."""
        pieces, tokenizer = self.pieces, self.tokenizer
        splits = tf.gather(pieces.row_splits, self.word_splits)
        starts, ends = splits[:-1, tf.newaxis], splits[1:, tf.newaxis]
        by_sentence = tf.RaggedTensor.from_row_splits(pieces.flat_values, splits, validate=False)
        # [CLS] on both sides; what is behind a sentence is then overwritten.
        input_ids = tf.pad(
            by_sentence.to_tensor(), [[0, 0], [1, 1]], constant_values=tokenizer.cls_id
        )
        columns = tf.range(tf.shape(input_ids, tf.int64)[1])
        last = ends - starts + 1
        behind = tf.where(tf.equal(columns, last), tokenizer.sep_id, tokenizer.pad_id)
        input_ids = tf.where(columns < last, input_ids, behind)
        by_sentence = tf.RaggedTensor.from_row_splits(
            pieces.row_splits[:-1], self.word_splits, validate=False
        )
        word_starts = by_sentence.to_tensor(-1)
        positions = tf.cast(word_starts - starts + 1, tf.int32)
        positions = tf.where(word_starts < 0, NO_POSITION, positions)
        return {INPUT_IDS: input_ids, WORD_POSITIONS: positions}
