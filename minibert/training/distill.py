"""Distills a student from what a teacher says of unlabeled text: Tsai et al. 2019, section 3."""

from pathlib import Path

import numpy as np

from minibert.data.dataset_info import DEV, TRAIN
from minibert.data.input_pipeline import Batching
from minibert.data.label_vocab import LabelVocab
from minibert.data.teacher_outputs import OutputsInfo, load_outputs, load_outputs_info
from minibert.errors import InputError
from minibert.models.tagger import Tagger
from minibert.models.trained_model import ModelDescription, load_trained_model
from minibert.text.wordpiece import WordpieceTokenizer, vocab_sha256
from minibert.training.distill_config import DistillConfig
from minibert.training.distillation_loss import DistillationLoss
from minibert.training.init_checkpoint import fingerprint
from minibert.training.outputs_pipeline import OutputsPipeline
from minibert.training.tagger_training import Initializer
from minibert.training.training_run import resolve_encoder, start_training, train


def distill(config: DistillConfig) -> None:
    """Distills a student, or goes on with a run that was stopped.

    What is measured after each epoch is how often student and teacher find the same label
    likeliest, on text that was held out, by language (Tsai et al. 2019, section 4.2).

    Raises:
      InputError: bad input, or a model directory that holds another run.
    """
    strategy = start_training(config)
    tokenizer = WordpieceTokenizer.from_file(config.vocab_file)
    directory = Path(config.teacher_outputs_dir)
    info = load_outputs_info(directory)
    _check_vocab(config, info, tokenizer)
    tasks = _tasks(config, info)
    initialize = _initializer(config, tokenizer)
    training, validation = _pipelines(config, directory, info, tokenizer)
    description = ModelDescription(
        resolve_encoder(config, tokenizer, info.max_seq_length),
        tokenizer.vocab,
        [LabelVocab(task, tuple(info.labels[task])) for task in tasks],
        info.max_seq_length,
        np.zeros(0, np.int64),
    )

    def create_loss(tagger: Tagger, seeds: object) -> DistillationLoss:
        return DistillationLoss(
            tagger, tasks, temperature=config.temperature, scale=config.scale_loss
        )

    data = {
        "teacher": info.teacher,
        "text": info.text_sha256,
        "kept": dict(info.kept),
        "max_seq_length": info.max_seq_length,
        "embeddings": fingerprint(config.teacher_dir) if config.teacher_dir else None,
    }
    train(
        config,
        strategy,
        description,
        training,
        validation,
        create_loss,
        data,
        initialize,
        measure="agreement",
    )


def _check_vocab(config: DistillConfig, info: OutputsInfo, tokenizer: WordpieceTokenizer) -> None:
    if vocab_sha256(tokenizer.vocab) != info.vocab_sha256:
        raise InputError(
            f"{config.vocab_file}: not the vocabulary of the teacher in "
            f"{config.teacher_outputs_dir}; give the vocab.txt of its model directory"
        )


def _tasks(config: DistillConfig, info: OutputsInfo) -> list[str]:
    for task in config.tasks:
        if task not in info.labels:
            raise InputError(
                f"--tasks={','.join(config.tasks)}: the teacher in {config.teacher_outputs_dir} "
                f"has no {task!r}, only {' '.join(info.labels)}"
            )
    return list(config.tasks or info.labels)


def _pipelines(
    config: DistillConfig, directory: Path, info: OutputsInfo, tokenizer: WordpieceTokenizer
) -> tuple[OutputsPipeline, OutputsPipeline]:
    """The pipelines of the text to learn from, and of what was held out."""
    outputs = load_outputs(directory, info)
    batching = Batching(info.max_seq_length, windows=config.batch_size, static_shapes=config.xla)
    pipelines = []
    for split in (TRAIN, DEV):
        of_split = [(shard, found) for shard, found in outputs if shard.split == split]
        if not of_split:
            raise InputError(
                f"{directory}: no outputs for the split {split}; prepare more text, or with a "
                "greater --held_out_fraction"
            )
        pipelines.append(
            OutputsPipeline(
                directory, info, of_split, batching, pad_id=tokenizer.pad_id, seed=config.seed
            )
        )
    return pipelines[0], pipelines[1]


def _initializer(config: DistillConfig, tokenizer: WordpieceTokenizer) -> Initializer | None:
    """What fills the table of a student with that of the teacher, projected, if it is asked for.

    Raises:
      InputError: the teacher cannot be loaded, or has another vocabulary.
    """
    if config.teacher_dir is None:
        return None
    teacher = load_trained_model(config.teacher_dir)
    if list(teacher.description.vocab) != list(tokenizer.vocab):
        raise InputError(f"{config.teacher_dir}: has another vocabulary than {config.vocab_file}")

    def initialize(tagger: Tagger) -> frozenset[str]:
        table = tagger.encoder.word_embeddings
        table.assign(project(teacher.tagger.encoder.word_embeddings.numpy(), table.shape[1]))
        return frozenset()

    return initialize


def project(table: np.ndarray, width: int) -> np.ndarray:
    """The rows of a table in the space of its greatest singular values.

    The best approximation of their inner products in so many dimensions: U S of the singular value
    decomposition, cut off (Eckart and Young 1936; Mukherjee and Awadallah 2020, section 4.1).

    Args:
      table: float32 `[rows, columns]`.
      width: how many dimensions; with more than there are columns, the others are zero.

    Returns:
      float32 `[rows, width]`.
    """
    # The right singular vectors are the eigenvectors of the Gram matrix, in rising order.
    _, vectors = np.linalg.eigh(table.T.astype(np.float64) @ table)
    kept = vectors[:, ::-1][:, :width]
    projected = (table @ kept).astype(np.float32)
    return np.pad(projected, [(0, 0), (0, width - kept.shape[1])])
