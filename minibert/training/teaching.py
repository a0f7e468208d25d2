"""What a student is taught with: kept outputs of a teacher, or the teacher itself."""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from minibert.data.dataset_info import DEV, TRAIN
from minibert.data.input_pipeline import Batch, Batching
from minibert.data.label_vocab import UNKNOWN, LabelVocab
from minibert.data.old_outputs import (
    OldWindows,
    has_old_outputs,
    load_old_info,
    old_kept,
)
from minibert.data.output_positions import WORDPIECES, WORDS, Positions
from minibert.data.prepared import data_sha256
from minibert.data.teacher_outputs import (
    REMOVE_IT,
    load_outputs,
    load_outputs_info,
)
from minibert.data.text_corpus import TextShard, text_shards
from minibert.data.text_info import REMEDY, load_text_info
from minibert.errors import InputError
from minibert.runs.trained_model import load_trained_model
from minibert.text.feature_spec import WORD_POSITIONS, FeatureSpec
from minibert.text.featurizer import Featurizer
from minibert.training.distill_config import DistillConfig
from minibert.training.init_checkpoint import fingerprint
from minibert.training.language_pipeline import LanguagePipeline
from minibert.training.language_records import LanguageRecords, WindowMaker
from minibert.training.sentence_windows import SentenceWindows
from minibert.training.softened_cross_entropy import (
    TopLogits,
    kept_logits,
    likeliest,
    softened_fields,
)

# Of a batch: task to the teacher's logits at each position, `[positions, labels]`, or the greatest
# of them.
Teacher = Callable[[Batch], Mapping[str, tf.Tensor | TopLogits]]


@dataclass(frozen=True)
class Teaching:
    """What a student is taught with.

    Attributes:
      labels: for each task to learn the teacher's labels, in the order of their ids.
      featurizer: the student's.
      teacher: what it says of a batch.
      load_batches: checks the text and gives its batches, and those of the part that was held out;
        of much text it takes long.
      identity: what identifies teacher and text, for a later start.
    """

    labels: Mapping[str, Sequence[str]]
    featurizer: Featurizer
    teacher: Teacher
    load_batches: Callable[[], tuple[LanguagePipeline, LanguagePipeline]]
    identity: Mapping[str, Any]

    @property
    def label_vocabs(self) -> list[LabelVocab]:
        """The labels of the student."""
        return [LabelVocab(task, tuple(labels)) for task, labels in self.labels.items()]


def kept_teaching(config: DistillConfig, features: FeatureSpec, outputs: str) -> Teaching:
    """Teaching with the outputs that cache_teacher_outputs.py has kept.

    Args:
      config: the options.
      features: what the student reads; its windows and the form of words will be the teacher's.
      outputs: the directory.

    Raises:
      InputError: they are missing, or of wordpieces of another vocabulary, or not of the tasks that
        are wanted. When the batches are loaded: they are not whole.
    """
    directory = Path(outputs)
    old = has_old_outputs(directory)
    info = load_old_info(directory) if old else load_outputs_info(directory)
    same_vocab = features.sha256 == info.vocab_sha256
    if config.positions not in (None, info.positions):
        raise InputError(
            f"--positions={config.positions}: {directory} has outputs of {info.positions}; leave "
            "it out, or keep others"
        )
    if info.positions == WORDPIECES and not same_vocab:
        raise _other_vocab(config, "keep its outputs with --positions=words")
    _say(info.positions, same_vocab=same_vocab)
    labels = _wanted(config, info.labels)
    fields = softened_fields(labels, info.kept)
    featurizer = replace(
        features, max_length=info.max_seq_length, normalization=info.normalization
    ).in_graph()
    windows: WindowMaker = SentenceWindows(featurizer, info.positions, fields)
    if old:
        windows = OldWindows(featurizer, fields)

    def teacher(batch: Batch) -> dict[str, tf.Tensor | TopLogits]:
        is_position = batch[WORD_POSITIONS] >= 0
        flat = {name: tf.boolean_mask(batch[name], is_position) for name in fields}
        return {task: kept_logits(task, flat) for task in labels}

    def load_batches() -> tuple[LanguagePipeline, LanguagePipeline]:
        found = load_outputs(directory, info)
        shards = [
            TextShard(shard.language, shard.split, outputs.shard, outputs.records)
            for shard, outputs in found
        ]
        lengths = {outputs.shard.path: outputs.lengths for _, outputs in found}

        def count(records: LanguageRecords) -> Mapping[str, Mapping[int, int]]:
            if not same_vocab:
                return records.count_windows(SentenceWindows(featurizer, info.positions))
            counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
            for shard in records.shards:
                counts[shard.language].update(lengths[shard.shard.path])
            return counts

        records = LanguageRecords(directory, shards, compressed=False, remedy=REMOVE_IT)
        return _pipelines(config, records, windows, count, teacher)

    identity = {
        "teacher": info.teacher,
        "text": info.text_sha256,
        "kept": old_kept(info) if old else {n: asdict(field) for n, field in info.kept.items()},
        "positions": info.positions,
        "teacher_precision": info.precision,
    }
    return Teaching(labels, featurizer, teacher, load_batches, identity)


