"""UDPipe 1 as a peer: a tagger that is trained on one treebank, and how often it is right."""

import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from minibert.data.dataset_info import DEV, TRAIN
from minibert.data.label_vocab import NO_LABEL
from minibert.data.sentence import Sentence
from minibert.data.treebank_files import TreebankFile, find_treebank_files
from minibert.data.treebank_reader import read_sentences
from minibert.errors import InputError
from minibert.evaluation.gold_words import evaluate_gold_words
from minibert.inference.backends import load_backend
from minibert.serving.train_udpipe import train_udpipe
from minibert.serving.train_udpipe_config import TrainUdpipeConfig
from minibert.text.normalization import NONE
from minibert.text.udpipe import UdpipeTagger

# In tables and figures.
UDPIPE_NAME = "UDPipe 1"


def find_peer_files(input_dir: str, treebank: str) -> tuple[TreebankFile, TreebankFile]:
    """The train and the dev file of a treebank.

    Raises:
      InputError: there is none.
    """
    files = {
        file.split: file for file in find_treebank_files(input_dir) if file.treebank == treebank
    }
    for split in (TRAIN, DEV):
        if split not in files:
            raise InputError(f"{input_dir}: no {split} file of {treebank!r}; name another treebank")
    return files[TRAIN], files[DEV]


def train_peer(input_dir: str, treebank: str, directory: Path) -> str:
    """Trains a tagger of UDPipe on the train file of a treebank; gives its path.

    Raises:
      InputError: UDPipe is not installed, or there is no such file.
    """
    train, _ = find_peer_files(input_dir, treebank)
    path = str(directory / "peer.udpipe")
    with contextlib.redirect_stdout(io.StringIO()):
        train_udpipe(
            TrainUdpipeConfig(
                conllu=(str(train.path),),
                output=path,
                tagger=True,
                # Words come cut.
                epochs=1,
            )
        )
    return path


def measure_accuracy(
    input_dir: str, treebank: str, udpipe_model: str, models: Sequence[str | None]
) -> dict[str, dict[str, float]]:
    """The accuracy on the dev file of a treebank, words as in the gold standard.

    Args:
      input_dir: treebanks.
      treebank: the one that UDPipe has learned from.
      udpipe_model: a tagger of UDPipe.
      models: paths of models, as for `load_backend`; none for that of the package.

    Returns:
      Model to task to accuracy.
    """
    _, file = find_peer_files(input_dir, treebank)
    gold = [s for s in read_sentences(file.path, treebank) if isinstance(s, Sentence)]
    tagger = UdpipeTagger(udpipe_model)
    tagged = [tagger(sentence.words) for sentence in gold]
    found = {
        UDPIPE_NAME: {
            task: _accuracy(gold, task, ([word[column] for word in s] for s in tagged))
            for column, task in enumerate(("upos", "feats"))
        }
    }
    for model in models:
        known = np.zeros([0], np.int64)
        backend = load_backend(model)
        results, _ = evaluate_gold_words(
            backend, backend.label_vocabs, known, [file], normalization=NONE
        )
        found[model or "minibert"] = {
            task: counts.correct / counts.words for task, counts in results[treebank].items()
        }
    return found


def _accuracy(gold: Sequence[Sentence], task: str, predicted: Iterator[Sequence[str]]) -> float:
    right = words = 0
    for sentence, labels in zip(gold, predicted, strict=True):
        right += sum(a == b for a, b in zip(sentence.labels[task], labels, strict=True))
        words += sum(label != NO_LABEL for label in sentence.labels[task])
    return right / words
