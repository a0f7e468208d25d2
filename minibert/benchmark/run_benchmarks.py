"""Runs the benchmarks, prints their figures and writes them as JSON."""

import dataclasses
import os
import platform
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from minibert import __version__
from minibert.benchmark.benchmark_config import (
    DISTILLATION,
    GPU,
    MEMORY,
    PIPELINE,
    READING,
    SERVING,
    TAGGER,
    TOP_K,
    TRAINING,
    WIKIPEDIA,
    BenchmarkConfig,
)
from minibert.benchmark.benchmark_data import prepare_records, prepare_transfer_text
from minibert.benchmark.data_speed import measure_pipeline, measure_reading
from minibert.benchmark.distillation_speed import BATCH_SIZE, measure_distillation
from minibert.benchmark.memory import measure_memory
from minibert.benchmark.serving_suite import check_serving, run_serving
from minibert.benchmark.tagger_suite import check_tagger, run_tagger
from minibert.benchmark.timing import ROW_HEADER, Rate
from minibert.benchmark.top_k_error import TopKError, measure_top_k
from minibert.benchmark.training_speed import (
    VARIANTS,
    measure_matrix_products,
    measure_training,
    training_flops,
)
from minibert.data.corpus import Corpus
from minibert.data.dataset_info import DEV, TRAIN
from minibert.errors import InputError
from minibert.files import check_output_file
from minibert.json_files import write_json
from minibert.models.bert_config import BertConfig
from minibert.models.encoder_kinds import resolve_encoder_config
from minibert.options import to_json
from minibert.runs.trained_model import ModelDescription, load_description
from minibert.tables import format_table
from minibert.text.feature_kinds import features_of_vocab
from minibert.text.normalization import NFC
from minibert.text.subword_features import INPUT_IDS, SubwordFeatures
from minibert.text.wordpiece_features import WordpieceFeatures
from minibert.training.hardware import cpu_info
from minibert.wikipedia.entry import check_packages

_BATCH_WORDPIECES = 4096


def run_benchmarks(config: BenchmarkConfig) -> None:
    """Runs the suites that are asked for, and writes the figures after each.

    Raises:
      InputError: bad input, found before anything is measured.
    """
    check_output_file(config.output)
    for name in config.training_variants:
        if name not in VARIANTS:
            raise InputError(f"--training_variants: no {name!r}, there are {', '.join(VARIANTS)}")
    features = features_of_vocab(
        config.vocab_file, max_length=config.max_seq_length, normalization=NFC
    )
    student, teacher = shapes = [
        _bert_config(shape, features, config.vocab_file)
        for shape in (config.bert_config, config.teacher_config)
    ]
    for model_dir in (config.model_dir, config.teacher_dir):
        if model_dir is not None:
            load_description(model_dir)
    figures: dict[str, Any] = {
        "tool": f"minibert {__version__}",
        "machine": describe_machine(),
        "config": to_json(config),
    }
    if SERVING in config.suites:
        if not isinstance(features, WordpieceFeatures):
            raise InputError(f"{config.vocab_file}: the suite serving reads wordpieces alone")
        check_serving(config, shapes)
    if TAGGER in config.suites:
        check_tagger(config)
    if WIKIPEDIA in config.suites:
        check_packages()
    if config.device == GPU and not tf.config.list_physical_devices("GPU"):
        raise InputError(f"--device={GPU}: TensorFlow finds none here; leave the flag out")
    if READING in config.suites:
        figures[READING] = _show(measure_reading(config.input_dir, config.rounds))
        write_json(config.output, figures)
    if {PIPELINE, TRAINING, DISTILLATION, SERVING} & set(config.suites):
        with tempfile.TemporaryDirectory() as directory:
            for name, found in _measure_on_records(config, student, teacher, Path(directory)):
                figures[name] = found
                write_json(config.output, figures)
    if TOP_K in config.suites:
        figures[TOP_K] = [dataclasses.asdict(error) for error in _measure_top_k(config)]
        write_json(config.output, figures)
    if WIKIPEDIA in config.suites:
        # The others need no Apache Beam.
        from minibert.benchmark.arrangement_speed import measure_arrangement, measure_sections
        from minibert.benchmark.wikipedia_speed import measure_wikipedia

        figures[WIKIPEDIA] = measure_wikipedia(config.wikipedia_dumps, config.rounds)
        figures[WIKIPEDIA]["arrangement"] = measure_arrangement(config.rounds)
        figures[WIKIPEDIA]["sections"] = measure_sections(config.rounds)
        write_json(config.output, figures)
    if TAGGER in config.suites:
        with tempfile.TemporaryDirectory() as directory:
            figures[TAGGER] = run_tagger(config, Path(directory))
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


