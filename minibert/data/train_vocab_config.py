"""Options of `train_vocab.py`."""

from dataclasses import dataclass

from minibert.options import check, option
from minibert.text.normalization import NFC, NORMALIZATIONS, Normalization

_MAX_SIZE = 1_000_000


@dataclass(frozen=True)
class TrainVocabConfig:
    """Options of making a vocabulary of wordpieces; see the help of each."""

    text_dir: str = option(
        "Directory that prepare_text.py wrote. Languages weigh as much as they have sentences; its "
        "--max_sentences_per_language keeps large ones from crowding out others."
    )
    output: str = option("vocab.txt to write.")
    vocab_size: int = option("Wordpieces, special ones included.", 32_000)
    character_coverage: float = option(
        "Part of the characters of the text that get a wordpiece of their own, the most frequent "
        "first. A word with another one is [UNK].",
        0.9995,
    )
    unicode_normalization: Normalization = option(  # noqa: RUF009
        "What is made of words first, as by --unicode_normalization of fine_tune.py.",
        NFC,
        choices=NORMALIZATIONS,
    )

    def __post_init__(self) -> None:
        check(self, "vocab_size", lambda n: 100 <= n <= _MAX_SIZE, "must be from 100 to 1000000")
        check(self, "character_coverage", lambda x: 0.9 <= x <= 1, "must be from 0.9 to 1")
