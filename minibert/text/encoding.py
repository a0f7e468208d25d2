"""Sentences to the encoder's input: tokenized, cut into windows, first wordpieces located."""

from typing import NamedTuple

import tensorflow as tf
import tensorflow_text as tf_text

from minibert.text.vocab import NUM_SPECIAL_PIECES
from minibert.text.windows import Windows, cut_long_words, cut_windows, split_long_words
from minibert.text.wordpiece import WordpieceTokenizer

# What the public tokenizer takes for a token of its own, wherever it stands.
_CJK = (
    r"[\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{2A6DF}"
    r"\x{2A700}-\x{2CEAF}\x{2F800}-\x{2FA1F}]"
)
# Fills up the first-piece positions of windows that have fewer words than others.
NO_POSITION = -1


class EncodedWindows(NamedTuple):
    """What the encoder reads for a batch of sentences, a row a window.

    Attributes:
      input_ids: int32 `[windows, (pieces)]`: `[CLS]`, the window's wordpieces, `[SEP]`.
      word_positions: int32 `[windows, (words)]`: where in `input_ids` the first wordpiece is of
        each word that belongs to the window.
      windows: which words those are.
    """

    input_ids: tf.RaggedTensor
    word_positions: tf.RaggedTensor
    windows: Windows

    def select(self, per_word: tf.RaggedTensor) -> tf.RaggedTensor:
        """Regroups values of the words of sentences to those of the windows they belong to.

        Args:
          per_word: `[sentences, (words)]`.

        Returns:
          `[windows, (words)]`, parallel to `word_positions`.
        """
        return self.word_positions.with_values(per_word.flat_values)


def encode_sentences(
    tokenizer: WordpieceTokenizer, words: tf.RaggedTensor, max_seq_length: int
) -> EncodedWindows:
    """Encodes pre-segmented sentences.

    Args:
      tokenizer: the tokenizer.
      words: string `[sentences, (words)]`.
      max_seq_length: the longest window in wordpieces, `[CLS]` and `[SEP]` included; at least 3.

    Returns:
      The windows of all sentences, in reading order: taken together, `word_positions` has every
      word of `words` once, in order.
    """
    pieces = cut_long_words(
        tokenizer.tokenize(words.flat_values), max_seq_length - NUM_SPECIAL_PIECES
    )
    return _encode_pieces(tokenizer, pieces, words.row_lengths(), max_seq_length)


def longest_sentence(pieces: tf.RaggedTensor, word_splits: tf.Tensor) -> tf.Tensor:
    """The length of the longest sentence in wordpieces, `[CLS]` and `[SEP]` included.

    Args:
      pieces: `[words, (pieces)]`, as the tokenizer gives them.
      word_splits: int64 `[sentences + 1]`, at which word each sentence begins, and the last ends.

    Returns:
      int64 `[]`; of no sentence, the least of all.
    """
    splits = tf.gather(pieces.row_splits, word_splits)
    return tf.reduce_max(splits[1:] - splits[:-1]) + NUM_SPECIAL_PIECES


