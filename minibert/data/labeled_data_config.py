"""Options that all jobs share which prepare labeled sentences."""

from dataclasses import dataclass

from minibert.options import check, option
from minibert.text.variation import VARIATION_HELP


@dataclass(frozen=True, kw_only=True)
class LabeledDataConfig:
    """Options of preparing labeled sentences; see the help of each."""

    input_dir: str = option("Directory of the files.")
    output_dir: str = option("Directory to write; it must not exist, or hold the same data.")
    vocab_file: str | None = option(
        "Vocabulary to count wordpieces with in the preflight table, a vocab.txt or a "
        "sentencepiece.bpe.model. The records do not depend on it.",
        None,
    )
    max_sentences_per_treebank: int = option(
        "Sentences to keep of each file other than dev and test, drawn at random; 0 keeps all.",
        0,
    )
    num_shards: int = option("Record files to write for each split of each treebank.", 1)
    variation: float = option(VARIATION_HELP, 0.0)
    gzip: bool = option("Compress the records.", False)
    seed: int = option("Seed of the order in which training sentences are written.", 1)

    def __post_init__(self) -> None:
        check(self, "max_sentences_per_treebank", lambda n: n >= 0, "must be 0 or more")
        check(self, "variation", lambda x: 0 <= x <= 1, "must be in [0, 1]")
        check(self, "num_shards", lambda n: 1 <= n <= 256, "must be from 1 to 256")
