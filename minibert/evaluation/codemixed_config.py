"""Options of `evaluate_codemixed.py`."""

from dataclasses import dataclass

from minibert.inference.model_help import MODEL_HELP
from minibert.options import option

NORMALIZED, RAW = "normalized", "raw"


@dataclass(frozen=True)
class CodemixedConfig:
    """Options of evaluating a model on code-mixed text; see the help of each."""

    model: str = option(MODEL_HELP)
    input: str = option("JSON file of the Hindi-English treebank of Bhat et al. 2018.")
    output_dir: str = option("Directory to write; it must not exist.")
    forms: str = option(
        "normalized: Hindi words in Devanagari, from the list `norm`. raw: as in the tweets, in "
        "Latin script.",
        NORMALIZED,
        choices=(NORMALIZED, RAW),
    )
    whole_tweets: bool = option(
        "Only tweets that have whole words; of the others the treebank gives first letters of "
        "words that are not normalized.",
        False,
    )
