"""Options of `tag.py`."""

from dataclasses import dataclass

from minibert.inference.model_help import DEFAULT_MODEL_HELP, MAX_THREADS
from minibert.options import check, option

CONLLU, WORDS, TEXT = "conllu", "words", "text"
COLUMNS = "columns"
SIMPLE, UDPIPE = "simple", "udpipe"


@dataclass(frozen=True)
class TagConfig:
    """Options of tagging a file; see the help of each."""

    model: str | None = option(DEFAULT_MODEL_HELP, None)
    input: str = option("File to tag, plain, .gz or .xz; - for standard input.", "-")
    output: str = option("File to write; - for standard output.", "-")
    input_format: str = option(
        "conllu: tags replace those of the file, all else stays. words: a sentence a line, words "
        "separated by tabs, or by spaces in a line without tabs. text: raw text, see --segmenter.",
        CONLLU,
        choices=(CONLLU, WORDS, TEXT),
    )
    output_format: str = option(
        "conllu; or columns: a word a line and its labels, separated by tabs, in the order of the "
        "model's tasks, a blank line behind each sentence.",
        CONLLU,
        choices=(CONLLU, COLUMNS),
    )
    segmenter: str = option(
        "What cuts raw text. simple: a sentence a line, words by spaces, punctuation and script. "
        "udpipe: paragraphs between blank lines, sentences and words by "
        "--udpipe_model.",
        SIMPLE,
        choices=(SIMPLE, UDPIPE),
    )
    udpipe_model: str | None = option("Model of UDPipe 1; train_udpipe.py makes one.", None)
    scores: bool = option("Put the probability of each tag into MISC: UposScore=0.98.", False)
    top_k: int = option(
        "From 2 on: put this many alternatives into MISC, the chosen one first, with their "
        "probabilities: UposTop=NOUN:0.98;VERB:0.01. The | inside FEATS is written &. At most 20, "
        "and the labels that a task has.",
        1,
    )
    num_threads: int | None = option("Threads to use; all cores, if it is not given.", None)

    def __post_init__(self) -> None:
        check(
            self,
            "output",
            lambda path: not path.endswith((".gz", ".xz")),
            "output is not compressed; name it .conllu",
        )
        check(self, "top_k", lambda k: 1 <= k <= 20, "must be from 1 to 20")
        check(
            self,
            "output_format",
            lambda form: form == CONLLU or (not self.scores and self.top_k == 1),
            f"--scores and --top_k go into MISC; give --output_format={CONLLU}",
        )
        check(
            self,
            "num_threads",
            lambda n: n is None or 1 <= n <= MAX_THREADS,
            f"must be from 1 to {MAX_THREADS}",
        )
        wants_udpipe = self.input_format == TEXT and self.segmenter == UDPIPE
        check(
            self,
            "segmenter",
            lambda segmenter: self.input_format == TEXT or segmenter == SIMPLE,
            f"is for --input_format={TEXT}",
        )
        check(
            self,
            "udpipe_model",
            lambda path: (path is not None) == wants_udpipe,
            f"--segmenter={UDPIPE} needs a model; train_udpipe.py makes one"
            if wants_udpipe
            else f"is for --input_format={TEXT} --segmenter={UDPIPE}",
        )
