"""Evaluation on the words of treebanks: accuracy.

Of UPOS it is the F1 of CoNLL 2018 there. Of FEATS it is stricter than UFeats: the whole string must
be right, with the features that are not universal.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from minibert.chunks import chunks, first, text_size
from minibert.data.corpus import hash_words
from minibert.data.label_vocab import LabelVocab
from minibert.data.sentence import Sentence, Skipped
from minibert.data.tasks import unannotated_tasks
from minibert.data.treebank_files import NO_SENTENCE, TreebankFile
from minibert.data.treebank_reader import read_sentences
from minibert.errors import InputError
from minibert.evaluation.task_counts import TaskCounts
from minibert.inference.predictor import Backend, Predictor
from minibert.progress import progress
from minibert.text.normalization import Normalization

_CHUNK_SENTENCES = 1024
_CHUNK_CHARACTERS = 2**20


def evaluate_gold_words(
    backend: Backend,
    label_vocabs: Sequence[LabelVocab],
    known: np.ndarray,
    files: Sequence[TreebankFile],
    *,
    normalization: Normalization,
    limit: int = 0,
    feats_unannotated: Sequence[str] = (),
) -> tuple[dict[str, dict[str, TaskCounts]], Counter[Skipped]]:
    """Tags the words of files and counts right and wrong labels.

    Args:
      backend: the model.
      label_vocabs: those of its tasks that are evaluated.
      known: int64, `hash_words` of the words of its training data; none if they are not known.
      normalization: as of `hash_words`.
      files: gold files.
      limit: how many sentences with words of each treebank, from the start; 0 for all.
      feats_unannotated: as of `unannotated_tasks`.

    Returns:
      Treebank to task to counts, and the number of sentences that were skipped.

    Raises:
      InputError: a file is not as it must be.
    """
    predictor = Predictor(backend)
    unannotated = unannotated_tasks(feats_unannotated, {file.treebank for file in files})
    results: dict[str, dict[str, TaskCounts]] = {}
    skipped: Counter[Skipped] = Counter()
    total = sum(file.path.stat().st_size for file in files)
    with progress(total=total, unit="B", unit_scale=True, desc="evaluate") as bar:
        for file in files:
            bar.set_postfix_str(file.treebank, refresh=False)
            empty = {vocab.task: TaskCounts() for vocab in label_vocabs}
            counts = results.setdefault(file.treebank, empty)
            taken = len(next(iter(counts.values())).sentence_words)
            if limit and taken == limit:
                continue
            sentences = read_sentences(
                file.path, file.treebank, unannotated=unannotated[file.treebank]
            )
            for chunk in chunks(
                first(sentences, limit and limit - taken, counts=bool),
                max_items=_CHUNK_SENTENCES,
                size=lambda sentence: (
                    text_size(sentence.words) if isinstance(sentence, Sentence) else 0
                ),
                max_size=_CHUNK_CHARACTERS,
            ):
                labeled = [sentence for sentence in chunk if isinstance(sentence, Sentence)]
                skipped.update(reason for reason in chunk if isinstance(reason, Skipped))
                words = [word for sentence in labeled for word in sentence.words]
                unseen = _unseen(words, known, normalization)
                _count(label_vocabs, unseen, predictor, labeled, counts)
            bar.update(file.path.stat().st_size)
            if not next(iter(counts.values())).sentence_words:
                raise InputError(f"{file.path}: {NO_SENTENCE}")
    return results, skipped


def _count(
    label_vocabs: Sequence[LabelVocab],
    unseen: np.ndarray,
    predictor: Predictor,
    sentences: list[Sentence],
    counts: dict[str, TaskCounts],
) -> None:
    """Tags some sentences, whose words are `unseen` or not, and adds to the counts."""
    start = 0
    predictions = predictor.predict(sentence.words for sentence in sentences)
    for sentence, by_task in zip(sentences, predictions, strict=True):
        end = start + len(sentence.words)
        for vocab in label_vocabs:
            counts[vocab.task].add(
                sentence.words,
                sentence.labels[vocab.task],
                [vocab.labels[index] for index in by_task[vocab.task].ids[:, 0]],
                unseen[start:end],
                vocab,
            )
        start = end


def _unseen(words: Sequence[str], known: np.ndarray, normalization: Normalization) -> np.ndarray:
    """Which words the training data does not have, bool `[words]`."""
    # A student that was distilled has seen no labeled words; nothing is said of them then.
    if not known.size:
        return np.zeros(len(words), bool)
    return ~np.isin(hash_words(tf.constant(words, tf.string), normalization).numpy(), known)
