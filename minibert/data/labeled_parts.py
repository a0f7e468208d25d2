"""Writes the records of labeled sentences, a part of a data set from each file."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from minibert.data.dataset_info import Part
from minibert.data.label_vocab import NO_LABEL
from minibert.data.labeled_data_config import LabeledDataConfig
from minibert.data.preflight import WordpieceStatistics
from minibert.data.records import serialize_sentence
from minibert.data.sentence import Sentence, Skipped, memory
from minibert.data.shards import ShardWriter
from minibert.data.streams import sample, shuffle
from minibert.data.treebank_files import TreebankFile
from minibert.errors import InputError
from minibert.files import sha256
from minibert.text.feature_kinds import features_of_vocab
from minibert.text.normalization import NFC
from minibert.text.subword_features import NUM_SPECIAL_PIECES, SubwordTokenizer
from minibert.text.variation import vary_words

# These keep the order of their files, and all of their sentences.
EVALUATION_SPLITS = frozenset({"dev", "test"})


def source_of(file: TreebankFile, config: LabeledDataConfig) -> str:
    """The path of a file as `dataset.json` has it."""
    return str(file.path.relative_to(config.input_dir))


def tokenizer_of(config: LabeledDataConfig) -> SubwordTokenizer | None:
    """What counts wordpieces, if a vocabulary is given.

    Raises:
      InputError: it cannot be read.
    """
    if config.vocab_file is None:
        return None
    # Only words are split, so that windows do not matter.
    features = features_of_vocab(
        config.vocab_file, max_length=NUM_SPECIAL_PIECES + 1, normalization=NFC
    )
    return features.tokenizer()


def write_part(
    file: TreebankFile,
    sentences: Iterable[Sentence | Skipped],
    directory: Path,
    config: LabeledDataConfig,
    tasks: Sequence[str],
    tokenizer: SubwordTokenizer | None,
) -> Part:
    """Writes the records of one file.

    Args:
      file: the file.
      sentences: those of the file, each with labels of `tasks`.
      directory: that of the data set.
      config: the options.
      tasks: what the labels are of.
      tokenizer: as of `tokenizer_of`.

    Raises:
      InputError: no sentence has words; or as `sentences`.
    """
    counter = _PartCounter(tasks, tokenizer)
    kept = counter.keep(sentences)
    path = directory / file.split / file.name
    with ShardWriter(path, num_shards=config.num_shards, gzip=config.gzip) as writer:
        if file.split in EVALUATION_SPLITS:
            for sentence in kept:
                writer.write(counter.count(sentence))
        else:
            # The seed is of the part, so that a choice of treebanks does not change the others.
            part = f"{config.seed} {file.name} {file.split}"
            generator, varying = random.Random(part), random.Random(f"{part} variation")
            if config.max_sentences_per_treebank:
                kept = iter(sample(kept, config.max_sentences_per_treebank, generator))
            for sentence in shuffle(kept, generator, memory):
                writer.write(counter.count(_varied(sentence, config.variation, varying)))
    if not writer.records:
        raise InputError(f"{file.path}: no sentence with words in the file; remove it or fill it")
    unlabeled = {task: counts.pop(NO_LABEL, 0) for task, counts in counter.labels.items()}
    return Part(
        treebank=file.treebank,
        split=file.split,
        source=source_of(file, config),
        source_sha256=sha256(file.path),
        sentences=writer.records,
        words=counter.words,
        skipped=counter.skipped[Skipped.NO_WORDS],
        labels={task: dict(counts.most_common()) for task, counts in counter.labels.items()},
        statistics=counter.statistics.result() if counter.statistics else {},
        shards=writer.describe(directory),
        withheld=counter.skipped[Skipped.WITHHELD],
        unlabeled=unlabeled,
    )


def _varied(sentence: Sentence, fraction: float, generator: random.Random) -> Sentence:
    """As `vary_words`."""
    if not fraction:
        return sentence
    words = vary_words(sentence.words, fraction, generator)
    labels = {task: of_task[: len(words)] for task, of_task in sentence.labels.items()}
    return replace(sentence, words=words, labels=labels)


class _PartCounter:
    """Counts what goes into a part."""

    def __init__(self, tasks: Sequence[str], tokenizer: SubwordTokenizer | None):
        self.words = 0
        self.skipped: Counter[Skipped] = Counter()
        self.labels: dict[str, Counter[str]] = {task: Counter() for task in tasks}
        self.statistics = WordpieceStatistics(tokenizer) if tokenizer else None

    def keep(self, sentences: Iterable[Sentence | Skipped]) -> Iterator[Sentence]:
        """The sentences; the skipped ones are counted."""
        for sentence in sentences:
            if isinstance(sentence, Skipped):
                self.skipped[sentence] += 1
            else:
                yield sentence

    def count(self, sentence: Sentence) -> bytes:
        """Counts a sentence that is written, and gives its record."""
        self.words += len(sentence.words)
        for task, counts in self.labels.items():
            counts.update(sentence.labels[task])
        if self.statistics:
            self.statistics.add(sentence)
        return serialize_sentence(sentence)
