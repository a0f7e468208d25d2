"""The tokenizer of SentencePiece models: pieces of pre-segmented words, in graph."""

import tensorflow as tf
import tensorflow_text as tf_text

from minibert.text.normalization import NFC, Normalization
from minibert.text.sentencepiece_vocab import (
    CLS_ID,
    MODEL_UNK_ID,
    PAD_ID,
    SEP_ID,
    SHIFT,
    UNK_ID,
    WORD_START,
)


class SentencePieceTokenizer(tf.Module):
    """Ids of the pieces of words, as XLM-R has them.

    Each word is split as if a space stood before it: it begins with the mark of a word, whatever
    there is before it in its sentence. A word that this leaves without a piece, or only with the
    mark, gets `<unk>`, so that every word has a first piece.

    Attributes:
      pad_id, unk_id, cls_id, sep_id: ids of the special pieces.
    """

    pad_id, unk_id, cls_id, sep_id = PAD_ID, UNK_ID, CLS_ID, SEP_ID

    def __init__(self, model: bytes, *, normalization: Normalization):
        """Takes the content of the file of a model, and what is made of words first."""
        super().__init__(name="tokenizer")
        self._tokenizer = tf_text.SentencepieceTokenizer(model, out_type=tf.int32)
        self._mark_id = self._tokenizer.string_to_id(WORD_START)
        self._normalization = normalization

    def tokenize(self, words: tf.Tensor) -> tf.RaggedTensor:
        """See `SubwordTokenizer`."""
        words = tf.strings.unicode_transcode(words, "UTF-8", "UTF-8", errors="replace")
        if self._normalization == NFC:
            words = tf_text.normalize_utf8(words, "NFC")
        pieces = self._tokenizer.tokenize(words)
        # No text gives the other two special pieces of the model.
        is_unknown = pieces.flat_values == MODEL_UNK_ID
        ids = tf.where(is_unknown, UNK_ID, pieces.flat_values + SHIFT)
        counts = pieces.row_lengths()
        first = tf.gather(
            tf.concat([pieces.flat_values, [self._mark_id]], axis=0), pieces.row_starts()
        )
        is_empty = (counts == 0) | ((counts == 1) & (first == self._mark_id))
        of_word = tf.gather(is_empty, pieces.value_rowids())
        kept = tf.RaggedTensor.from_row_lengths(
            tf.boolean_mask(ids, ~of_word), tf.where(is_empty, tf.zeros_like(counts), counts)
        )
        filler = tf.RaggedTensor.from_row_lengths(
            tf.fill([tf.math.count_nonzero(is_empty)], UNK_ID), tf.cast(is_empty, tf.int64)
        )
        return tf.cond(
            tf.reduce_any(is_empty),
            lambda: tf.concat([kept, filler], axis=1),
            lambda: pieces.with_values(ids),
        )

    def split_text(self, text: tf.Tensor) -> tf.RaggedTensor:
        """See `SubwordTokenizer`; it cuts at white space alone."""
        return tf_text.regex_split(text, r"[\s\p{Z}]+")
