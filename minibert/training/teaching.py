"""What a student is taught with: kept outputs of a teacher, or the teacher itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import tensorflow as tf

from minibert.data.dataset_info import DEV, TRAIN
from minibert.data.input_pipeline import Batch, Batching
from minibert.data.label_vocab import UNKNOWN
from minibert.data.prepared import data_sha256
from minibert.data.shards import verify_shards
from minibert.data.teacher_outputs import load_outputs, load_outputs_info, verify_outputs
from minibert.data.text_corpus import text_shards
from minibert.data.text_info import REMEDY, load_text_info
from minibert.errors import InputError
from minibert.models.tagging_network import TaggingNetwork
from minibert.runs.trained_model import load_trained_model
from minibert.text.feature_spec import WORD_POSITIONS
from minibert.text.normalization import Normalization
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.vocab import vocab_sha256
from minibert.text.wordpiece import WordpieceTokenizer
from minibert.training.distill_config import DistillConfig
from minibert.training.init_checkpoint import fingerprint
from minibert.training.outputs_pipeline import OutputsPipeline
from minibert.training.softened_cross_entropy import TopLogits
from minibert.training.stage import Batches
from minibert.training.text_pipeline import TextPipeline

# Of a batch: task to the teacher's logits at each wordpiece, `[wordpieces, labels]`, or the
# greatest of them.
Teacher = Callable[[Batch], Mapping[str, tf.Tensor | TopLogits]]

S = TypeVar("S")


@dataclass(frozen=True)
class Teaching:
    """What a student is taught with.

    Attributes:
      labels: for each task to learn the teacher's labels, in the order of their ids.
      load_batches: checks the text and gives its batches, and those of the part that was held out;
        of much text it takes long.
      teacher: what it says of a batch.
      max_seq_length: the longest window in wordpieces.
      normalization: what the teacher makes of words before it splits them into pieces.
      identity: what identifies teacher and text, for a later start.
      verify: reads all that the batches are made of and raises InputError if it is damaged.
    """

    labels: Mapping[str, Sequence[str]]
    load_batches: Callable[[], tuple[Batches, Batches]]
    teacher: Teacher
    max_seq_length: int
    normalization: Normalization
    identity: Mapping[str, Any]
    verify: Callable[[], None]


def kept_teaching(config: DistillConfig, vocab: Sequence[str], outputs: str) -> Teaching:
    """Teaching with the outputs that cache_teacher_outputs.py has kept.

    Raises:
      InputError: they are missing; or the teacher has another vocabulary, or not the tasks that are
        wanted. When the batches are loaded: they are not whole.
    """
    directory = Path(outputs)
    info = load_outputs_info(directory)
    _check_vocab(config, vocab, info.vocab_sha256)
    labels = _wanted(config, info.labels)
    batching = _batching(config, info.max_seq_length)
    tokenizer = WordpieceTokenizer(vocab, normalization=info.normalization)
    featurizer = SubwordFeaturizer(tokenizer, info.max_seq_length)

    def load_batches() -> tuple[OutputsPipeline, OutputsPipeline]:
        shards = load_outputs(directory, info)

        def pipeline(split: str) -> OutputsPipeline:
            of_split = _of_split(shards, split, lambda pair: pair[0].split, directory)
            return OutputsPipeline(
                directory,
                info,
                of_split,
                batching,
                tasks=labels,
                featurizer=featurizer,
                seed=config.seed,
                sampling_exponent=config.sampling_exponent,
            )

        return pipeline(TRAIN), pipeline(DEV)

    def teacher(batch: Batch) -> dict[str, tf.Tensor | TopLogits]:
        is_wordpiece = batch[WORD_POSITIONS] >= 0

        def flat(name: str) -> tf.Tensor:
            return tf.boolean_mask(batch[name], is_wordpiece)

        return {
            task: flat(f"{task}/logits")
            if info.keeps_all(task)
            else TopLogits(flat(f"{task}/logits"), flat(f"{task}/labels"), flat(f"{task}/rest"))
            for task in labels
        }

    identity = {
        "teacher": info.teacher,
        "text": info.text_sha256,
        "kept": dict(info.kept),
        "teacher_precision": info.precision,
    }
    return Teaching(
        labels,
        load_batches,
        teacher,
        info.max_seq_length,
        info.normalization,
        identity,
        lambda: verify_outputs(directory, info),
    )


def online_teaching(
    config: DistillConfig, vocab: Sequence[str], teacher_dir: str, transfer_dir: str
) -> Teaching:
    """Teaching with a teacher that is run on each batch.

    Raises:
      InputError: as `kept_teaching`, or the teacher cannot be loaded.
    """
    model = load_trained_model(teacher_dir)
    description, tagger = model.description, model.tagger
    _check_vocab(config, vocab, description.features.sha256)
    labels = _wanted(config, {vocab.task: vocab.labels for vocab in description.label_vocabs})
    text = load_text_info(transfer_dir)
    batching = _batching(config, description.features.max_length)

    def load_batches() -> tuple[TextPipeline, TextPipeline]:
        shards = text_shards(text)

        def pipeline(split: str) -> TextPipeline:
            of_split = _of_split(shards, split, lambda shard: shard.split, text.directory)
            return TextPipeline(
                text,
                of_split,
                model.featurizer,
                batching,
                seed=config.seed,
                sampling_exponent=config.sampling_exponent,
                likeliest=lambda batch: _likeliest(tagger, batch),
            )

        return pipeline(TRAIN), pipeline(DEV)

    return Teaching(
        labels,
        load_batches,
        lambda batch: _logits(tagger, batch),
        description.features.max_length,
        description.features.normalization,
        {"teacher": fingerprint(teacher_dir), "text": data_sha256(text), "kept": None},
        lambda: verify_shards(
            text.directory, (shard for part in text.parts for shard in part.shards), REMEDY
        ),
    )


def _check_vocab(config: DistillConfig, vocab: Sequence[str], of_teacher: str) -> None:
    if vocab_sha256(vocab) != of_teacher:
        raise InputError(
            f"{config.vocab_file}: not the vocabulary of the teacher; give the vocab.txt of its "
            "model directory"
        )


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


def _batching(config: DistillConfig, max_seq_length: int) -> Batching:
    return Batching(max_seq_length, windows=config.batch_size, static_shapes=config.xla)


def _of_split(
    shards: Iterable[S], split: str, split_of: Callable[[S], str], directory: Path
) -> list[S]:
    found = [shard for shard in shards if split_of(shard) == split]
    if not found:
        raise InputError(
            f"{directory}: no text for the split {split}; prepare more, or with a greater "
            "--held_out_fraction"
        )
    return found


def _logits(tagger: TaggingNetwork, batch: Batch) -> dict[str, tf.Tensor]:
    # Stopped, or the gradient of the student's loss is recorded through the teacher.
    return {task: tf.stop_gradient(logits) for task, logits in tagger.logits(batch).items()}


def _likeliest(tagger: TaggingNetwork, batch: Batch) -> dict[str, tf.Tensor]:
    """The teacher's likeliest labels, int32 [windows, wordpieces]."""
    positions = batch[WORD_POSITIONS]
    places = tf.where(positions >= 0)
    unknown = tf.fill(tf.shape(positions), UNKNOWN)
    return {
        task: tf.tensor_scatter_nd_update(
            unknown, places, tf.argmax(logits, axis=1, output_type=tf.int32)
        )
        for task, logits in _logits(tagger, batch).items()
    }
