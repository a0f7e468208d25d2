"""The metrics of the CoNLL 2018 shared task: what a system file has of a gold one of the same text.

Both cut the text into sentences and tokens, each its own way. Its characters without white space
are what both have in common, and everything is a span of them. Tokens and sentences are right if
their spans are. Words are aligned: those of equal span, and in the stretches that multiword tokens
of either file cover, by a longest common subsequence of their lower-cased forms. A label is right
if its word is aligned and the other word has the same. Zeman et al. 2018, *CoNLL 2018 Shared Task:
Multilingual Parsing from Raw Text to Universal Dependencies*, section 5.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minibert.data.conllu_reader import ConlluSentence, read_conllu
from minibert.data.line_reader import shown
from minibert.data.withheld_text import refuse_withheld
from minibert.errors import InputError
from minibert.evaluation.conllu_spans import ConlluSpans, read_spans
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


def score_files(gold_path: str | Path, system_path: str | Path) -> dict[str, Score]:
    """Scores a file against another; see `score_sentences`.

    Raises:
      InputError: as `read_conllu` and `score_sentences`; or text of `gold_path` is withheld.
    """
    gold, system = refuse_withheld(read_conllu(gold_path)), read_conllu(system_path)
    return score_sentences(gold, system, gold_path, system_path)


def score_sentences(
    gold_sentences: Iterable[ConlluSentence],
    system_sentences: Iterable[ConlluSentence],
    gold_path: str | Path,
    system_path: str | Path,
) -> dict[str, Score]:
    """Scores what a system gave against what is right.

    Args:
      gold_sentences: what is right.
      system_sentences: what a system gave, of the same text.
      gold_path: what the one is called in messages.
      system_path: what the other is called.

    Returns:
      Metric to score, in the order of `METRICS`.

    Raises:
      InputError: one holds no sentence, has heads that go round in circles, or the two differ in
        more than white space.
    """
    gold = read_spans(gold_sentences, Path(gold_path))
    system = read_spans(system_sentences, Path(system_path))
    _check_same_text(gold, system)
    pairs = np.array(list(aligned_words(gold, system)), np.int64).reshape(-1, 2)
    words = len(gold.forms), len(system.forms)
    scores = {
        TOKENS: _score_spans(
            gold.token_starts, gold.token_ends, system.token_starts, system.token_ends
        ),
        SENTENCES: _score_spans(
            gold.sentence_starts, gold.sentence_ends, system.sentence_starts, system.sentence_ends
        ),
        WORDS: Score(*words, len(pairs)),
    }
    for metric, of_gold, of_system in (
        (UPOS_SCORE, gold.upos, system.upos),
        (UFEATS, gold.feats, system.feats),
    ):
        correct = sum(of_gold[g] == of_system[s] for g, s in pairs.tolist())
        scores[metric] = Score(*words, correct, len(pairs))
    return scores


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


def _score_spans(
    gold_starts: Sequence[int],
    gold_ends: Sequence[int],
    system_starts: Sequence[int],
    system_ends: Sequence[int],
) -> Score:
    """How many spans are the same; neither side has one twice."""
    gold = np.stack([gold_starts, gold_ends], axis=1)
    system = np.stack([system_starts, system_ends], axis=1)
    both = np.unique(np.concatenate([gold, system]), axis=0)
    return Score(len(gold), len(system), len(gold) + len(system) - len(both))
