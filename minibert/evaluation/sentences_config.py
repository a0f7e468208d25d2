"""Options of `evaluate_sentences.py`."""

from dataclasses import dataclass

from minibert.options import check, option

RULES, NAIVE, UDPIPE = "rules", "naive", "udpipe"


@dataclass(frozen=True)
class SentencesConfig:
    """Options of scoring a sentence splitter on treebanks; see the help of each."""

    conllu: tuple[str, ...] = option(
        "CoNLL-U files, glob patterns or directories of treebanks (from these --split is taken), "
        "plain, .gz or .xz. Files LANGUAGE_NAME-ud-SPLIT.conllu count for the treebank "
        "LANGUAGE_NAME and are split as text of LANGUAGE."
    )
    split: str = option("The split to take from directories.", "dev")
    splitter: str = option(
        "rules: the one that cuts Wikipedia. naive: at . ! or ? before a space and A to Z. udpipe: "
        "that of a model of UDPipe for each treebank.",
        RULES,
        choices=(RULES, NAIVE, UDPIPE),
    )
    udpipe_models: str | None = option(
        "Directory of models TREEBANK.udpipe, which train_udpipe.py makes; for "
        f"--splitter={UDPIPE}.",
        None,
    )
    output_dir: str | None = option("Directory to write; it must not exist.", None)

    def __post_init__(self) -> None:
        by_udpipe = self.splitter == UDPIPE
        check(self, "conllu", bool, "name a file or a directory")
        check(
            self,
            "udpipe_models",
            lambda path: (path is not None) == by_udpipe,
            f"needed for --splitter={UDPIPE}, and for nothing else",
        )
