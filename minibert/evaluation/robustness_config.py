"""Options of `evaluate_robustness.py`."""

from dataclasses import dataclass

from minibert.inference.model_help import DEFAULT_MODEL_HELP
from minibert.options import check, option


@dataclass(frozen=True)
class RobustnessConfig:
    """Options of measuring what the form of a sentence does to its tags; see the help of each."""

    conllu: tuple[str, ...] = option(
        "CoNLL-U files, glob patterns or directories of treebanks (from these --split is taken)."
    )
    model: str | None = option(DEFAULT_MODEL_HELP, None)
    split: str = option("The split to take from directories.", "dev")
    max_sentences_per_treebank: int = option(
        "Sentences with words to take of each treebank, from the start; 0 for all.", 200
    )
    output_dir: str | None = option("Directory to write; it must not exist.", None)

    def __post_init__(self) -> None:
        check(self, "conllu", bool, "name a file or a directory")
        check(self, "max_sentences_per_treebank", lambda n: n >= 0, "must be 0 or more")
