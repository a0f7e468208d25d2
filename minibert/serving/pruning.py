"""A model without the wordpieces that a data set has not got: its table of them is most of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from minibert.data.corpus import scan_corpus
from minibert.data.dataset_info import DEV, TRAIN
from minibert.data.datasets import Datasets, StoredPart
from minibert.data.input_pipeline import Batching, InputPipeline
from minibert.errors import InputError
from minibert.evaluation.metrics import metric_of
from minibert.evaluation.protocol import macro_average
from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.trained_model import TrainedModel
from minibert.text.feature_spec import FeatureSpec
from minibert.text.vocab import CONTINUATION
from minibert.text.wordpiece_features import WordpieceFeatures

_BATCH_WORDPIECES = 4096


@dataclass(frozen=True)
class Pruning:
    """What pruning took and cost.

    Attributes:
      pieces, of: wordpieces that are left, and that were there.
      accuracy: task to the macro average over the treebanks' dev parts, with all wordpieces and
        with those that are left.
    """

    pieces: int
    of: int
    accuracy: Mapping[str, tuple[float, float]]

    def __str__(self) -> str:
        accuracy = ", ".join(
            f"{task} {100 * before:.2f} before and {100 * after:.2f} after"
            for task, (before, after) in self.accuracy.items()
        )
        return f"{self.pieces:,} of {self.of:,} wordpieces; accuracy on dev: {accuracy}"


def prune_vocabulary(model: TrainedModel, data_dir: str) -> tuple[TrainedModel, Pruning]:
    """Drops the wordpieces that no word of the training part of a data set has.

    Special pieces stay, and all of one character, of which the words that had a dropped one are
    made. The words of the training part keep their wordpieces.

    Args:
      model: the model, which is not changed.
      data_dir: what `prepare_ud.py` has written.

    Returns:
      The smaller model, and what it cost on the dev part, which has words that are new to both.

    Raises:
      InputError: there is no such data set, it is damaged, has no train or dev part, or not the
        tasks of the model, or no word of dev has a label of one.
    """
    data = Datasets.load([data_dir])
    description = model.description
    tasks = [vocab.task for vocab in description.label_vocabs]
    data.check_tasks(tasks)
    dev = data.select((DEV,))
    data.check_labels(
        dev, tasks, "give --prune_vocabulary data whose dev part has them, or leave it out"
    )
    features = description.features
    if not isinstance(features, WordpieceFeatures):
        raise InputError("--prune_vocabulary: the model has no vocab.txt; leave it out")
    of = features.vocab
    stays = scan_corpus(data.select((TRAIN,)), (), model.featurizer).pieces(model.featurizer)
    stays |= np.array([_is_basic(wordpiece) for wordpiece in of])
    vocab = [piece for piece, stay in zip(of, stays, strict=True) if stay]
    smaller = replace(features, vocab=vocab)
    pruned = _without(model, smaller, stays)
    before, after = (_figures(m, dev) for m in (model, pruned))
    accuracy = {task: (before[task], after[task]) for task in tasks}
    return pruned, Pruning(len(vocab), len(of), accuracy)


def _is_basic(piece: str) -> bool:
    """Whether a piece is special or has one character."""
    is_special = piece.startswith("[") and piece.endswith("]") and not piece.startswith("[unused")
    return is_special or len(piece.removeprefix(CONTINUATION)) == 1


def _without(model: TrainedModel, features: FeatureSpec, stays: np.ndarray) -> TrainedModel:
    """The model with the wordpieces that stay; every other weight is the same."""
    encoder = model.description.encoder.sized_for(features)
    description = replace(model.description, encoder=encoder, features=features)
    tagger = description.create_tagger()
    _copy_weights(model.tagger, tagger, stays)
    return TrainedModel(description, tagger, model.epoch)


def _copy_weights(source: TaggingNetwork, target: TaggingNetwork, stays: np.ndarray) -> None:
    target.encoder.word_embeddings.assign(source.encoder.word_embeddings.numpy()[stays])
    weights = source.encoder.named_weights
    for name, weight in target.encoder.named_weights.items():
        if weight is not target.encoder.word_embeddings:
            weight.assign(weights[name])
    for task, head in target.heads.items():
        head.set_weights(source.heads[task].get_weights())


def _figures(model: TrainedModel, parts: Sequence[StoredPart]) -> dict[str, float]:
    """The macro average over the treebanks of some parts, by task."""
    vocabs, longest = model.description.label_vocabs, model.description.features.max_length
    pipeline = InputPipeline(
        scan_corpus(parts, [vocab.task for vocab in vocabs], model.featurizer),
        model.featurizer,
        vocabs,
        Batching(longest, wordpieces=max(_BATCH_WORDPIECES, longest)),
    )
    measured = metric_of(vocabs)(model.tagger, pipeline).measure()
    return {task: macro_average([*by_treebank.values()]) for task, by_treebank in measured.items()}
