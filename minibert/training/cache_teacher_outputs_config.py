"""Options of `cache_teacher_outputs.py`."""

from dataclasses import dataclass

from minibert.data.output_positions import WORDPIECES, WORDS
from minibert.options import check, option


@dataclass(frozen=True)
class CacheTeacherOutputsConfig:
    """Options of running a teacher over unlabeled text; see the help of each."""

    teacher_dir: str = option(
        "Directory of a run of fine_tune.py or distill.py; its best weights are used."
    )
    transfer_dir: str = option("Directory that prepare_text.py or prepare_wikipedia.py wrote.")
    output_dir: str = option(
        "Directory to write. If it holds outputs of the same teacher, text and options, the job "
        "goes on behind the last whole shard."
    )
    positions: str = option(
        "What outputs are kept of: wordpieces, every one, for students of the same vocabulary; or "
        "words, the first wordpiece of each, for students of any vocabulary: what is between white "
        "space, punctuation apart.",
        WORDPIECES,
        choices=(WORDPIECES, WORDS),
    )
    top_k: int = option(
        "Logits to keep of each wordpiece, the greatest, of tasks with many labels; the others are "
        "taken to be equally likely. docs/distillation.md has what that costs.",
        32,
    )
    keep_all_up_to: int = option(
        "Labels of a task of which all logits are kept, 2 bytes each for every wordpiece, on disk, "
        "and in memory for some hundreds of sentences of each language.",
        64,
    )
    max_seq_length: int = option(
        "Wordpieces in a window, of which there is one for most sentences; 0 for as many as the "
        "teacher was trained with.",
        0,
    )
    batch_wordpieces: int = option("The most wordpieces in a batch, padding included.", 4096)
    shard_index: int = option("The share of this machine, counted from 0.", 0)
    num_shards: int = option(
        "The number of machines that share the work, each with a --shard_index of its own and the "
        "same --output_dir.",
        1,
    )
    precision: str = option(
        "Of the matrix products. auto is bfloat16 on a CPU that has instructions for it, "
        "and no GPU beside it.",
        "auto",
        choices=("auto", "bfloat16", "float32"),
    )

    def __post_init__(self) -> None:
        check(self, "top_k", lambda k: 1 <= k <= 1024, "must be from 1 to 1024")
        check(self, "keep_all_up_to", lambda n: n >= 1, "must be 1 or more")
        check(self, "max_seq_length", lambda n: n == 0 or n >= 3, "must be 3 or more, or 0")
        check(self, "batch_wordpieces", lambda n: 1 <= n <= 2**22, "must be from 1 to 4194304")
        check(self, "num_shards", lambda n: n >= 1, "must be 1 or more")
        check(
            self,
            "shard_index",
            lambda n: 0 <= n < self.num_shards,
            "must be from 0 to --num_shards - 1",
        )
