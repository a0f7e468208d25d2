"""What BERT reads of words, without TensorFlow: the windows of `SubwordFeaturizer`."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from minibert.text.python_wordpiece import PythonWordpieceTokenizer
from minibert.text.vocab import NUM_SPECIAL_PIECES


class Window(NamedTuple):
    """What the encoder reads of a sentence at once.

    Attributes:
      input_ids: `[CLS]`, the wordpieces, `[SEP]`.
      word_positions: where in `input_ids` the first wordpiece is of each word that belongs to the
        window.
    """

    input_ids: list[int]
    word_positions: list[int]


class PythonSubwordFeaturizer:
    """Features of words; of each sentence the windows that `SubwordFeaturizer` gives."""

    def __init__(self, tokenizer: PythonWordpieceTokenizer, max_length: int):
        """Takes the tokenizer, and the longest window in wordpieces; at least 3."""
        self._tokenizer = tokenizer
        self._max_pieces = max_length - NUM_SPECIAL_PIECES

    def featurize(self, words: Sequence[str]) -> list[Window]:
        """Features of a pre-segmented sentence.

        Returns:
          The windows in reading order: taken together, `word_positions` has every word once, in
          order.
        """
        if not words:
            return []
        tokenize = self._tokenizer.tokenize
        pieces = [tokenize(word)[: self._max_pieces] for word in words]
        # Where the pieces of each word begin; the last is where they end.
        starts = [0, *accumulate(map(len, pieces))]
        windows = []
        for start, end, own_start, own_end in cut_windows(starts, self._max_pieces):
            inside = [piece for word in pieces[start:end] for piece in word]
            shift = 1 - starts[start]
            windows.append(
                Window(
                    [self._tokenizer.cls_id, *inside, self._tokenizer.sep_id],
                    [position + shift for position in starts[own_start:own_end]],
                )
            )
        return windows


def cut_windows(starts: Sequence[int], max_pieces: int) -> Iterator[tuple[int, int, int, int]]:
    """Covers a sentence with windows, as `windows.cut_windows` does those of a batch.

    Args:
      starts: `[words + 1]`, at which wordpiece each word begins, and the last one ends.
      max_pieces: wordpieces that fit into a window; no word has more.

    Yields:
      The words that the encoder sees, from `start` to `end`, and those that belong to the window,
      from `own_start` to `own_end`.
    """
    last = len(starts) - 1
    start, end, own_start = 0, bisect_right(starts, max_pieces) - 1, 0
    while end < last:
        half = starts[start] + (max_pieces + 1) // 2
        to_fit = starts[end + 1] - max_pieces
        following = min(bisect_left(starts, max(half, to_fit)), end)
        # The first word that is as far from the left edge of the window that follows as from the
        # right edge of this one, or farther; both distances in wordpieces.
        edges = starts[following] + starts[end]
        own_end = following
        while own_end < last and starts[own_end] + starts[own_end + 1] <= edges:
            own_end += 1
        yield start, end, own_start, own_end
        start, own_start = following, own_end
        end = bisect_right(starts, starts[start] + max_pieces) - 1
    yield start, end, own_start, last
