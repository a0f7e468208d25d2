"""The metrics of the CoNLL 2018 shared task: what a system file has of a gold one of the same text.

Both cut the text into sentences and tokens, each its own way. Its characters without white space
are what both have in common, and everything is a span of them. Tokens and sentences are right if
their spans are. Words are aligned: those of equal span, and in the stretches that multiword tokens
of either file cover, by a longest common subsequence of their lower-cased forms. A label is right
if its word is aligned and the other word has the same. Zeman et al. 2018, *CoNLL 2018 Shared Task:
Multilingual Parsing from Raw Text to Universal Dependencies*, section 5.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from minibert.data.conllu_reader import FEATS, FORM, HEAD, UPOS, ConlluSentence, read_conllu
from minibert.data.line_reader import shown
from minibert.errors import InputError

# The features of the guidelines; others of a treebank do not count.
UNIVERSAL_FEATURES = frozenset(
    [
        *("Abbr", "Animacy", "Aspect", "Case", "Definite", "Degree", "Evident", "Foreign"),
        *("Gender", "Mood", "NumType", "Number", "Person", "Polarity", "Polite", "Poss"),
        *("PronType", "Reflex", "Tense", "VerbForm", "Voice"),
    ]
)
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


@dataclass
class _File:
    """A file as spans of its characters, which are counted from 0 and without white space.

    Attributes:
      path: where it is.
      characters: the forms of the tokens, one behind the other.
      token_starts, token_ends, token_lines: of each token, and its line in the file.
      sentence_starts, sentence_ends: of each sentence.
      starts, ends: of each word; that of its token, if several words are one.
      in_range: whether a word is one of a multiword token.
      forms: of each word, lower-cased.
      upos, feats: of each word, of FEATS the universal ones.
    """

    path: Path
    characters: str = ""
    token_starts: list[int] = field(default_factory=list)
    token_ends: list[int] = field(default_factory=list)
    token_lines: list[int] = field(default_factory=list)
    sentence_starts: list[int] = field(default_factory=list)
    sentence_ends: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    in_range: list[bool] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    upos: list[str] = field(default_factory=list)
    feats: list[str] = field(default_factory=list)


def score_files(gold_path: str | Path, system_path: str | Path) -> dict[str, Score]:
    """Scores a file against another; see `score_sentences`.

    Raises:
      InputError: as `read_conllu` and `score_sentences`.
    """
    return score_sentences(read_conllu(gold_path), read_conllu(system_path), gold_path, system_path)


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
    gold = _read(gold_sentences, Path(gold_path))
    system = _read(system_sentences, Path(system_path))
    _check_same_text(gold, system)
    pairs = np.array(list(_aligned(gold, system)), np.int64).reshape(-1, 2)
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


def _read(sentences: Iterable[ConlluSentence], path: Path) -> _File:
    file = _File(path)
    texts: list[str] = []
    length = 0
    features: dict[str, str] = {}
    for sentence in sentences:
        if not sentence.columns:
            continue
        _check_heads(sentence)
        file.sentence_starts.append(length)
        word = 0
        for token in sentence.tokens():
            form = _without_spaces(token.form)
            if not form:
                raise sentence.block.error(token.line, "a FORM of nothing but spaces; mend it")
            texts.append(form)
            file.token_starts.append(length)
            file.token_lines.append(sentence.block.first_line + token.line)
            start, length = length, length + len(form)
            file.token_ends.append(length)
            for columns in sentence.columns[word : word + token.words]:
                file.starts.append(start)
                file.ends.append(length)
                file.in_range.append(token.is_range)
                file.forms.append((columns[FORM] if token.is_range else form).lower())
                file.upos.append(columns[UPOS])
                feats = columns[FEATS]
                if feats not in features:
                    features[feats] = _universal(feats)
                file.feats.append(features[feats])
            word += token.words
        file.sentence_ends.append(length)
    if not file.forms:
        raise InputError(f"{path}:1: no sentence in the file; give one that has the text")
    file.characters = "".join(texts)
    return file


def _without_spaces(form: str) -> str:
    if form.isascii():
        return form.replace(" ", "")
    return "".join(c for c in form if unicodedata.category(c) != "Zs")


def _universal(feats: str) -> str:
    """The universal features of a FEATS column, sorted."""
    return "|".join(
        sorted(f for f in feats.split("|") if f.partition("=")[0] in UNIVERSAL_FEATURES)
    )


def _check_heads(sentence: ConlluSentence) -> None:
    """Checks that the heads of a sentence, if it has them, are a tree or several."""
    cells = [columns[HEAD] for columns in sentence.columns]
    if all(cell == "_" for cell in cells):
        return
    heads = []
    for index, cell in enumerate(cells):
        if not (cell.isascii() and cell.isdecimal() and len(cell) < 10 and int(cell) <= len(cells)):
            raise sentence.block.error(
                sentence.word_lines[index],
                f"HEAD {shown(cell)}, a number from 0 to {len(cells)} is expected; mend it, or "
                "write _ for all words of the sentence",
            )
        heads.append(int(cell))
    # 0, the root, is done; a word is under way while its chain of heads is followed.
    done = [True] + [False] * len(heads)
    for first in range(1, len(done)):
        chain = []
        under_way = set()
        node = first
        while not done[node]:
            if node in under_way:
                raise sentence.block.error(
                    sentence.word_lines[node - 1],
                    f"HEAD {heads[node - 1]}: word {node} is below itself, a cycle; mend it",
                )
            under_way.add(node)
            chain.append(node)
            node = heads[node - 1]
        for node in chain:
            done[node] = True


def _check_same_text(gold: _File, system: _File) -> None:
    if gold.characters == system.characters:
        return
    pairs = zip(gold.characters, system.characters, strict=False)
    shorter = min(len(gold.characters), len(system.characters))
    place = next((i for i, (a, b) in enumerate(pairs) if a != b), shorter)

    def told(file: _File) -> str:
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


def _aligned(gold: _File, system: _File) -> Iterator[tuple[int, int]]:
    """Yields the words of both files that are aligned, by their index, in order."""
    g = s = 0
    while g < len(gold.forms) and s < len(system.forms):
        if gold.in_range[g] or system.in_range[s]:
            first_g, first_s, g, s = _multiword_stretch(gold, system, g, s)
            for i, j in _common(gold.forms[first_g:g], system.forms[first_s:s]):
                yield first_g + i, first_s + j
        elif gold.starts[g] == system.starts[s] and gold.ends[g] == system.ends[s]:
            yield g, s
            g, s = g + 1, s + 1
        elif gold.starts[g] <= system.starts[s]:
            g += 1
        else:
            s += 1


def _multiword_stretch(gold: _File, system: _File, g: int, s: int) -> tuple[int, int, int, int]:
    """The words that are aligned together because of a multiword token.

    It is the least stretch of text that holds that token and all multiword tokens, of either file,
    that begin in it.

    Args:
      gold: the one file.
      system: the other.
      g: a word of `gold`.
      s: a word of `system`; one of the two is of a multiword token.

    Returns:
      The first word of either file in the stretch, and the first behind it.
    """
    if gold.in_range[g]:
        end = gold.ends[g]
        # A word that begins before the token is not inside the stretch.
        s += not system.in_range[s] and system.starts[s] < gold.starts[g]
    else:
        end = system.ends[s]
        g += gold.starts[g] < system.starts[s]
    first_g, first_s = g, s
    while not (_is_behind(gold, g, end) and _is_behind(system, s, end)):
        if g < len(gold.forms) and (s == len(system.forms) or gold.starts[g] <= system.starts[s]):
            if gold.in_range[g]:
                end = max(end, gold.ends[g])
            g += 1
        else:
            if system.in_range[s]:
                end = max(end, system.ends[s])
            s += 1
    return first_g, first_s, g, s


def _is_behind(file: _File, word: int, end: int) -> bool:
    """Whether a word, or the end of the file, is not inside a stretch that ends at `end`."""
    if word == len(file.forms):
        return True
    return file.starts[word] >= end if file.in_range[word] else file.ends[word] > end


def _common(gold: Sequence[str], system: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yields a longest common subsequence of two lists of forms.

    Of several, the one in which each form is taken as early as can be, and of those a gold form
    is rather skipped than one of the system. Time is the product of the lengths; of the
    table of lengths only some rows are kept, and those between are made again when they are needed.
    """
    if not gold or not system:
        return
    ids: dict[str, int] = {}
    of_gold, of_system = (
        np.array([ids.setdefault(form, len(ids)) for form in forms]) for forms in (gold, system)
    )
    kept = max(16, int(len(gold) ** 0.5))

    def rows_above(row: np.ndarray, first: int, last: int) -> list[np.ndarray]:
        """From the row of `last` those of `first` to `last`; `row[s]` is of what is behind s."""
        rows = [row]
        for g in reversed(range(first, last)):
            longer = row.copy()
            longer[:-1] = np.maximum(row[:-1], (row[1:] + 1) * (of_system == of_gold[g]))
            row = np.maximum.accumulate(longer[::-1])[::-1]
            rows.append(row)
        return rows[::-1]

    borders = [*range(0, len(gold), kept), len(gold)]
    border_rows = {len(gold): np.zeros(len(system) + 1, np.int32)}
    for first, last in reversed(list(pairwise(borders))):
        border_rows[first] = rows_above(border_rows[last], first, last)[0]
    s = 0
    for first, last in pairwise(borders):
        rows = rows_above(border_rows[last], first, last)
        g = first
        while g < last and s < len(system):
            if of_gold[g] == of_system[s]:
                yield g, s
                g, s = g + 1, s + 1
            elif rows[g - first][s] == rows[g - first + 1][s]:
                g += 1
            else:
                s += 1
