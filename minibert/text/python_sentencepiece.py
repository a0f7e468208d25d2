"""The tokenizer of SentencePiece models without TensorFlow."""

from functools import lru_cache

from minibert.text.normalization import Normalization, normalize
from minibert.text.sentencepiece_vocab import (
    CLS_ID,
    MODEL_UNK_ID,
    PAD_ID,
    SEP_ID,
    SHIFT,
    UNK_ID,
    WORD_START,
    load_processor,
)

# Of words whose pieces are kept: enough for most words of a text.
_CACHED_WORDS = 2**15


class PythonSentencePieceTokenizer:
    """Ids of the pieces of a word; of each the same as `SentencePieceTokenizer` gives.

    Attributes:
      pad_id, unk_id, cls_id, sep_id: ids of the special pieces.
    """

    pad_id, unk_id, cls_id, sep_id = PAD_ID, UNK_ID, CLS_ID, SEP_ID

    def __init__(self, model: bytes, *, normalization: Normalization):
        """Takes what `SentencePieceTokenizer` takes.

        Raises:
          InputError: SentencePiece is not installed.
        """
        self._processor = load_processor(model)
        self._mark_id = self._processor.piece_to_id(WORD_START)
        self._normalization = normalization
        self.tokenize = lru_cache(maxsize=_CACHED_WORDS)(self._tokenize)

    def _tokenize(self, word: str) -> tuple[int, ...]:
        """See `PythonSubwordTokenizer`."""
        # What UTF-8 has not is replaced, as in graph.
        word = word.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        pieces = self._processor.encode(normalize(word, self._normalization))
        if pieces in ([], [self._mark_id]):
            return (UNK_ID,)
        return tuple(UNK_ID if piece == MODEL_UNK_ID else piece + SHIFT for piece in pieces)
