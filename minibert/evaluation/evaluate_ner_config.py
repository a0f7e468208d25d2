"""Options of `evaluate_ner.py`."""

from dataclasses import dataclass

from minibert.data.entity_options import EntityOptions
from minibert.inference.model_help import MODEL_HELP
from minibert.options import check, option

WORDS, XTREMEDISTIL = "words", "xtremedistil"


@dataclass(frozen=True, kw_only=True)
class EvaluateNerConfig(EntityOptions):
    """Options of evaluating a model on named entities; see the help of each."""

    model: str = option(MODEL_HELP)
    output_dir: str | None = option("Directory to write; it must not exist. Else none.", None)
    split: str = option("The split to take.", "dev")
    max_sentences_per_language: int = option(
        "Sentences to evaluate of each language, from the start; 0 for all.", 0
    )
    protocol: str = option(
        f"{WORDS}: phrases of words, of whole sentences. {XTREMEDISTIL}: as Mukherjee & Awadallah "
        "2020 have counted, phrases of wordpieces of --vocab_file, of which --max_seq_length of a "
        "sentence count, without a boundary between sentences.",
        WORDS,
        choices=(WORDS, XTREMEDISTIL),
    )
    vocab_file: str | None = option(
        f"With --protocol={XTREMEDISTIL}: a vocab.txt or a sentencepiece.bpe.model.", None
    )
    max_seq_length: int = option(
        f"With --protocol={XTREMEDISTIL}: wordpieces of a sentence, two special ones included.", 32
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check(self, "max_sentences_per_language", lambda n: n >= 0, "must be 0 or more")
        check(self, "max_seq_length", lambda n: n >= 3, "must be 3 or more")
        check(
            self,
            "vocab_file",
            lambda path: (path is not None) == (self.protocol == XTREMEDISTIL),
            f"needed for --protocol={XTREMEDISTIL}, and for nothing else",
        )
