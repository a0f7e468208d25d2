"""Options of `tag.py`."""

from dataclasses import dataclass

from minibert.options import check, option

CONLLU, WORDS = "conllu", "words"


@dataclass(frozen=True)
class TagConfig:
    """Options of tagging a file; see the help of each."""

    model_dir: str = option(
        "Directory of a run of fine_tune.py or distill.py; its best weights are used."
    )
    input: str = option("File to tag, plain, .gz or .xz; - for standard input.", "-")
    output: str = option("CoNLL-U file to write; - for standard output.", "-")
    input_format: str = option(
        "conllu: tags replace those of the file, all else stays. words: a sentence a line, words "
        "separated by tabs, or by spaces in a line without tabs.",
        CONLLU,
        choices=(CONLLU, WORDS),
    )
    scores: bool = option("Put the probability of each tag into MISC: UposScore=0.98.", False)
    top_k: int = option(
        "Put this many alternatives into MISC, the chosen one first, with their probabilities: "
        "UposTop=NOUN:0.98;VERB:0.01. The | inside FEATS is written &.",
        1,
    )

    def __post_init__(self) -> None:
        check(
            self,
            "output",
            lambda path: not path.endswith((".gz", ".xz")),
            "output is not compressed; name it .conllu",
        )
        check(self, "top_k", lambda k: 1 <= k <= 20, "must be from 1 to 20")
