"""What the benchmarks run on: treebanks as records, and their text."""

import contextlib
import glob
import io
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from minibert.data.conllu_reader import read_conllu
from minibert.data.corpus import Corpus, scan_corpus
from minibert.data.dataset_info import DEV, TRAIN
from minibert.data.datasets import Datasets, label_counts
from minibert.data.input_pipeline import Batching, InputPipeline
from minibert.data.label_vocab import LabelVocab
from minibert.data.prepare_text import prepare_text
from minibert.data.prepare_text_config import PrepareTextConfig
from minibert.data.prepare_ud import TASKS, prepare_ud
from minibert.data.prepare_ud_config import PrepareUdConfig
from minibert.data.treebank_files import find_treebank_files
from minibert.errors import InputError
from minibert.text.feature_kinds import features_of_vocab
from minibert.text.normalization import NFC
from minibert.text.subword_featurizer import SubwordFeaturizer


@dataclass(frozen=True)
class Records:
    """The training data of treebanks.

    Attributes:
      corpus: the sentences.
      featurizer: what they were scanned with.
      label_vocabs: the labels of each task.
      max_seq_length: the longest window in wordpieces.
    """

    corpus: Corpus
    featurizer: SubwordFeaturizer
    label_vocabs: list[LabelVocab]
    max_seq_length: int

    def pipeline(self, **batching: Any) -> InputPipeline:
        """Their batches; `batching` are options of `Batching`."""
        return InputPipeline(
            self.corpus,
            self.featurizer,
            self.label_vocabs,
            Batching(self.max_seq_length, **batching),
        )


def prepare_records(
    input_dir: str, vocab_file: str, max_seq_length: int, data_dir: Path
) -> Records:
    """Prepares the treebanks of a directory, all tasks.

    Raises:
      InputError: bad input.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        prepare_ud(PrepareUdConfig(input_dir=input_dir, output_dir=str(data_dir)))
    parts = Datasets.load([data_dir]).select((TRAIN,))
    featurizer = SubwordFeaturizer(
        features_of_vocab(vocab_file, max_length=max_seq_length, normalization=NFC)
    )
    return Records(
        scan_corpus(parts, TASKS, featurizer),
        featurizer,
        [LabelVocab.from_counts(task, label_counts(parts, task)) for task in TASKS],
        max_seq_length,
    )


def read_dev_sentences(input_dir: str, count: int, treebank: str | None = None) -> list[list[str]]:
    """Sentences of the dev files of a directory, about the same number of each.

    Args:
      input_dir: treebanks.
      count: how many sentences, at most.
      treebank: of this one only.

    Raises:
      InputError: there is no dev file.
    """
    files = [
        file
        for file in find_treebank_files(input_dir)
        if file.split == DEV and treebank in (None, file.treebank)
    ]
    if not files:
        raise InputError(f"{input_dir}: no dev file of {treebank or 'any treebank'} in it")
    found: list[list[str]] = []
    for index, file in enumerate(files):
        own = count * (index + 1) // len(files) - count * index // len(files)
        words = (list(sentence.words) for sentence in read_conllu(file.path) if sentence.columns)
        found += islice(words, own)
    return found


def prepare_transfer_text(
    input_dir: str, split: str, transfer_dir: Path, *, sentences: int
) -> None:
    """Prepares the text of one split of the treebanks in a directory, all languages as one.

    Args:
      input_dir: treebanks.
      split: of which files.
      transfer_dir: the directory to write.
      sentences: how many to draw; 0 for all.

    Raises:
      InputError: there are no such files, or too little is in them.
    """
    files = [file for file in find_treebank_files(input_dir) if file.split == split]
    if not files:
        raise InputError(f"{input_dir}: no {split} file in it")
    with contextlib.redirect_stdout(io.StringIO()):
        prepare_text(
            PrepareTextConfig(
                input=tuple(glob.escape(str(file.path)) for file in files),
                output_dir=str(transfer_dir),
                language="mul",
                max_sentences_per_language=sentences,
                held_out_fraction=0.1,
            )
        )
