"""Options that all training jobs share."""

import math
from dataclasses import dataclass

from minibert.options import check, option


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Options of training a tagger, whatever on; see the help of each."""

    vocab_file: str | None = option(
        "Vocabulary: wordpieces, one a line, or the sentencepiece.bpe.model of an encoder with the "
        "vocabulary of XLM-R. Else that beside --init_checkpoint.",
        None,
    )
    model_dir: str = option(
        "Directory of the run: its configuration, checkpoints, logs and best weights. If it holds "
        "this run already, the run goes on from its last checkpoint."
    )
    bert_config: str | None = option(
        "Shape of the encoder: minibert (3 layers of 256), mbert (12 of 768), or the path of a "
        "bert_config.json or of a config.json of Hugging Face. Else that beside --init_checkpoint, "
        "or minibert.",
        None,
    )
    init_checkpoint: str | None = option(
        "What to start from: a model directory, of which the encoder is taken and, of its heads, "
        "the labels that this model has too; or a public encoder: a directory of Hugging Face with "
        "model.safetensors (bert, xlm-roberta, distilbert), or a BERT checkpoint in TensorFlow's "
        "format, its directory or prefix. Else the weights are random.",
        None,
    )
    epochs: int = option("Passes over the training data.", 10)
    batch_size: int = option(
        "Windows in a batch, most of them whole sentences; 0 to batch by wordpieces.", 0
    )
    learning_rate: float = option("Highest learning rate.", 7e-4)
    head_learning_rate: float = option(
        "Highest learning rate of the heads, which start at random where the encoder does not; 0 "
        "for that of --learning_rate.",
        0.0,
    )
    warmup_fraction: float = option("Part of the steps in which the learning rate rises.", 0.1)
    weight_decay: float = option("AdamW weight decay.", 0.01)
    clip_norm: float = option("Greatest global norm of the gradient; 0 for no limit.", 1.0)
    dropout: float = option(
        "Dropout in the encoder; -1 for that of the bert_config, or 0.1 where a model directory "
        "says the shape.",
        -1.0,
    )
    head_dropout: float = option("Dropout on the vectors that go into the heads.", 0.3)
    composition: bool = option(
        "Train vectors of wordpieces and of labels as sums of shared parts, character n-grams and "
        "features; what is saved are the sums. Helps where labeled data is scarce.",
        True,
    )
    compose_pieces: bool = option(
        "Whether --composition is also of wordpieces, or of labels alone: the table of a "
        "pretrained encoder needs none.",
        True,
    )
    head_rank: int = option(
        "Width to which the vectors of words are projected before the heads with composed labels, "
        "FEATS: with thousands of labels such a head is then much smaller and faster. 0 for none.",
        0,
    )
    embedding_update: str = option(
        "Rows of the embedding table that AdamW updates: all (exact), or those of the wordpieces "
        "in the batch (faster; see docs/training.md for what differs).",
        "touched",
        choices=("touched", "all"),
    )
    precision: str = option(
        "Of the matrix products; weights are float32 always. auto is bfloat16 on a CPU that has "
        "instructions for it, and no GPU beside it.",
        "auto",
        choices=("auto", "bfloat16", "float32"),
    )
    xla: bool = option("Compile the encoder with XLA.", False)
    distribute: str = option(
        "mirrored: all GPUs of this machine; multi_worker: the workers of TF_CONFIG, which must "
        "see the same --model_dir.",
        "none",
        choices=("none", "mirrored", "multi_worker"),
    )
    checkpoint_steps: int = option("Steps from one checkpoint to the next.", 500)
    seed: int = option("Seed of initial weights, order of the data and dropout.", 1)
    deterministic: bool = option(
        "Use deterministic operations only, so that a run that was killed and started again ends "
        "with the very weights of one that was not. Slower by a few percent.",
        False,
    )

    def __post_init__(self) -> None:
        check(self, "epochs", lambda n: 1 <= n <= 10_000, "must be from 1 to 10000")
        check(self, "checkpoint_steps", lambda n: n >= 1, "must be 1 or more")
        check(self, "batch_size", lambda n: 0 <= n <= 2**16, "must be from 0 to 65536")
        check(self, "learning_rate", lambda x: 0 < x < 1, "must be in (0, 1)")
        check(self, "head_learning_rate", lambda x: 0 <= x < 1, "must be in [0, 1)")
        check(self, "warmup_fraction", lambda x: 0 <= x < 1, "must be in [0, 1)")
        check(self, "weight_decay", lambda x: 0 <= x < 1, "must be in [0, 1)")
        check(self, "clip_norm", lambda x: 0 <= x < math.inf, "must be 0 or more, and finite")
        check(self, "dropout", lambda x: x == -1 or 0 <= x < 1, "must be in [0, 1), or -1")
        check(self, "head_dropout", lambda x: 0 <= x < 1, "must be in [0, 1)")
        check(
            self,
            "head_rank",
            lambda n: n == 0 or (n >= 1 and self.composition),
            "must be 0 or more, and 0 with --nocomposition",
        )
        check(self, "seed", lambda n: 0 <= n < 2**31, "must be in [0, 2^31)")
