"""Options of `benchmark.py`."""

from dataclasses import dataclass

from minibert.inference.model_help import DEFAULT_MODEL_HELP
from minibert.options import check, option

READING, PIPELINE, TRAINING, DISTILLATION, TOP_K, SERVING, MEMORY, WIKIPEDIA, TAGGER = SUITES = (
    *("reading", "pipeline", "training", "distillation", "top_k", "serving", "memory"),
    *("wikipedia", "tagger"),
)
CPU, GPU = "cpu", "gpu"
# Those that need more than the others: another model, packages that are not installed with this.
_EXTRA = (TOP_K, SERVING, WIKIPEDIA, TAGGER)


@dataclass(frozen=True)
class BenchmarkConfig:
    """Options of the benchmarks; see the help of each."""

    input_dir: str = option("Directory of treebanks, as for prepare_ud.py.")
    vocab_file: str = option("Vocabulary: wordpieces, one a line, or a sentencepiece.bpe.model.")
    output: str = option("JSON file to write; the serving suite writes a .png beside it.")
    suites: tuple[str, ...] = option(
        "What to measure. reading: CoNLL-U to records. pipeline: records to batches. training: "
        "the training step in each precision, next to the matrix products of this machine. "
        "distillation: what a teacher says of text, epochs with its kept outputs, and with the "
        "teacher asked anew. "
        "top_k: the error of the loss when only some logits of --teacher_dir are kept. "
        "serving: exported models, words to tags, next to BERT-Base and to UDPipe; needs onnx and "
        "onnxruntime. "
        "memory: the peak of prepare_ud.py and of tag.py on --memory_megabytes of input. "
        "wikipedia: --wikipedia_dumps to sentences. tagger: --tagger as it is installed, next to "
        "UDPipe.",
        tuple(suite for suite in SUITES if suite not in _EXTRA),
    )
    model_dir: str | None = option(
        "Model that tags in the memory suite, else tag.py is left out; the student of the top_k "
        "suite; the model of which the accuracy is told beside that of --udpipe_treebank.",
        None,
    )
    teacher_dir: str | None = option("Teacher of --model_dir, for the top_k suite.", None)
    bert_config: str = option(
        "Shape of the encoder in the suites training and distillation.", "minibert"
    )
    training_variants: tuple[str, ...] = option(
        "Rows of the training suite that are wanted, by their names in its table, such as "
        "'float32,bfloat16 + composition'; else all.",
        (),
    )
    teacher_config: str = option(
        "Shape of the teacher in the distillation suite, and of the large model in the serving "
        "suite; their weights are random.",
        "mbert",
    )
    udpipe_treebank: str | None = option(
        "Treebank of --input_dir on which a tagger of UDPipe is trained for the serving suite, "
        "some minutes; its accuracy and that of --model_dir on the dev file are told.",
        None,
    )
    tagger: str | None = option(
        f"Of the tagger suite: {DEFAULT_MODEL_HELP[0].lower()}{DEFAULT_MODEL_HELP[1:]}", None
    )
    udpipe_treebanks: tuple[str, ...] = option(
        "Treebanks of --input_dir on each of which a tagger of UDPipe is trained for the tagger "
        "suite, some minutes each: of the first the speed is told, of all the accuracy.",
        (),
    )
    serving_sentences: int = option(
        "Sentences to tag in each workload and round of the suites serving and tagger.", 128
    )
    wikipedia_dumps: tuple[str, ...] = option(
        "Dumps, or patterns of them, as --input of prepare_wikipedia.py, for the suite wikipedia.",
        (),
    )
    device: str = option(
        "gpu: the serving suite measures SavedModels on the GPU as well.", CPU, choices=(CPU, GPU)
    )
    max_seq_length: int = option("Wordpieces in a window.", 128)
    rounds: int = option("Measurements of each variant; the median is reported.", 5)
    steps: int = option(
        "Training steps, or batches of the pipeline / 10, in a measurement; the epochs of the "
        "distillation suite have 256 sentences for each.",
        10,
    )
    memory_megabytes: int = option("Size of the input in the memory suite.", 100)

    def __post_init__(self) -> None:
        check(self, "max_seq_length", lambda n: 3 <= n <= 512, "must be from 3 to 512")
        check(self, "rounds", lambda n: 1 <= n <= 1000, "must be from 1 to 1000")
        check(self, "steps", lambda n: 1 <= n <= 100_000, "must be from 1 to 100000")
        check(self, "serving_sentences", lambda n: 1 <= n <= 100_000, "must be from 1 to 100000")
        check(self, "memory_megabytes", lambda n: 1 <= n <= 100_000, "must be from 1 to 100000")
        check(
            self,
            "suites",
            lambda names: names and set(names) <= set(SUITES),
            f"must name some of {' '.join(SUITES)}",
        )
        needs_models = TOP_K in self.suites
        check(
            self,
            "teacher_dir",
            lambda path: (path is not None) == needs_models,
            "needed for the suite top_k, and for nothing else",
        )
        check(
            self,
            "wikipedia_dumps",
            lambda dumps: bool(dumps) == (WIKIPEDIA in self.suites),
            "needed for the suite wikipedia, and for nothing else",
        )
        check(
            self,
            "udpipe_treebanks",
            lambda names: not names or TAGGER in self.suites,
            "of use to the suite tagger only",
        )
        check(
            self,
            "udpipe_treebank",
            lambda name: name is None or SERVING in self.suites,
            "of use to the suite serving only",
        )
        check(
            self,
            "model_dir",
            lambda path: path is not None or not needs_models,
            "needed for the suite top_k",
        )
