"""What BERT reads of words, without TensorFlow: the windows of `SubwordFeaturizer`."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from minibert.text.feature_spec import Window
from minibert.text.subword_features import INPUT_IDS, NUM_SPECIAL_PIECES, SubwordFeatures


class PythonSubwordFeaturizer:
    """Features of words; see `PythonFeaturizer`. They are those that `SubwordFeaturizer` gives."""

    def __init__(self, spec: SubwordFeatures):
        """Takes what the features are; the longest window is of 3 at least."""
        self._tokenizer = spec.python_tokenizer()
        self._max_pieces = spec.max_length - NUM_SPECIAL_PIECES

    def featurize(self, words: Sequence[str]) -> list[Window]:
        """Features of a pre-segmented sentence; see `PythonFeaturizer`."""
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
                    {INPUT_IDS: [self._tokenizer.cls_id, *inside, self._tokenizer.sep_id]},
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
    if last:
        yield start, end, own_start, last
