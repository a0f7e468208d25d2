"""The tokenizer of SentencePiece models: pieces of pre-segmented words, in graph."""

import tensorflow as tf
import tensorflow_text as tf_text

from minibert.text.empty_words import fill_empty
from minibert.text.graph_normalization import normalize
from minibert.text.normalization import Normalization
from minibert.text.sentencepiece_vocab import (
    CLS_ID,
    MODEL_UNK_ID,
    PAD_ID,
    SEP_ID,
    SHIFT,
    UNK_ID,
    WORD_START,
)
from minibert.text.text_parts import SPACE


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
        pieces = self._tokenizer.tokenize(normalize(words, self._normalization))
        flat = pieces.flat_values
        is_alone = tf.gather(pieces.row_lengths() == 1, pieces.value_rowids())
        # No text gives the other two special pieces of the model.
        is_unknown = (flat == MODEL_UNK_ID) | (is_alone & (flat == self._mark_id))
        return fill_empty(pieces.with_values(tf.where(is_unknown, UNK_ID, flat + SHIFT)), UNK_ID)

    def split_text(self, text: tf.Tensor) -> tf.RaggedTensor:
        """See `SubwordTokenizer`; it cuts at white space alone."""
        return tf_text.regex_split(text, SPACE)
