"""What one should know of a data set before training on it, counted while it is prepared."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from minibert.chunks import text_size
from minibert.data.dataset_info import Part, count_labels
from minibert.data.sentence import Sentence
from minibert.data.tasks import NOTHING, TREEBANK_TASKS
from minibert.tables import format_table
from minibert.text.subword_features import SubwordTokenizer

LENGTH_TAIL = (128, 256, 512)
_LEGEND = """skipped: sentences without words; withheld: those whose text is left out of the file;
>N, longest: wordpieces of a sentence; [UNK]: words whose first wordpiece is unknown; for each task
its labels, those that occur once, and the words without a label."""
# A treebank may not be annotated if a smaller part of its words has another label than `_`.
_FEW = 0.01
_SENTENCES_PER_CALL = 1000
_CHARACTERS_PER_CALL = 500_000


class WordpieceStatistics:
    """Counts the wordpieces of sentences as they stream by."""

    def __init__(self, tokenizer: SubwordTokenizer):
        self._tokenizer = tokenizer
        self._pending: list[Sentence] = []
        self._pending_size = 0
        self._counts: Counter[str] = Counter()
        self._longest = 0

    def add(self, sentence: Sentence) -> None:
        """Counts one sentence."""
        self._pending.append(sentence)
        self._pending_size += text_size(sentence.words)
        is_full = len(self._pending) == _SENTENCES_PER_CALL
        if is_full or self._pending_size >= _CHARACTERS_PER_CALL:
            self._flush()

    def result(self) -> dict[str, int]:
        """The counts so far.

        Returns:
          `pieces`; `unknown_first`, words whose first piece is `[UNK]`; `over_N`, sentences of
          more than N wordpieces (`[CLS]` and `[SEP]` not counted); `longest`, in wordpieces.
        """
        self._flush()
        names = ["pieces", "unknown_first", *(f"over_{limit}" for limit in LENGTH_TAIL)]
        return {**{name: self._counts[name] for name in names}, "longest": self._longest}

    def _flush(self) -> None:
        if not self._pending:
            return
        words = [word for sentence in self._pending for word in sentence.words]
        pieces = self._tokenizer.tokenize(tf.constant(words))
        first = tf.gather(pieces.flat_values, pieces.row_starts()).numpy()
        starts = np.cumsum([0] + [len(sentence.words) for sentence in self._pending[:-1]])
        lengths = np.add.reduceat(pieces.row_lengths().numpy(), starts)
        self._counts["pieces"] += int(lengths.sum())
        self._counts["unknown_first"] += int((first == self._tokenizer.unk_id).sum())
        for limit in LENGTH_TAIL:
            self._counts[f"over_{limit}"] += int((lengths > limit).sum())
        self._longest = max(self._longest, int(lengths.max()))
        self._pending, self._pending_size = [], 0


def preflight_table(parts: Sequence[Part], tasks: Sequence[str]) -> str:
    """The preflight table and its legend: a row a part and a row for each split as a whole.

    Columns: sentences, words, sentences skipped for want of words or of text; wordpieces per word,
    sentences of more than 128, 256 and 512 wordpieces, the longest sentence in wordpieces, words
    whose first piece is `[UNK]` (only if the parts were counted with a vocabulary); for each task
    the number of labels, of labels with a single occurrence, and of words without a label.

    Below are the treebanks in which hardly a word has a label, where `_` counts as one.
    """
    with_pieces = all(part.statistics for part in parts)
    header = ["treebank", "split", "sentences", "words", "skipped", "withheld"]
    if with_pieces:
        header += ["pieces/word", *(f">{limit}" for limit in LENGTH_TAIL), "longest", "[UNK]"]
    for task in tasks:
        header += [task, "once", "unlabeled"]
    rows = [_row(part.treebank, part.split, [part], tasks, with_pieces) for part in parts]
    for split in sorted({part.split for part in parts}):
        of_split = [part for part in parts if part.split == split]
        rows.append(_row(f"all {len(of_split)}", split, of_split, tasks, with_pieces))
    notes = [format_table(header, rows, left=2), _LEGEND]
    for name, of_treebanks in TREEBANK_TASKS.items():
        names = _treebanks_without(name, parts) if of_treebanks.nothing == NOTHING else []
        if names:
            notes.append(
                f"hardly a word has {of_treebanks.source.name}: {' '.join(names)}; if they are not "
                f"annotated there, prepare with --{name}_unannotated={','.join(names)}"
            )
    return "\n\n".join(notes)


def _treebanks_without(task: str, parts: Sequence[Part]) -> list[str]:
    """The treebanks of which next to no word has another label of a task than `_`."""
    words: Counter[str] = Counter()
    without: Counter[str] = Counter()
    for part in parts:
        labels = part.labels.get(task, {})
        words[part.treebank] += sum(labels.values())
        without[part.treebank] += labels.get(NOTHING, 0)
    return [name for name, n in words.items() if n and n - without[name] < _FEW * n]


def _row(
    name: str, split: str, parts: Sequence[Part], tasks: Sequence[str], with_pieces: bool
) -> list[str]:
    words = sum(part.words for part in parts)
    row = [
        name,
        split,
        f"{sum(part.sentences for part in parts):,}",
        f"{words:,}",
        f"{sum(part.skipped for part in parts):,}",
        f"{sum(part.withheld for part in parts):,}",
    ]
    if with_pieces:

        def total(counter: str) -> int:
            return sum(part.statistics[counter] for part in parts)

        row.append(f"{total('pieces') / words:.2f}" if words else "-")
        row += [f"{total(f'over_{limit}'):,}" for limit in LENGTH_TAIL]
        row.append(f"{max(part.statistics['longest'] for part in parts):,}")
        row.append(f"{total('unknown_first'):,}")
    for task in tasks:
        counts = count_labels(parts, task)
        once = sum(n == 1 for n in counts.values())
        unlabeled = sum(part.unlabeled.get(task, 0) for part in parts)
        row += [f"{len(counts):,}", f"{once:,}", f"{unlabeled:,}"]
    return row
