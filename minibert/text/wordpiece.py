"""The tokenizer: wordpieces of pre-segmented words, in graph, as the public BERT gives them."""

from collections.abc import Sequence

import tensorflow as tf
import tensorflow_text as tf_text

from minibert.errors import InputError
from minibert.text.empty_words import fill_empty
from minibert.text.graph_normalization import normalize
from minibert.text.normalization import Normalization
from minibert.text.text_parts import split_text
from minibert.text.vocab import SPECIAL_PIECES

# What the public tokenizer deletes and TF Text would turn into a space: control characters other
# than tab, line feed and carriage return; format characters, such as the zero-width non-joiner
# inside Persian words; and U+FFFD.
_DELETED = r"[\x{00}-\x{08}\x{0B}\x{0C}\x{0E}-\x{1F}\x{7F}-\x{9F}\x{FFFD}]|\p{Cf}"

# The public tokenizer maps a token of more than 200 characters to [UNK]. TF Text counts bytes,
# of which a character has at most four.
_MAX_BYTES_PER_TOKEN = 800


class WordpieceTokenizer:
    """Wordpiece ids of pre-segmented words, for the cased multilingual vocabularies.

    With the normalization `none` the ids of each word are those of
    `FullTokenizer(vocab_file, do_lower_case=False)` of the public BERT, applied to that word
    alone: control and format characters deleted, punctuation and CJK characters split off, then
    greedy longest match first. Another form the word is brought into behind the deletion.
    A word that this leaves without a piece (a lone soft hyphen, say) gets `[UNK]`, so that every
    word has a first piece (Tsai et al. 2019, footnote 3).

    Known to differ from the public tokenizer, beyond the words of Universal Dependencies 2.2, on
    all of which it agrees:

    * A token of more than 200 characters but at most 800 bytes is split into pieces here, and is
      `[UNK]` there.
    * A character that Unicode assigned after the release that TF Text or the Python interpreter
      was built with may be punctuation, format or CJK for only one of them.
    * A word that is not valid UTF-8 has each bad byte replaced by U+FFFD, which is deleted; the
      public tokenizer drops the bytes, to the same effect, or raises, by its entry point.

    Attributes:
      vocab: the pieces in the order of their ids.
      normalization: what is made of words first.
      pad_id, unk_id, cls_id, sep_id: ids of the special pieces.
    """

    def __init__(self, vocab: Sequence[str], *, normalization: Normalization):
        """Builds the tokenizer.

        Args:
          vocab: the pieces in the order of their ids, as `read_vocab` returns them.
          normalization: what is made of words before they are split.

        Raises:
          InputError: a special piece is missing.
        """
        self.vocab = list(vocab)
        self.normalization = normalization
        missing = [piece for piece in SPECIAL_PIECES if piece not in self.vocab]
        if missing:
            raise InputError(f"the vocabulary lacks {missing[0]}; give that of a BERT checkpoint")
        self.pad_id, self.unk_id, self.cls_id, self.sep_id = (
            self.vocab.index(piece) for piece in SPECIAL_PIECES
        )
        self._tokenizer = tf_text.FastBertTokenizer(
            vocab=self.vocab,
            token_out_type=tf.int32,
            lower_case_nfd_strip_accents=False,
            max_bytes_per_word=_MAX_BYTES_PER_TOKEN,
            support_detokenization=False,
        )

    def tokenize(self, words: tf.Tensor) -> tf.RaggedTensor:
        """Splits words into wordpieces.

        Args:
          words: string `[words]`, UTF-8.

        Returns:
          int32 `[words, (pieces)]`, at least one piece a word.
        """
        words = tf.strings.unicode_transcode(words, "UTF-8", "UTF-8", errors="replace")
        words = tf.strings.regex_replace(words, _DELETED, "")
        # After the deletion: a joiner between a letter and its accent keeps them apart.
        words = normalize(words, self.normalization)
        return fill_empty(self._tokenizer.tokenize(words), self.unk_id)

    def split_text(self, text: tf.Tensor) -> tf.RaggedTensor:
        """See `SubwordTokenizer`."""
        return split_text(text)
