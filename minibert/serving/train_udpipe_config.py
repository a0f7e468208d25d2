"""Options of `train_udpipe.py`."""

from dataclasses import dataclass

from minibert.options import check, option


@dataclass(frozen=True)
class TrainUdpipeConfig:
    """Options of training a model of UDPipe; see the help of each."""

    conllu: tuple[str, ...] = option(
        "CoNLL-U files, glob patterns or directories of treebanks, of which the train files are "
        "taken. One treebank, or several of one language."
    )
    output: str = option("The model to write; one that is there is replaced.")
    tagger: bool = option("Train a tagger, too, for comparison.", False)
    epochs: int = option("Passes over the data to train the tokenizer.", 20)

    def __post_init__(self) -> None:
        check(self, "conllu", bool, "must name a file")
        check(self, "epochs", lambda n: n >= 1, "must be at least 1")
