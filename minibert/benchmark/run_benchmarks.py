"""Runs the benchmarks, prints their figures and writes them as JSON."""

import contextlib
import dataclasses
import io
import os
import platform
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from minibert import __version__
from minibert.benchmark.benchmark_config import (
    MEMORY,
    PIPELINE,
    READING,
    TRAINING,
    BenchmarkConfig,
)
from minibert.benchmark.data_speed import measure_pipeline, measure_reading
from minibert.benchmark.memory import measure_memory
from minibert.benchmark.timing import ROW_HEADER, Rate
from minibert.benchmark.training_speed import (
    measure_matrix_products,
    measure_training,
    training_flops,
)
from minibert.data.corpus import Corpus, scan_corpus
from minibert.data.dataset_info import count_labels, load_dataset_info
from minibert.data.input_pipeline import Batching, InputPipeline
from minibert.data.label_vocab import LabelVocab
from minibert.data.prepare_config import PrepareConfig
from minibert.data.prepare_ud import TASKS, prepare_ud
from minibert.errors import InputError
from minibert.json_files import write_json
from minibert.models.bert_config import resolve_bert_config
from minibert.models.trained_model import ModelDescription, load_description
from minibert.options import to_json
from minibert.tables import format_table
from minibert.text.wordpiece import WordpieceTokenizer, read_vocab
from minibert.training.hardware import cpu_info

_BATCH_WORDPIECES = 4096


def run_benchmarks(config: BenchmarkConfig) -> None:
    """Runs the suites that are asked for, and writes the figures after each.

    Raises:
      InputError: bad input, found before anything is measured.
    """
    if not Path(config.output).parent.is_dir():
        raise InputError(f"--output={config.output}: no such directory; make it first")
    read_vocab(config.vocab_file)
    if config.model_dir and MEMORY in config.suites:
        load_description(config.model_dir)
    figures: dict[str, Any] = {
        "tool": f"minibert {__version__}",
        "machine": describe_machine(),
        "config": to_json(config),
    }
    if READING in config.suites:
        figures[READING] = _show(measure_reading(config.input_dir, config.rounds))
        write_json(config.output, figures)
    if PIPELINE in config.suites or TRAINING in config.suites:
        with tempfile.TemporaryDirectory() as directory:
            figures.update(_measure_on_records(config, Path(directory) / "data"))
        write_json(config.output, figures)
    if MEMORY in config.suites:
        peaks = measure_memory(
            config.input_dir, config.vocab_file, config.model_dir, config.memory_megabytes
        )
        figures[MEMORY] = peaks
        for name, peak in peaks.items():
            print(f"{name} on {config.memory_megabytes} MiB: peak {peak:,} MiB resident")
        write_json(config.output, figures)


def describe_machine() -> dict[str, Any]:
    """What the figures were measured on."""
    lines = cpu_info().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "?")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "platform": platform.platform(),
        "tensorflow": tf.__version__,
    }


def _measure_on_records(config: BenchmarkConfig, data_dir: Path) -> dict[str, Any]:
    with contextlib.redirect_stdout(io.StringIO()):
        prepare_ud(PrepareConfig(input_dir=config.input_dir, output_dir=str(data_dir)))
    info = load_dataset_info(data_dir)
    parts = info.select(("train",))
    tokenizer = WordpieceTokenizer.from_file(config.vocab_file)
    label_vocabs = [LabelVocab.from_counts(task, count_labels(parts, task)) for task in TASKS]
    corpus = scan_corpus(info, parts, TASKS, tokenizer, config.max_seq_length)

    def create_pipeline(static_shapes: bool) -> InputPipeline:
        batching = Batching(
            config.max_seq_length, wordpieces=_BATCH_WORDPIECES, static_shapes=static_shapes
        )
        return InputPipeline(corpus, tokenizer, label_vocabs, batching)

    figures: dict[str, Any] = {}
    if PIPELINE in config.suites:
        rates = measure_pipeline(
            create_pipeline(False), tokenizer.pad_id, steps=config.steps, rounds=config.rounds
        )
        figures[PIPELINE] = _show(rates)
    if TRAINING in config.suites:
        bert_config = resolve_bert_config(
            config.bert_config, len(tokenizer.vocab), config.vocab_file
        )
        description = ModelDescription(
            bert_config, tokenizer.vocab, label_vocabs, config.max_seq_length, corpus.word_hashes
        )
        products = measure_matrix_products(config.rounds)
        rates = measure_training(
            create_pipeline, description, tokenizer, steps=config.steps, rounds=config.rounds
        )
        flops = _flops_per_wordpiece(description, corpus)
        figures[TRAINING] = {
            **_show({**rates, **products}),
            "megaflops_per_wordpiece": flops / 1e6,
        }
        print(f"{flops / 1e6:.1f} megaflops of matrix products a wordpiece, so the machine allows:")
        for name, rate in products.items():
            print(f"  {name}: {rate.median * 1e6 / flops:,.0f} wordpieces/s")
    return figures


def _flops_per_wordpiece(description: ModelDescription, corpus: Corpus) -> float:
    lengths = corpus.window_lengths.astype(float)
    total = training_flops(
        description.bert_config,
        [len(vocab) for vocab in description.label_vocabs],
        int(lengths.sum()),
        sum(part.words for part in corpus.parts),
        float(np.square(lengths).sum()) / float(lengths.sum()),
    )
    return total / float(lengths.sum())


def _show(rates: Mapping[str, Rate]) -> dict[str, Any]:
    """Prints rates and gives them for JSON."""
    print(
        format_table(ROW_HEADER, [rate.row(name, "per s") for name, rate in rates.items()], left=2)
    )
    return {name: dataclasses.asdict(rate) for name, rate in rates.items()}
