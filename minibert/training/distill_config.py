"""Options of `distill.py`."""

from dataclasses import dataclass

from minibert.data.output_positions import WORDPIECES, WORDS
from minibert.options import check, option, with_default
from minibert.training.training_config import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class DistillConfig(TrainingConfig):
    """Options of distilling a student; see the help of each.

    The defaults are those of Tsai et al. 2019, section 3 and appendix A, but for
    --embedding_update.
    """

    teacher_outputs_dir: str | None = option(
        "Directory that cache_teacher_outputs.py filled. Instead of it give --teacher_dir and "
        "--transfer_dir, to ask the teacher anew in each epoch.",
        None,
    )
    transfer_dir: str | None = option(
        "Directory that prepare_text.py or prepare_wikipedia.py wrote.", None
    )
    teacher_dir: str | None = option(
        "The teacher, a directory of a run of fine_tune.py or distill.py: to ask it anew, or for "
        "--init_embeddings=svd.",
        None,
    )
    tasks: tuple[str, ...] = option("Tasks of the teacher to learn; else all.", ())
    positions: str | None = option(
        "Where the student learns what the teacher says: at all wordpieces, for which both must "
        "have one vocabulary, as in the paper; or at words, from kept outputs also a student of "
        "another. Else as the outputs were kept, and at wordpieces with a teacher that is asked "
        "anew.",
        None,
        choices=(WORDPIECES, WORDS),
    )
    temperature: float = option(
        "T of H(softmax(t / T), softmax(s / T)), the loss at each wordpiece. 3 is the paper's. "
        "Where a task has thousands of labels, of which the greatest --top_k logits were kept, 1 "
        "teaches more. Kept outputs are exact for 4, 3, 2, 1 and 0.5.",
        3.0,
    )
    scale_loss: bool = option(
        "Multiply the loss by the square of the temperature, so that its gradient is of the same "
        "size at every temperature (Hinton et al. 2015).",
        False,
    )
    sampling_exponent: float = option(
        "Languages have shares of an epoch in proportion to the number of their sentences to the "
        "power of this: 1 for shares as they are, 0 for equal ones; multilingual BERT has 0.7. "
        "Small languages are then repeated, and of large ones each epoch has other sentences.",
        1.0,
    )
    batch_size: int = option("Windows in a batch, most of them whole sentences.", 256)
    epochs: int = with_default(TrainingConfig, "epochs", 24)
    learning_rate: float = with_default(TrainingConfig, "learning_rate", 1e-4)
    head_dropout: float = with_default(TrainingConfig, "head_dropout", 0.1)
    composition: bool = with_default(TrainingConfig, "composition", False)
    init_embeddings: str = option(
        "random; or svd: the word embeddings of the model in --teacher_dir, projected to the width "
        "of the student (Mukherjee and Awadallah 2020, section 4.1); a piece that the teacher has "
        "not got begins as the mean of those that the teacher makes of it.",
        "random",
        choices=("random", "svd"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, "temperature", lambda t: 0.01 <= t <= 1000, "must be from 0.01 to 1000")
        check(self, "sampling_exponent", lambda x: 0 <= x <= 1, "must be from 0 to 1")
        check(self, "batch_size", lambda n: n >= 1, "must be 1 or more")
        check(self, "tasks", lambda t: len(set(t)) == len(t), "must name tasks, each once")
        check(
            self,
            "teacher_outputs_dir",
            lambda path: (path is None) != (self.transfer_dir is None),
            "give either --teacher_outputs_dir, or --teacher_dir and --transfer_dir",
        )
        needs_teacher = self.init_embeddings == "svd" or self.transfer_dir is not None
        check(
            self,
            "teacher_dir",
            lambda path: (path is not None) == needs_teacher,
            "needed for --transfer_dir and --init_embeddings=svd, and for nothing else",
        )
        check(
            self,
            "init_embeddings",
            lambda name: name == "random" or self.init_checkpoint is None,
            "the weights of --init_checkpoint have embeddings of their own",
        )
