"""What it costs the distillation loss that only the greatest logits of a teacher are kept."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import tensorflow as tf

from minibert.errors import InputError
from minibert.progress import progress
from minibert.runs.trained_model import load_description, load_trained_model
from minibert.training.distill_config import DistillConfig
from minibert.training.softened_cross_entropy import TopLogits, keep_top, softened_cross_entropy
from minibert.training.teaching import online_teaching

TOP_K = (8, 32, 128)
TEMPERATURES = (1.0, 2.0, 3.0)
# Few, for a teacher may have ten thousand labels.
_WINDOWS = 16


@dataclass(frozen=True)
class TopKError:
    """What changes when only the greatest `k` logits of a task are kept.

    Attributes:
      task, k, temperature: of what.
      exact: the loss with all logits, in nats by wordpiece.
      kept: the loss with those that are kept, and the rest spread evenly.
      gradient_error: the norm of the difference of the gradients for the student's logits, as a
        part of the norm of the exact one.
    """

    task: str
    k: int
    temperature: float
    exact: float
    kept: float
    gradient_error: float


def measure_top_k(
    teacher_dir: str, student_dir: str, transfer_dir: str, batches: int
) -> list[TopKError]:
    """Compares losses and gradients on a part of some text.

    Args:
      teacher_dir: the teacher.
      student_dir: a student of it.
      transfer_dir: prepared text.
      batches: how many batches of 16 windows to take.

    Raises:
      InputError: a model cannot be loaded, the two have other labels or wordpieces, or no task has
        so many labels that some are not kept.
    """
    if Path(student_dir).resolve() == Path(teacher_dir).resolve():
        raise InputError(f"{student_dir}: teacher and student; the loss has no gradient there")
    teacher_features = load_description(teacher_dir).features
    student = load_trained_model(student_dir)
    if student.description.features.sha256 != teacher_features.sha256:
        raise InputError(f"{student_dir}: has another vocabulary than the teacher {teacher_dir}")
    config = DistillConfig(
        teacher_dir=teacher_dir,
        transfer_dir=transfer_dir,
        vocab_file="",
        model_dir="",
        batch_size=_WINDOWS,
    )
    teaching = online_teaching(config, teacher_features, teacher_dir, transfer_dir)
    labels = {vocab.task: vocab.labels for vocab in student.description.label_vocabs}
    if labels != teaching.labels:
        raise InputError(f"{student_dir}: has other labels than the teacher {teacher_dir}")
    cases = [
        (task, k, temperature)
        for task in labels
        for k in TOP_K
        for temperature in TEMPERATURES
        if k < len(labels[task])
    ]
    if not cases:
        raise InputError(f"{teacher_dir}: no task of over {min(TOP_K)} labels")

    @tf.function(reduce_retracing=True)
    def measure(teacher: tf.Tensor, logits: tf.Tensor, k: int, temperature: float) -> tf.Tensor:
        exact, exact_gradient = _loss(teacher, logits, temperature)
        kept, kept_gradient = _loss(keep_top(teacher, k), logits, temperature)
        difference = tf.reduce_sum(tf.square(kept_gradient - exact_gradient))
        return tf.stack([exact, kept, difference, tf.reduce_sum(tf.square(exact_gradient))])

    sums = dict.fromkeys(cases, tf.zeros(4))
    wordpieces = 0
    training, _ = teaching.load_batches()
    text = islice(training.training_batches(0), batches)
    for batch in progress(text, total=batches, desc="top-k", leave=False):
        inputs = {name: batch[name] for name in ("input_ids", "word_positions")}
        of_teacher, of_student = teaching.teacher(batch), student.tagger(inputs)
        wordpieces += int(tf.math.count_nonzero(batch["word_positions"] >= 0))
        for case in cases:
            task, k, temperature = case
            sums[case] += measure(of_teacher[task], of_student[task], k, temperature)
    return [
        TopKError(
            task,
            k,
            temperature,
            float(exact) / wordpieces,
            float(kept) / wordpieces,
            float(tf.sqrt(difference / norm)),
        )
        for (task, k, temperature), (exact, kept, difference, norm) in sums.items()
    ]


def _loss(
    teacher: tf.Tensor | TopLogits, logits: tf.Tensor, temperature: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """The sum of the losses, and its gradient for the student's logits."""
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.reduce_sum(softened_cross_entropy(teacher, logits, temperature))
    return loss, tape.gradient(loss, logits)
