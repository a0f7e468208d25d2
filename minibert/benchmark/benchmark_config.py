"""Options of `benchmark.py`."""

from dataclasses import dataclass

from minibert.options import check, option

READING, PIPELINE, TRAINING, MEMORY = SUITES = ("reading", "pipeline", "training", "memory")


@dataclass(frozen=True)
class BenchmarkConfig:
    """Options of the benchmarks; see the help of each."""

    input_dir: str = option("Directory of treebanks, as for prepare_ud.py.")
    vocab_file: str = option("Wordpiece vocabulary, one piece a line.")
    output: str = option("JSON file to write.")
    suites: tuple[str, ...] = option(
        "What to measure. reading: CoNLL-U to records. pipeline: records to batches. training: "
        "the training step in each precision, next to the matrix products of this machine. "
        "memory: the peak of prepare_ud.py and of tag.py on --memory_megabytes of input.",
        SUITES,
    )
    model_dir: str | None = option(
        "Model that tags in the memory suite; else tag.py is left out.", None
    )
    bert_config: str = option("Shape of the encoder in the training suite.", "minibert")
    max_seq_length: int = option("Wordpieces in a window.", 128)
    rounds: int = option("Measurements of each variant; the median is reported.", 5)
    steps: int = option("Training steps, or batches of the pipeline / 10, in a measurement.", 10)
    memory_megabytes: int = option("Size of the input in the memory suite.", 100)

    def __post_init__(self) -> None:
        check(self, "max_seq_length", lambda n: 3 <= n <= 512, "must be from 3 to 512")
        check(self, "rounds", lambda n: 1 <= n <= 1000, "must be from 1 to 1000")
        check(self, "steps", lambda n: 1 <= n <= 100_000, "must be from 1 to 100000")
        check(self, "memory_megabytes", lambda n: 1 <= n <= 100_000, "must be from 1 to 100000")
        check(
            self,
            "suites",
            lambda names: names and set(names) <= set(SUITES),
            f"must name some of {' '.join(SUITES)}",
        )
