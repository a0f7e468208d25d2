"""Options of `evaluate.py`."""

from dataclasses import dataclass

from minibert.models.model_help import MODEL_HELP
from minibert.options import check, option


@dataclass(frozen=True)
class EvaluateConfig:
    """Options of evaluating a model on treebanks; see the help of each."""

    model: str = option(MODEL_HELP)
    conllu: tuple[str, ...] = option(
        "CoNLL-U files, glob patterns or directories of treebanks (from these --split is taken), "
        "plain, .gz or .xz. Files TREEBANK-ud-SPLIT.conllu count for TREEBANK."
    )
    output_dir: str = option("Directory to write; it must not exist.")
    split: str = option("The split to take from directories.", "dev")
    max_sentences_per_treebank: int = option(
        "Sentences to evaluate of each file, from its start; 0 for all.", 0
    )

    def __post_init__(self) -> None:
        check(self, "conllu", bool, "must name a file")
        check(self, "max_sentences_per_treebank", lambda n: n >= 0, "must be 0 or more")
