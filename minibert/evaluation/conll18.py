"""The metrics of the CoNLL 2018 shared task: what a system file has of a gold one of the same text.

Both cut the text into sentences and tokens, each its own way. Its characters without white space
are what both have in common, and everything is a span of them. Tokens and sentences are right if
their spans are. Words are aligned: those of equal span, and in the stretches that multiword tokens
of either file cover, by a longest common subsequence of their lower-cased forms. A label is right
if its word is aligned and the other word has the same. Where the two differ in marks or invisible
characters, of which raw text may have some that are in no word, these are no characters of the
text; for the shared task the files could not be compared. Zeman et al. 2018, *CoNLL 2018 Shared
Task: Multilingual Parsing from Raw Text to Universal Dependencies*, section 5.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

from minibert.data.conllu_reader import ConlluSentence, read_conllu
from minibert.data.line_reader import shown
from minibert.data.withheld_text import refuse_withheld
from minibert.errors import InputError
from minibert.evaluation.bootstrap import SentenceCounts
from minibert.evaluation.conllu_spans import ConlluSpans, read_spans, without_unseen
from minibert.evaluation.word_alignment import aligned_words

TOKENS, SENTENCES, WORDS, UPOS_SCORE, UFEATS = METRICS = (
    *("Tokens", "Sentences", "Words", "UPOS", "UFeats"),
)
# Those that are of labels.
METRIC_TASKS = {UPOS_SCORE: "upos", UFEATS: "feats"}
# Of the text around the first difference, in a message.
_CONTEXT = 20


@dataclass(frozen=True)
class Score:
    """How well a system does on one metric.

    Attributes:
      gold, system: how many there are.
      correct: how many of them both have.
      aligned: how many words are aligned; None for what is not a label.
    """

    gold: int
    system: int
    correct: int
    aligned: int | None = None

    def __add__(self, other: "Score") -> "Score":
        """The score of two files taken together."""
        aligned = None if self.aligned is None else self.aligned + (other.aligned or 0)
        return Score(
            self.gold + other.gold,
            self.system + other.system,
            self.correct + other.correct,
            aligned,
        )

    @property
    def precision(self) -> float:
        """The part of the system's that is right; 0 if it has none."""
        return self.correct / self.system if self.system else 0.0

    @property
    def recall(self) -> float:
        """The part of the gold ones that was found; 0 if there is none."""
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 if there is nothing."""
        total = self.gold + self.system
        return 2 * self.correct / total if total else 0.0

    @property
    def aligned_accuracy(self) -> float | None:
        """The part of the aligned words that is right; None for what is not a label."""
        if self.aligned is None:
            return None
        return self.correct / self.aligned if self.aligned else 0.0


@dataclass(frozen=True)
class Matches:
    """What two files have of one metric, by the place in the text where each begins.

    Attributes:
      gold, system: int `[items]`, the first character of each item of either file.
      correct: the same of those that both have.
      aligned: how many words are aligned; None for what is not a label.
    """

    gold: np.ndarray
    system: np.ndarray
    correct: np.ndarray
    aligned: int | None = None

    def score(self) -> Score:
        """How many there are."""
        return Score(len(self.gold), len(self.system), len(self.correct), self.aligned)


def score_files(gold_path: str | Path, system_path: str | Path) -> dict[str, Score]:
    """Scores a file against another: metric to score, in the order of `METRICS`.

    Raises:
      InputError: as `read_conllu` and `match_sentences`; or text of `gold_path` is withheld.
    """
    gold, system = refuse_withheld(read_conllu(gold_path)), read_conllu(system_path)
    return added_scores([match_sentences(gold, system, gold_path, system_path)])


def added_scores(files: Sequence[Mapping[str, Matches]]) -> dict[str, Score]:
    """Metric to the score of some files taken together."""
    return {
        metric: reduce(add, (matches[metric].score() for matches in files)) for metric in files[0]
    }


def counts_by_sentence(files: Sequence[Mapping[str, Matches]]) -> dict[str, SentenceCounts]:
    """Metric to the counts of each gold sentence of some files, one behind the other.

    What a system has counts for the gold sentence in which it begins.
    """

    def by_sentence(matches: Mapping[str, Matches], starts: np.ndarray) -> np.ndarray:
        borders = matches[SENTENCES].gold
        sentences = np.searchsorted(borders, starts, side="right") - 1
        return np.bincount(sentences, minlength=len(borders))

    def of_files(metric: str, starts: Callable[[Matches], np.ndarray]) -> np.ndarray:
        return np.concatenate([by_sentence(m, starts(m[metric])) for m in files])

    return {
        metric: SentenceCounts(
            of_files(metric, lambda m: m.gold),
            of_files(metric, lambda m: m.correct),
            of_files(metric, lambda m: m.system),
        )
        for metric in files[0]
    }


def match_sentences(
    gold_sentences: Iterable[ConlluSentence],
    system_sentences: Iterable[ConlluSentence],
    gold_path: str | Path,
    system_path: str | Path,
) -> dict[str, Matches]:
    """Finds what of a system's output is right.

    Args:
      gold_sentences: what is right.
      system_sentences: what a system gave, of the same text.
      gold_path: what the one is called in messages.
      system_path: what the other is called.

    Returns:
      Metric to matches, in the order of `METRICS`.

    Raises:
      InputError: one holds no sentence, has heads that go round in circles, or the two differ in
        more than white space, marks and invisible characters.
    """
    gold = read_spans(gold_sentences, Path(gold_path))
    system = read_spans(system_sentences, Path(system_path))
    if gold.characters != system.characters:
        gold, system = without_unseen(gold), without_unseen(system)
        _check_same_text(gold, system)
    pairs = np.array(list(aligned_words(gold, system)), np.int64).reshape(-1, 2)
    gold_starts, system_starts = np.array(gold.starts), np.array(system.starts)
    matches = {
        TOKENS: _match_spans(
            gold.token_starts, gold.token_ends, system.token_starts, system.token_ends
        ),
        SENTENCES: _match_spans(
            gold.sentence_starts, gold.sentence_ends, system.sentence_starts, system.sentence_ends
        ),
        WORDS: Matches(gold_starts, system_starts, gold_starts[pairs[:, 0]]),
    }
    for metric, of_gold, of_system in (
        (UPOS_SCORE, gold.upos, system.upos),
        (UFEATS, gold.feats, system.feats),
    ):
        correct = [g for g, s in pairs.tolist() if of_gold[g] == of_system[s]]
        matches[metric] = Matches(gold_starts, system_starts, gold_starts[correct], len(pairs))
    return matches


def _check_same_text(gold: ConlluSpans, system: ConlluSpans) -> None:
    if gold.characters == system.characters:
        return
    pairs = zip(gold.characters, system.characters, strict=False)
    shorter = min(len(gold.characters), len(system.characters))
    place = next((i for i, (a, b) in enumerate(pairs) if a != b), shorter)

    def told(file: ConlluSpans) -> str:
        token = max(bisect_right(file.token_starts, place) - 1, 0)
        text = file.characters[place : place + _CONTEXT]
        return f"{file.path}:{file.token_lines[token]} has {shown(text) if text else 'ended'}"

    before = gold.characters[max(0, place - _CONTEXT) : place]
    raise InputError(
        f"the texts differ: behind {shown(before)}, {told(gold)} and {told(system)}; score files "
        "of the same text"
    )


def _match_spans(
    gold_starts: Sequence[int],
    gold_ends: Sequence[int],
    system_starts: Sequence[int],
    system_ends: Sequence[int],
) -> Matches:
    """The spans that are the same; neither side has one twice, but for empty ones."""
    gold = np.stack([gold_starts, gold_ends], axis=1)
    system = np.stack([system_starts, system_ends], axis=1)
    spans = [np.unique(side, axis=0) for side in (gold, system)]
    both, times = np.unique(np.concatenate(spans), axis=0, return_counts=True)
    return Matches(gold[:, 0], system[:, 0], both[times == 2, 0])