def online_teaching(
    config: DistillConfig, features: FeatureSpec, teacher_dir: str, transfer_dir: str
) -> Teaching:
    """Teaching with a teacher that is run on each batch.

    Raises:
      InputError: as `kept_teaching`, or the teacher cannot be loaded.
    """
    model = load_trained_model(teacher_dir)
    description = model.description
    if features.sha256 != description.features.sha256:
        raise _other_vocab(
            config, "keep its outputs with cache_teacher_outputs.py --positions=words"
        )
    labels = _wanted(config, {vocab.task: vocab.labels for vocab in description.label_vocabs})
    text = load_text_info(transfer_dir)
    positions: Positions = WORDS if config.positions == WORDS else WORDPIECES
    windows = SentenceWindows(model.featurizer, positions)
    _say(positions, same_vocab=True)

    def teacher(batch: Batch) -> dict[str, tf.Tensor]:
        # Stopped, or the gradient of the student's loss is recorded through the teacher.
        logits = model.tagger.logits(batch)
        return {task: tf.stop_gradient(of_task) for task, of_task in logits.items()}

    def load_batches() -> tuple[LanguagePipeline, LanguagePipeline]:
        records = LanguageRecords(text.directory, text_shards(text), text.gzip, REMEDY)
        return _pipelines(config, records, windows, lambda r: r.count_windows(windows), teacher)

    identity = {
        "teacher": fingerprint(teacher_dir),
        "text": data_sha256(text),
        "kept": None,
        "positions": positions,
    }
    return Teaching(labels, model.featurizer, teacher, load_batches, identity)


def _pipelines(
    config: DistillConfig,
    records: LanguageRecords,
    windows: WindowMaker,
    count: Callable[[LanguageRecords], Mapping[str, Mapping[int, int]]],
    teacher: Teacher,
) -> tuple[LanguagePipeline, LanguagePipeline]:
    """The batches of training, and those of the text that was held out."""
    max_length = windows.featurizer.spec.max_length
    batching = Batching(max_length, windows=config.batch_size, static_shapes=config.xla)

    def pipeline(split: str) -> LanguagePipeline:
        shards = [shard for shard in records.shards if shard.split == split]
        if not shards:
            raise InputError(
                f"{records.directory}: no text for the split {split}; prepare more, or with a "
                "greater --held_out_fraction"
            )
        of_split = replace(records, shards=shards)
        return LanguagePipeline(
            of_split,
            windows,
            batching,
            likeliest=lambda batch: _likeliest(teacher, batch),
            lengths=count(of_split),
            seed=config.seed,
            sampling_exponent=config.sampling_exponent,
        )

    return pipeline(TRAIN), pipeline(DEV)


def _other_vocab(config: DistillConfig, remedy: str) -> InputError:
    return InputError(
        f"{config.vocab_file or config.init_checkpoint}: not the vocabulary of the teacher; give "
        f"that of its model directory, or {remedy}"
    )


def _say(positions: Positions, *, same_vocab: bool) -> None:
    of = "the vocabulary of the teacher" if same_vocab else "a vocabulary of its own"
    print(f"the student has {of}, and learns at {positions}", file=sys.stderr)


def _wanted(
    config: DistillConfig, labels: Mapping[str, Sequence[str]]
) -> Mapping[str, Sequence[str]]:
    """The labels of the tasks that are to be learned."""
    for task in config.tasks:
        if task not in labels:
            raise InputError(
                f"--tasks={','.join(config.tasks)}: the teacher has no {task!r}, only "
                f"{' '.join(labels)}"
            )
    return {task: labels[task] for task in config.tasks or labels}


def _likeliest(teacher: Teacher, batch: Batch) -> dict[str, tf.Tensor]:
    """The teacher's likeliest labels, int32 [windows, words]."""
    positions = batch[WORD_POSITIONS]
    places = tf.where(positions >= 0)
    unknown = tf.fill(tf.shape(positions), UNKNOWN)
    return {
        task: tf.tensor_scatter_nd_update(unknown, places, likeliest(logits))
        for task, logits in teacher(batch).items()
    }
