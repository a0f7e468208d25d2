"""Scores a sentence splitter against the sentences of treebanks: `Sentences` of CoNLL 2018.

A sentence is a span of the characters of the text that are seen, and right if the splitter has the
same span. The text is what the tokens and the spaces between them make, in paragraphs where a file
marks them; where it does not, a whole file is one paragraph.
"""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from minibert.data.conllu_reader import read_conllu
from minibert.data.treebank_files import NO_SENTENCE, TreebankFile, find_files
from minibert.data.withheld_text import has_text, skip_withheld
from minibert.errors import InputError
from minibert.evaluation.conll18 import Score
from minibert.evaluation.conll18_tables import score_json
from minibert.evaluation.metrics_file import write_metrics
from minibert.evaluation.paragraphs import raw_paragraphs
from minibert.evaluation.protocol import by_language, language_of, macro_average
from minibert.evaluation.sentences_config import NAIVE, UDPIPE, SentencesConfig
from minibert.files import optional_directory
from minibert.progress import progress
from minibert.tables import format_table, percent
from minibert.text.characters import seen
from minibert.text.sentence_splitter import SentenceSplitter
from minibert.text.udpipe import UdpipeSegmenter

_NAIVE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")

# A paragraph to its sentences.
Splitter = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class SplitFile:
    """What a splitter made of a file.

    Attributes:
      score: of sentences.
      small: how many gold sentences begin with a small letter.
      megabytes: of text in UTF-8.
      seconds: of processor time that splitting took.
    """

    score: Score
    small: int
    megabytes: float
    seconds: float


def evaluate_sentences(config: SentencesConfig) -> None:
    """Splits the text of treebanks, prints how well, and writes `metrics.json` and `metrics.txt`.

    Raises:
      InputError: bad input, or an output directory that exists.
    """
    with optional_directory(config.output_dir) as partial:
        files, _ = skip_withheld(find_files(config.conllu, config.split))
        scores: dict[str, Score] = {}
        splits = []
        with progress(files, unit=" files", desc="split") as bar:
            for file in bar:
                split = split_file(file, _splitter(config, file.treebank))
                before = scores.get(file.treebank)
                scores[file.treebank] = before + split.score if before else split.score
                splits.append(split)
        f1 = {treebank: score.f1 for treebank, score in scores.items()}
        f1_by_language = by_language(f1)
        table = _tables(scores, f1_by_language)
        if partial is not None:
            content = {
                "macro_f1": macro_average(list(f1.values())),
                "f1_by_language": f1_by_language,
                "f1_mean_of_languages": macro_average([*f1_by_language.values()]),
                "by_treebank": {treebank: score_json(score) for treebank, score in scores.items()},
            }
            write_metrics(partial, config, content, table)
    print(table)
    _print_notes(splits, by_rules=config.splitter != UDPIPE)


def _print_notes(splits: Sequence[SplitFile], *, by_rules: bool) -> None:
    megabytes, seconds = sum(s.megabytes for s in splits), sum(s.seconds for s in splits)
    print(f"{megabytes:.1f} MB of text in {seconds:.1f} s of processor time")
    small, total = sum(s.small for s in splits), sum(s.score.gold for s in splits)
    if small and by_rules:
        print(
            f"{small:,} of {total:,} sentences begin with a small letter, before which rules do "
            "not cut; where many do, scores are low"
        )


def split_file(file: TreebankFile, splitter: Splitter) -> SplitFile:
    """Splits the text of a file and scores the sentences.

    Raises:
      InputError: the file has no sentence, or the splitter gives another text; or as `read_conllu`.
    """
    sentences = list(filter(has_text, read_conllu(file.path)))
    if not sentences:
        raise InputError(f"{file.path}: {NO_SENTENCE}")
    paragraphs = list(raw_paragraphs(sentences))
    start = time.process_time()
    found = [list(splitter(paragraph)) for paragraph in paragraphs]
    seconds = time.process_time() - start
    for paragraph, of_paragraph in zip(paragraphs, found, strict=True):
        if seen(paragraph) != seen("".join(of_paragraph)):
            raise InputError(f"{file.path}: the splitter gave another text; take another splitter")
    gold = _spans("".join(token.form for token in sentence.tokens()) for sentence in sentences)
    system = _spans(sentence for of_paragraph in found for sentence in of_paragraph)
    return SplitFile(
        Score(len(gold), len(system), len(gold & system)),
        sum(next(sentence.tokens()).form[0].islower() for sentence in sentences),
        sum(len(paragraph.encode()) for paragraph in paragraphs) / 1e6,
        seconds,
    )


def _spans(sentences: Iterable[str]) -> set[tuple[int, int]]:
    """Where sentences begin and end, in characters of the text that are seen."""
    lengths = (len(seen(sentence)) for sentence in sentences)
    return set(pairwise(accumulate((length for length in lengths if length), initial=0)))


def _splitter(config: SentencesConfig, treebank: str) -> Splitter:
    if config.splitter == NAIVE:
        return _NAIVE.split
    if config.splitter == UDPIPE:
        assert config.udpipe_models is not None
        return UdpipeSegmenter(Path(config.udpipe_models) / f"{treebank}.udpipe").sentences
    return SentenceSplitter(language_of(treebank)).split


def _tables(scores: dict[str, Score], f1_by_language: dict[str, float]) -> str:
    """Scores by treebank and F1 by language, with the averages of both."""
    rows = [
        [name, f"{s.gold:,}", *(percent(value) for value in (s.precision, s.recall, s.f1))]
        for name, s in scores.items()
    ]
    averages = [
        macro_average([value(s) for s in scores.values()])
        for value in (lambda s: s.precision, lambda s: s.recall, lambda s: s.f1)
    ]
    sentences = sum(score.gold for score in scores.values())
    rows.append(["macro average", f"{sentences:,}", *map(percent, averages)])
    by_treebank = format_table(["treebank", "sentences", "precision", "recall", "F1"], rows, left=1)
    mean = macro_average([*f1_by_language.values()])
    f1 = [*f1_by_language.items(), ("mean of languages", mean)]
    by_lang = format_table(["language", "F1"], [[name, percent(v)] for name, v in f1], left=1)
    return f"{by_treebank}\n\n{by_lang}"
