"""Accuracy on code-mixed text, as in Tsai et al. 2019, 4.5.

The models have learned that X, which in the treebanks is the tag of foreign words, is what a word
of another language has. In the metric of the paper the second most likely tag counts where the
first is X.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from minibert.data.codemixed_reader import CodemixedSentence, read_codemixed
from minibert.errors import InputError
from minibert.evaluation.codemixed_config import RAW, CodemixedConfig
from minibert.evaluation.codemixed_file import (
    ALL,
    CodemixedDetails,
    LanguageCounts,
    write_codemixed,
)
from minibert.evaluation.metrics_file import write_metrics
from minibert.files import atomic_directory
from minibert.inference.backends import load_backend
from minibert.inference.predictor import Predictor
from minibert.options import to_json
from minibert.progress import progress
from minibert.tables import format_table

_TASK, _FOREIGN = "upos", "X"


@dataclass
class CodemixedCounts:
    """What a model got right of the words of a language.

    Attributes:
      words: how many there are.
      correct: of which the likeliest tag is right.
      correct_without_x: of which the likeliest tag is right, or, where it is X, the next one.
      x_first: of which the likeliest tag is X.
    """

    words: int = 0
    correct: int = 0
    correct_without_x: int = 0
    x_first: int = 0

    def add(self, gold: str, best: str, second: str) -> None:
        """Counts a word by its tag and the two likeliest ones."""
        self.words += 1
        self.correct += best == gold
        self.correct_without_x += (second if best == _FOREIGN else best) == gold
        self.x_first += best == _FOREIGN

    def __add__(self, other: "CodemixedCounts") -> "CodemixedCounts":
        """The counts of two texts taken together."""
        return CodemixedCounts(*map(add, astuple(self), astuple(other)))

    def figures(self) -> dict[str, Any]:
        """The figures as a JSON object."""
        return {
            "words": self.words,
            "accuracy": self.correct / self.words,
            "accuracy_without_x": self.correct_without_x / self.words,
            "x_first": self.x_first / self.words,
        }


def evaluate_codemixed(config: CodemixedConfig) -> None:
    """Tags tweets and prints how well, by language.

    Writes `metrics.json` and `metrics.txt`, and `codemixed.json`, what was counted in each tweet.

    Raises:
      InputError: bad input, a model that gives no tags, or an output directory that exists.
    """
    with atomic_directory(Path(config.output_dir)) as partial:
        sentences = [
            sentence
            for sentence in read_codemixed(config.input, raw=config.forms == RAW)
            if sentence.is_whole or not config.whole_tweets
        ]
        if not sentences:
            remedy = "leave out --whole_tweets" if config.whole_tweets else "give another file"
            raise InputError(f"{config.input}: no such tweet in it; {remedy}")
        whole = sum(sentence.is_whole for sentence in sentences)
        counts = _count(config.model, sentences)
        totals = {language: reduce(add, of_tweets) for language, of_tweets in counts.items()}
        figures = {language: total.figures() for language, total in totals.items()}
        table = _table(figures)
        content = {"tweets": len(sentences), "whole_tweets": whole, "by_language": figures}
        write_metrics(partial, config, content, table)
        by_tweet = {language: _by_tweet(of_tweets) for language, of_tweets in counts.items()}
        write_codemixed(partial, CodemixedDetails(to_json(config), by_tweet))
    print(table)
    if whole < len(sentences):
        print(
            f"{len(sentences) - whole:,} of {len(sentences):,} tweets have first letters only of "
            "words that are not normalized; --whole_tweets leaves them out"
        )
    print("X is the tag of foreign words; without it the next likely tag counts where it is first")


def _count(model: str, sentences: Sequence[CodemixedSentence]) -> dict[str, list[CodemixedCounts]]:
    """Language of the word to the counts of each tweet."""
    backend = load_backend(model)
    vocab = next((vocab for vocab in backend.label_vocabs if vocab.task == _TASK), None)
    if vocab is None or len(vocab) < 2:
        raise InputError(f"{model}: a model without the task {_TASK}; give one that has it")
    tweets: list[dict[str, CodemixedCounts]] = []
    predictions = Predictor(backend, top_k=2).predict(
        progress((s.words for s in sentences), total=len(sentences), unit=" tweets", desc="tag")
    )
    for sentence, by_task in zip(sentences, predictions, strict=True):
        ids = by_task[_TASK].ids.tolist()
        words = zip(sentence.upos, sentence.languages, ids, strict=True)
        counts = {ALL: CodemixedCounts()}
        for gold, language, (best, second, *_) in words:
            for key in (ALL, language):
                of_language = counts.setdefault(key, CodemixedCounts())
                of_language.add(gold, vocab.labels[best], vocab.labels[second])
        tweets.append(counts)
    # In the order in which they come, each once.
    languages = dict.fromkeys(language for counts in tweets for language in counts)
    return {
        language: [counts.get(language, CodemixedCounts()) for counts in tweets]
        for language in languages
    }


def _by_tweet(counts: Sequence[CodemixedCounts]) -> LanguageCounts:
    return LanguageCounts(*zip(*map(astuple, counts), strict=True))


def _table(figures: dict[str, dict[str, Any]]) -> str:
    names = ("accuracy", "accuracy_without_x", "x_first")
    rows = [
        [language, f"{values['words']:,}", *(f"{100 * values[name]:.2f}" for name in names)]
        for language, values in figures.items()
    ]
    header = ["language of the word", "words", "accuracy", "without X", "X first"]
    return format_table(header, rows, left=1)