def _measure_on_records(
    config: BenchmarkConfig, student: BertConfig, teacher: BertConfig, directory: Path
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the name and the figures of each suite that is measured on prepared treebanks.

    Args:
      config: the options.
      student: the shape of the encoder that is measured.
      teacher: that of the large one beside it.
      directory: an empty one.
    """
    records = prepare_records(
        config.input_dir, config.vocab_file, config.max_seq_length, directory / "data"
    )
    featurizer = records.featurizer
    if PIPELINE in config.suites:
        rates = measure_pipeline(
            records.pipeline(wordpieces=_BATCH_WORDPIECES),
            featurizer.spec.pad_values[INPUT_IDS],
            steps=config.steps,
            rounds=config.rounds,
        )
        yield PIPELINE, _show(rates)
    description = ModelDescription(
        student, featurizer.spec, records.label_vocabs, records.corpus.word_hashes
    )
    if TRAINING in config.suites:
        products = measure_matrix_products(config.rounds)
        rates = measure_training(
            lambda static_shapes: records.pipeline(
                wordpieces=_BATCH_WORDPIECES, static_shapes=static_shapes
            ),
            description,
            featurizer,
            variants=config.training_variants or list(VARIANTS),
            steps=config.steps,
            rounds=config.rounds,
        )
        flops = _flops_per_wordpiece(student, description, records.corpus)
        shown = _show({**rates, **products})
        print(f"{flops / 1e6:.1f} megaflops of matrix products a wordpiece, so the machine allows:")
        for name, rate in products.items():
            print(f"  {name}: {rate.median * 1e6 / flops:,.0f} wordpieces/s")
        yield TRAINING, {**shown, "megaflops_per_wordpiece": flops / 1e6}
    if DISTILLATION in config.suites:
        transfer_dir = directory / "text"
        prepare_transfer_text(
            config.input_dir, TRAIN, transfer_dir, sentences=2 * BATCH_SIZE * config.steps
        )
        rates = measure_distillation(
            records.pipeline(windows=BATCH_SIZE),
            description,
            teacher,
            featurizer,
            transfer_dir,
            directory,
            steps=config.steps,
            rounds=config.rounds,
        )
        yield DISTILLATION, _show(rates)
    if SERVING in config.suites:
        yield SERVING, run_serving(config, records.label_vocabs, (teacher, student), directory)


def _measure_top_k(config: BenchmarkConfig) -> list[TopKError]:
    """Measures on text of the dev files, which a teacher has not been trained on, and prints."""
    assert config.teacher_dir is not None
    assert config.model_dir is not None
    with tempfile.TemporaryDirectory() as directory:
        transfer_dir = Path(directory) / "text"
        prepare_transfer_text(config.input_dir, DEV, transfer_dir, sentences=0)
        errors = measure_top_k(
            config.teacher_dir, config.model_dir, str(transfer_dir), batches=10 * config.steps
        )
    rows = [
        [
            *(error.task, str(error.k), f"{error.temperature:g}"),
            *(f"{error.exact:.4f}", f"{error.kept:.4f}"),
            f"{error.kept / error.exact - 1:+.3%}",
            f"{error.gradient_error:.3%}",
        ]
        for error in errors
    ]
    header = ["task", "k", "T", "loss of all", "of k", "differs by", "gradient differs by"]
    print(format_table(header, rows, left=1))
    return errors


def _bert_config(shape: str, features: SubwordFeatures, vocab_file: str) -> BertConfig:
    config = resolve_encoder_config(shape, features, vocab_file)
    if not isinstance(config, BertConfig):
        raise InputError(f"{shape}: not a BERT encoder; give the bert_config.json of one")
    return config


def _flops_per_wordpiece(
    encoder: BertConfig, description: ModelDescription, corpus: Corpus
) -> float:
    lengths = corpus.window_lengths.astype(float)
    total = training_flops(
        encoder,
        [len(vocab) for vocab in description.label_vocabs],
        int(lengths.sum()),
        sum(stored.part.words for stored in corpus.parts),
        float(np.square(lengths).sum()) / float(lengths.sum()),
    )
    return total / float(lengths.sum())


def _show(rates: Mapping[str, Rate]) -> dict[str, Any]:
    """Prints rates and gives them for JSON."""
    print(
        format_table(ROW_HEADER, [rate.row(name, "per s") for name, rate in rates.items()], left=2)
    )
    return {name: dataclasses.asdict(rate) for name, rate in rates.items()}
