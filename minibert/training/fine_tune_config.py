"""Options of `fine_tune.py`."""

from dataclasses import dataclass

from minibert.data.tasks import TREEBANK_TASKS
from minibert.options import check, option
from minibert.text.normalization import NFC, NONE, NORMALIZATIONS, Normalization
from minibert.training.training_config import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class FineTuneConfig(TrainingConfig):
    """Options of training a tagger on labeled data; see the help of each.

    The defaults train a small model from random weights. For a public checkpoint take those of
    Devlin et al. 2019: --batch_size=16 --learning_rate=3e-5 --head_dropout=0.1
    --wordpiece_dropout=0 --nocomposition.
    """

    data_dir: tuple[str, ...] = option(
        "Directory that prepare_ud.py or prepare_ner.py wrote; of several, whose sentences have "
        "labels of other tasks, each sentence trains the tasks that it has."
    )
    tasks: tuple[str, ...] = option(
        "Tasks to learn, one head each on the same encoder.", tuple(TREEBANK_TASKS)
    )
    treebanks: tuple[str, ...] = option(
        "Treebanks to train on, such as en_ewt,fr_gsd; else all.", ()
    )
    train_splits: tuple[str, ...] = option("Splits to train on.", ("train",))
    validation_split: str = option("Split to validate on after each epoch.", "dev")
    min_label_count: int = option(
        "Labels that fewer words of the training data have are left out: the model cannot give "
        "them, and is smaller.",
        1,
    )
    sentences_per_treebank: int = option(
        "The most sentences of a treebank in an epoch; the next epoch goes on behind them. "
        "0 for all.",
        0,
    )
    batch_wordpieces: int = option(
        "The most wordpieces in a batch, padding included. Not used if --batch_size is given.",
        4096,
    )
    max_seq_length: int = option(
        "Wordpieces in a window. A longer sentence is cut into overlapping windows.", 128
    )

    unicode_normalization: Normalization = option(  # noqa: RUF009
        "What the model makes of words before it splits them into wordpieces: nfc, the composed "
        "form, so that ñ is read alike as one character and as two; nfc-straight, and curly "
        "apostrophes as straight ones; none, as the public tokenizer "
        "of multilingual BERT.",
        NFC,
        choices=NORMALIZATIONS,
        before=NONE,
    )
    wordpiece_dropout: float = option(
        "Part of the wordpieces that training replaces by [UNK], at random at each step.", 0.2
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, "wordpiece_dropout", lambda x: 0 <= x < 1, "must be in [0, 1)")
        check(self, "min_label_count", lambda n: n >= 1, "must be 1 or more")
        check(self, "sentences_per_treebank", lambda n: n >= 0, "must be 0 or more")
        check(self, "max_seq_length", lambda n: n >= 3, "must be 3 or more")
        check(
            self,
            "batch_wordpieces",
            lambda n: self.batch_size > 0 or self.max_seq_length <= n <= 2**22,
            "must be from --max_seq_length to 4194304",
        )
        check(self, "tasks", lambda t: t and len(set(t)) == len(t), "must name tasks, each once")
        check(
            self,
            "train_splits",
            lambda splits: (
                splits and len(set(splits)) == len(splits) and self.validation_split not in splits
            ),
            f"must name splits, each once, and not the validation split {self.validation_split}",
        )
