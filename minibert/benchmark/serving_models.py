"""The models whose speed is compared: random weights of the shapes of the paper, exported."""

import contextlib
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from minibert.benchmark.random_model import save_random_model
from minibert.benchmark.serving_speed import Candidate
from minibert.benchmark.serving_worker import (
    MAX_SEQ_LENGTH,
    ONNX,
    ONNX_NETWORK,
    SAVED_MODEL,
    TFLITE,
    UDPIPE,
)
from minibert.data.label_vocab import LabelVocab
from minibert.inference import exported_model
from minibert.models.bert_config import BertConfig
from minibert.runs.trained_model import ModelDescription
from minibert.serving.export import export
from minibert.serving.export_config import ExportConfig
from minibert.text.normalization import NFC
from minibert.text.vocab import PAD, read_vocab
from minibert.text.wordpiece_features import WordpieceFeatures

BERT, MINIBERT = "BERT-Base", "MiniBERT"


def serving_candidates(
    vocab_file: str,
    label_vocabs: Sequence[LabelVocab],
    shapes: tuple[BertConfig, BertConfig],
    udpipe_model: str | None,
    directory: Path,
    *,
    gpu: bool,
) -> Iterator[Candidate]:
    """Writes the models and yields them, each with one thread, with all cores and on a GPU.

    Args:
      vocab_file: wordpieces.
      label_vocabs: the labels of the tasks, of which the first is that of the paper's table.
      shapes: of BERT-Base and of MiniBERT.
      udpipe_model: a tagger of UDPipe, if it is to be compared.
      directory: where the models are written.
      gpu: whether the SavedModels are measured on the GPU, too.

    """
    large, small = shapes
    first, *_ = label_vocabs
    tasks = " and ".join(vocab.task.upper() for vocab in label_vocabs)
    exports = [
        (f"{BERT}, {first.task.upper()}", large, [first]),
        (f"{MINIBERT}, {first.task.upper()}", small, [first]),
        (f"{MINIBERT}, {tasks}", small, list(label_vocabs)),
    ]
    threads = sorted({1, len(os.sched_getaffinity(0))})
    for number, (name, config, vocabs) in enumerate(exports):
        model_dir = directory / f"model-{number}"
        vocab = read_vocab(vocab_file)
        tagger = save_random_model(
            ModelDescription(
                config,
                WordpieceFeatures(MAX_SEQ_LENGTH, NFC, vocab),
                vocabs,
                np.zeros([0], np.int64),
            ),
            model_dir,
        )
        is_small = config is small
        with contextlib.redirect_stdout(io.StringIO()):
            path = export(
                ExportConfig(
                    model_dir=str(model_dir),
                    export_dir=str(directory / f"export-{number}"),
                    tflite=is_small,
                    warmup=False,
                )
            )
        sizes = exported_model.sizes(path)
        for count in [*threads, None] if gpu else threads:
            yield Candidate(
                f"{name}, SavedModel", SAVED_MODEL, path, count, sizes["SavedModel"] / 1e6
            )
        if is_small:
            lite = path / exported_model.TFLITE
            for count in threads:
                yield Candidate(
                    f"{name}, int8", TFLITE, lite, count, sizes[exported_model.TFLITE] / 1e6
                )
        else:
            # Needs a package that other suites do not.
            from minibert.benchmark.onnx_network import write_onnx

            network = model_dir / ONNX_NETWORK
            write_onnx(network, config, tagger, vocab.index(PAD))
            size = network.stat().st_size
            for count in threads:
                yield Candidate(f"{name}, onnxruntime", ONNX, model_dir, count, size / 1e6)
    if udpipe_model is not None:
        size = Path(udpipe_model).stat().st_size
        yield Candidate("UDPipe 1", UDPIPE, Path(udpipe_model), 1, size / 1e6)
