"""Evaluation from raw text, as in Tsai et al. 2019, 4.1: segmenter, tagger, F1 of CoNLL 2018."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from minibert.chunks import first
from minibert.data.conllu_reader import ConlluSentence, read_conllu
from minibert.data.raw_sentence import sentence_of_tokens
from minibert.data.tasks import TASKS
from minibert.data.treebank_files import NO_SENTENCE, TreebankFile
from minibert.data.withheld_text import has_text, is_withheld
from minibert.errors import InputError
from minibert.evaluation.conll18 import METRIC_TASKS, Matches, match_sentences
from minibert.evaluation.paragraphs import raw_paragraphs
from minibert.inference.predictor import Backend, Predictor
from minibert.progress import progress
from minibert.text.udpipe import UdpipeSegmenter


def evaluate_raw_text(
    backend: Backend, files: Sequence[TreebankFile], models_dir: str, *, limit: int = 0
) -> tuple[dict[str, list[dict[str, Matches]]], int]:
    """Tags the raw text of files, and finds what of words, sentences and tags is right.

    Args:
      backend: the model.
      files: gold files.
      models_dir: the directory of `TREEBANK.udpipe` for the treebank of each.
      limit: how many sentences with words of each treebank, from the start; 0 for all.

    Returns:
      Treebank to the matches of each of its files, without the metrics of tasks that the model has
      not; and the number of sentences whose text is withheld, which are skipped.

    Raises:
      InputError: a model is missing or no model of UDPipe, or a file is not as it must be.
    """
    models = {file.treebank: Path(models_dir) / f"{file.treebank}.udpipe" for file in files}
    segmenters = {treebank: UdpipeSegmenter(str(path)) for treebank, path in models.items()}
    results: dict[str, list[dict[str, Matches]]] = {}
    tasks = {vocab.task for vocab in backend.label_vocabs}
    taken: Counter[str] = Counter()
    withheld = 0
    with progress(total=len(files), unit=" files", desc="evaluate") as bar:
        for file in files:
            bar.set_postfix_str(file.treebank, refresh=False)
            left = limit and limit - taken[file.treebank]
            if limit and not left:
                continue
            sentences = list(first(read_conllu(file.path), left, counts=has_text))
            withheld += sum(map(is_withheld, sentences))
            gold = list(filter(has_text, sentences))
            if not gold:
                raise InputError(f"{file.path}: {NO_SENTENCE}")
            taken[file.treebank] += len(gold)
            cut = _segmented(gold, segmenters[file.treebank], file.path)
            system = _tagged(backend, list(cut))
            matches = match_sentences(gold, system, file.path, f"{models[file.treebank]} on it")
            # UDPipe gives none.
            for metric, task in METRIC_TASKS.items():
                if task not in tasks:
                    del matches[metric]
            results.setdefault(file.treebank, []).append(matches)
            bar.update()
    return results, withheld


def _tagged(backend: Backend, sentences: Sequence[ConlluSentence]) -> Iterator[ConlluSentence]:
    """Yields the sentences with the labels of a model in their columns."""
    predictions = Predictor(backend).predict(sentence.words for sentence in sentences)
    for sentence, by_task in zip(sentences, predictions, strict=True):
        for vocab in backend.label_vocabs:
            ids = by_task[vocab.task].ids[:, 0].tolist()
            for columns, index in zip(sentence.columns, ids, strict=True):
                TASKS[vocab.task].source.write(columns, vocab.labels[index])
        yield sentence


def _segmented(
    sentences: Iterable[ConlluSentence], segmenter: UdpipeSegmenter, path: Path
) -> Iterator[ConlluSentence]:
    for paragraph in raw_paragraphs(sentences):
        for tokens in segmenter(paragraph):
            yield sentence_of_tokens(path, 1, tokens)
