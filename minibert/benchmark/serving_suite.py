"""The serving suite of the benchmarks: exported models, words to tags, next to their peers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minibert.benchmark.benchmark_config import GPU, BenchmarkConfig
from minibert.benchmark.benchmark_data import read_dev_sentences
from minibert.benchmark.serving_models import serving_candidates
from minibert.benchmark.serving_report import PAPER, latency_table, plot_serving, throughput_table
from minibert.benchmark.serving_speed import Sentences, measure_serving, num_sentences
from minibert.benchmark.serving_worker import MAX_SEQ_LENGTH
from minibert.benchmark.udpipe_peer import find_peer_files, measure_accuracy, train_peer
from minibert.data.label_vocab import LabelVocab
from minibert.errors import InputError
from minibert.models.bert_config import BertConfig
from minibert.packages import import_package
from minibert.text.udpipe import import_udpipe


def check_serving(config: BenchmarkConfig, shapes: Sequence[BertConfig]) -> None:
    """Checks what can be checked before anything is measured.

    Raises:
      InputError: a package is not installed, a shape has too few positions, there is too little
        text, or no such treebank.
    """
    for package in ("onnx", "onnxruntime"):
        import_package(package, needed_for="the suite serving")
    for shape in shapes:
        if shape.max_position_embeddings < MAX_SEQ_LENGTH:
            raise InputError(
                f"the suite serving: an encoder of {shape.max_position_embeddings} positions, "
                f"{MAX_SEQ_LENGTH} are needed; give another shape"
            )
        if not shape.hidden_act.startswith("gelu"):
            raise InputError(
                f"the suite serving: an encoder with {shape.hidden_act}, one with gelu is needed; "
                "give another shape"
            )
    if config.udpipe_treebank is not None:
        import_udpipe()
        find_peer_files(config.input_dir, config.udpipe_treebank)
    _read_texts(config)


def _read_texts(config: BenchmarkConfig) -> tuple[Sentences, Sentences]:
    """Sentences of all treebanks, and of that of UDPipe, if there is one."""
    sentences = read_dev_sentences(
        config.input_dir, num_sentences(config.serving_sentences, config.rounds)
    )
    if config.udpipe_treebank is None:
        return sentences, []
    count = config.serving_sentences * (config.rounds + 1)
    return sentences, read_dev_sentences(config.input_dir, count, config.udpipe_treebank)


def run_serving(
    config: BenchmarkConfig,
    label_vocabs: Sequence[LabelVocab],
    shapes: tuple[BertConfig, BertConfig],
    directory: Path,
) -> dict[str, Any]:
    """Measures exported models, prints the tables and writes the chart beside the figures.

    Args:
      config: the options.
      label_vocabs: the labels of the tasks that the models have.
      shapes: of BERT-Base and of MiniBERT.
      directory: where the models are written.

    Returns:
      The figures.
    """
    sentences, of_peer = _read_texts(config)
    udpipe = None
    if config.udpipe_treebank is not None:
        udpipe = train_peer(config.input_dir, config.udpipe_treebank, directory)
    candidates = list(
        serving_candidates(
            config.vocab_file,
            label_vocabs,
            shapes,
            udpipe,
            directory,
            gpu=config.device == GPU,
        )
    )
    speeds = measure_serving(candidates, sentences, of_peer, rounds=config.rounds)
    print(latency_table(speeds))
    print(f"ratio: of the median latency of {candidates[0].name}; {PAPER}")
    print(throughput_table(speeds))
    print("tokenization: its part of the time of the sorted stream")
    plot_serving(Path(config.output).with_suffix(".png"), speeds)
    figures: dict[str, Any] = {
        "models": {
            f"{candidate.name}, {candidate.device}": speed.figures()
            for candidate, speed in speeds.items()
        }
    }
    if udpipe is not None:
        assert config.udpipe_treebank is not None
        models = [config.model_dir] if config.model_dir is not None else []
        accuracy = measure_accuracy(config.input_dir, config.udpipe_treebank, udpipe, models)
        for name, by_task in accuracy.items():
            shown = ", ".join(f"{task} {100 * value:.2f}" for task, value in by_task.items())
            print(f"accuracy on {config.udpipe_treebank} dev: {name} {shown}")
        figures["accuracy"] = accuracy
    return figures