def encode_whole(
    tokenizer: WordpieceTokenizer, pieces: tf.RaggedTensor, word_splits: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Encodes sentences of which each is to be one window: what `encode_sentences` gives, padded.

    In far fewer operations, which are most of the time where a sentence comes alone.

    Args:
      tokenizer: the tokenizer.
      pieces: as of `longest_sentence`.
      word_splits: as of there.

    Returns:
      `input_ids` int32 `[sentences, longest_sentence]` and `word_positions` int32
      `[sentences, words]`, padded as the encoder takes them.
    """
    splits = tf.gather(pieces.row_splits, word_splits)
    starts, ends = splits[:-1, tf.newaxis], splits[1:, tf.newaxis]
    by_sentence = tf.RaggedTensor.from_row_splits(pieces.flat_values, splits, validate=False)
    # [CLS] on both sides; what is behind a sentence is then overwritten.
    input_ids = tf.pad(by_sentence.to_tensor(), [[0, 0], [1, 1]], constant_values=tokenizer.cls_id)
    columns = tf.range(tf.shape(input_ids, tf.int64)[1])
    last = ends - starts + 1
    behind = tf.where(tf.equal(columns, last), tokenizer.sep_id, tokenizer.pad_id)
    input_ids = tf.where(columns < last, input_ids, behind)
    by_sentence = tf.RaggedTensor.from_row_splits(
        pieces.row_splits[:-1], word_splits, validate=False
    )
    word_starts = by_sentence.to_tensor(-1)
    positions = tf.cast(word_starts - starts + 1, tf.int32)
    return input_ids, tf.where(word_starts < 0, NO_POSITION, positions)


def encode_text(
    tokenizer: WordpieceTokenizer, text: tf.Tensor, max_seq_length: int
) -> EncodedWindows:
    """Encodes text that is not segmented, every wordpiece of it.

    A window begins at white space or at a Chinese character, where the text has any: a part of it
    that is longer than a window, as may be in Thai, is several.

    Args:
      tokenizer: the tokenizer.
      text: string `[sentences]`.
      max_seq_length: as of `encode_sentences`.

    Returns:
      The windows of all sentences, in reading order; the words are the parts.
    """
    parts = split_text(text)
    pieces, num_words = split_long_words(
        tokenizer.tokenize(parts.flat_values),
        parts.row_splits,
        max_seq_length - NUM_SPECIAL_PIECES,
    )
    return _encode_pieces(tokenizer, pieces, num_words, max_seq_length)


def _encode_pieces(
    tokenizer: WordpieceTokenizer,
    pieces: tf.RaggedTensor,
    num_words: tf.Tensor,
    max_seq_length: int,
) -> EncodedWindows:
    """Encodes sentences of `num_words` words each, which have `pieces`, `[words, (pieces)]`."""
    windows = cut_windows(pieces.row_lengths(), num_words, max_seq_length - NUM_SPECIAL_PIECES)
    piece_start = pieces.row_splits
    window_start = tf.gather(piece_start, windows.start)
    window_end = tf.gather(piece_start, windows.end)
    inside = tf.gather(pieces.flat_values, tf.ragged.range(window_start, window_end))
    num_windows = tf.size(windows.start)
    input_ids = tf.concat(
        [
            tf.fill([num_windows, 1], tokenizer.cls_id),
            inside,
            tf.fill([num_windows, 1], tokenizer.sep_id),
        ],
        axis=1,
    )
    own_words = tf.ragged.range(windows.own_start, windows.own_end)
    shift = tf.gather(1 - window_start, own_words.value_rowids())
    positions = own_words.with_values(tf.gather(piece_start, own_words.values) + shift)
    return EncodedWindows(input_ids, tf.cast(positions, tf.int32), windows)


def split_text(text: tf.Tensor) -> tf.RaggedTensor:
    """Splits text where a window may begin: at white space, and around Chinese characters.

    The wordpieces of the parts are those of the whole, but that a part without any, such as a lone
    zero-width space, has `[UNK]`.

    Args:
      text: string `[sentences]`.

    Returns:
      string `[sentences, (parts)]`.
    """
    return tf_text.regex_split(text, rf"[\s\p{{Z}}]+|{_CJK}", _CJK)


def wordpiece_positions(input_ids: tf.Tensor, pad_id: int) -> tf.Tensor:
    """The positions of all wordpieces but `[CLS]`, `[SEP]` and padding.

    Args:
      input_ids: int32 `[windows, pieces]`, `[CLS]` first and `[SEP]` before the padding.
      pad_id: what padding is.

    Returns:
      int32 `[windows, pieces]`, padded with `NO_POSITION`: 1, 2, … up to the one before `[SEP]`.
    """
    lengths = tf.math.count_nonzero(input_ids != pad_id, axis=1, keepdims=True, dtype=tf.int32)
    positions = tf.range(1, tf.shape(input_ids)[1] + 1)[tf.newaxis, :]
    return tf.where(positions < lengths - 1, positions, NO_POSITION)
