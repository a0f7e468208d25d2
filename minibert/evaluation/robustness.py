"""What the form of a sentence does to its tags: sentences twice, as people also write them."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from minibert.data.conllu_reader import read_conllu
from minibert.data.treebank_files import TreebankFile, find_files
from minibert.data.withheld_text import has_text, skip_withheld
from minibert.evaluation.metrics_file import write_metrics
from minibert.evaluation.robustness_config import RobustnessConfig
from minibert.files import optional_directory
from minibert.inference.backends import load_backend
from minibert.inference.predictor import Backend, Predictor
from minibert.progress import progress
from minibert.tables import format_table, percent
from minibert.text.normalization import CURLY_APOSTROPHES, STRAIGHT_APOSTROPHE
from minibert.text.variation import with_other_case, without_final_mark

Words = Sequence[str]

_CURLY = CURLY_APOSTROPHES[0]
_OTHER_APOSTROPHE = str.maketrans(
    {STRAIGHT_APOSTROPHE: _CURLY, **dict.fromkeys(CURLY_APOSTROPHES, STRAIGHT_APOSTROPHE)}
)


def _of_each_word(change: Callable[[str], str]) -> Callable[[Words], Words]:
    return lambda words: tuple(map(change, words))


# What is done to a sentence; it may lose its last word.
VARIATIONS: Mapping[str, Callable[[Words], Words]] = {
    "first letter in the other case": with_other_case,
    "no final mark": without_final_mark,
    "decomposed (NFD)": _of_each_word(lambda word: unicodedata.normalize("NFD", word)),
    "other apostrophe": _of_each_word(lambda word: word.translate(_OTHER_APOSTROPHE)),
}


class Changes:
    """How many words have other tags in sentences that are written otherwise.

    Attributes:
      sentences: variation to the sentences that it changes.
      words: variation to the words of these.
      changed: variation and task to the words whose tag is another.
    """

    def __init__(self, tasks: Sequence[str]):
        self.tasks = tasks
        self.sentences: Counter[str] = Counter()
        self.words: Counter[str] = Counter()
        self.changed: Counter[tuple[str, str]] = Counter()

    def add(self, backend: Backend, sentences: Sequence[Words]) -> None:
        """Tags sentences in every form."""
        predictor = Predictor(backend)
        tags = list(predictor.predict(sentences))
        for name, vary in VARIATIONS.items():
            varied = [(i, vary(words)) for i, words in enumerate(sentences)]
            varied = [(i, words) for i, words in varied if tuple(words) != tuple(sentences[i])]
            found = predictor.predict(words for _, words in varied)
            for (i, words), by_task in zip(varied, found, strict=True):
                self.sentences[name] += 1
                self.words[name] += len(words)
                for task in self.tasks:
                    before, after = tags[i][task].ids[: len(words), 0], by_task[task].ids[:, 0]
                    self.changed[name, task] += int((before != after).sum())

    def share(self, name: str, task: str) -> float | None:
        """The part of the words whose tag is another; None if the variation changes nothing."""
        words = self.words[name]
        return self.changed[name, task] / words if words else None


def evaluate_robustness(config: RobustnessConfig) -> None:
    """Prints the share of words whose tag changes, and writes `metrics.json` and `metrics.txt`.

    Raises:
      InputError: bad input, or an output directory that exists.
    """
    with optional_directory(config.output_dir) as partial:
        files, _ = skip_withheld(find_files(config.conllu, config.split))
        backend = load_backend(config.model)
        changes = Changes([vocab.task for vocab in backend.label_vocabs])
        with progress(files, unit=" files", desc="vary") as bar:
            for file in bar:
                limit = config.max_sentences_per_treebank or None
                changes.add(backend, list(islice(_sentences(file), limit)))
        table = _table(changes)
        if partial is not None:
            write_metrics(partial, config, {"variations": _json(changes)}, table)
    print(table)


def _sentences(file: TreebankFile) -> Iterator[Words]:
    return (s.words for s in read_conllu(file.path) if s.words and has_text(s))


def _table(changes: Changes) -> str:
    return "tags that change, in per cent of the words of the sentences that do\n" + format_table(
        ["variation", "sentences", "words", *changes.tasks],
        [
            [
                name,
                f"{changes.sentences[name]:,}",
                f"{changes.words[name]:,}",
                *(percent(changes.share(name, task)) for task in changes.tasks),
            ]
            for name in VARIATIONS
        ],
        left=1,
    )


def _json(changes: Changes) -> dict[str, object]:
    return {
        name: {
            "sentences": changes.sentences[name],
            "words": changes.words[name],
            "changed": {task: changes.changed[name, task] for task in changes.tasks},
        }
        for name in VARIATIONS
    }
