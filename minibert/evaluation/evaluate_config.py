"""Options of `evaluate.py`."""

from dataclasses import dataclass

from minibert.data.line_reader import STDIN
from minibert.data.tasks import FEATS_UNANNOTATED_HELP
from minibert.inference.model_help import MODEL_HELP
from minibert.options import check, option

GOLD, UDPIPE = "gold", "udpipe"
_DEV = "dev"


@dataclass(frozen=True)
class EvaluateConfig:
    """Options of evaluating a model on treebanks, or one file against another; see each's help."""

    model: str | None = option(f"Evaluate a model. {MODEL_HELP}", None)
    conllu: tuple[str, ...] = option(
        "With --model: CoNLL-U files, glob patterns or directories of treebanks (from these "
        "--split is taken), plain, .gz or .xz. Files TREEBANK-ud-SPLIT.conllu count for TREEBANK.",
        (),
    )
    split: str = option("The split to take from directories.", _DEV)
    max_sentences_per_treebank: int = option(
        "Sentences with words to evaluate of each treebank, from the start; 0 for all.", 0
    )
    include_untuned: bool = option(
        "Average over all treebanks; else over those that have a dev file beside the one that is "
        "evaluated, as Tsai et al. 2019, B.2.",
        False,
    )
    feats_unannotated: tuple[str, ...] = option(
        f"With --segmentation={GOLD}: {FEATS_UNANNOTATED_HELP}", ()
    )
    segmentation: str = option(
        "gold: words are those of the files; accuracy. udpipe: the model gets the words that "
        "UDPipe cuts the raw text into; F1 as in the CoNLL 2018 shared task.",
        GOLD,
        choices=(GOLD, UDPIPE),
    )
    udpipe_models: str | None = option(
        "Directory of models TREEBANK.udpipe, which train_udpipe.py makes; for "
        f"--segmentation={UDPIPE}.",
        None,
    )
    gold: str | None = option(
        "Instead of --model: CoNLL-U with what is right, to score --system against.", None
    )
    system: str | None = option(
        "CoNLL-U of the same text, its words, tags and features from any tool.", None
    )
    output_dir: str | None = option(
        "Directory to write; it must not exist. With --gold it can be left out.", None
    )

    def __post_init__(self) -> None:
        scores_files = self.gold is not None or self.system is not None
        for name in ("gold", "system"):
            check(
                self,
                name,
                lambda path: (path is not None) == scores_files,
                "give --gold and --system together",
            )
        check(
            self,
            "system",
            lambda path: path != STDIN or self.gold != STDIN,
            "standard input can be one of the two only",
        )
        check(
            self,
            "model",
            lambda model: (model is None) == scores_files,
            "give either --model and --conllu, or --gold and --system",
        )
        for name in ("conllu", "output_dir"):
            check(self, name, lambda value: scores_files or value, "needed with --model")
        if scores_files:
            check(self, "conllu", lambda value: not value, "not with --gold")
            check(self, "split", lambda split: split == _DEV, "not with --gold")
            check(self, "max_sentences_per_treebank", lambda n: n == 0, "not with --gold")
            check(self, "include_untuned", lambda included: not included, "not with --gold")
        check(self, "max_sentences_per_treebank", lambda n: n >= 0, "must be 0 or more")
        by_udpipe = self.segmentation == UDPIPE
        if scores_files or by_udpipe:
            check(self, "feats_unannotated", lambda names: not names, "for --model with gold words")
        if scores_files:
            check(self, "segmentation", lambda kind: kind == GOLD, "not with --gold")
        check(
            self,
            "udpipe_models",
            lambda path: (path is not None) == by_udpipe,
            f"needed for --segmentation={UDPIPE}, and for nothing else; train_udpipe.py makes them",
        )
