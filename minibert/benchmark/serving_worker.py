"""A process of its own that holds one model and times it, for `serving_speed`.

It reads requests, a line of JSON each, from standard input, and answers each with a line:

    {"workload": NAME, "round": N, "part": "tag" or "tokenize"}   {"seconds": [of each batch]}
    {"memory": true}                                              {"resident": bytes}

The first line that it writes, before any request, has the seconds until the model was ready.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from minibert.padding import pad
from minibert.text.feature_spec import Window
from minibert.text.normalization import NFC
from minibert.text.subword_features import INPUT_IDS
from minibert.text.vocab import read_vocab
from minibert.text.wordpiece_features import WordpieceFeatures

Batch = Sequence[Sequence[str]]
# What works on a batch of sentences.
Work = Callable[[Batch], Any]

TAG, TOKENIZE = "tag", "tokenize"
# The longest window of the models.
MAX_SEQ_LENGTH = 512
# Windows of a batch under onnxruntime.
_ONNX_BATCH = 32

SAVED_MODEL, TFLITE, ONNX, UDPIPE = "saved_model", "tflite", "onnx", "udpipe"
# In the directory of a run.
ONNX_NETWORK = "model.onnx"
SORTED = "sorted"
# Whose tokenizer can be called alone.
HAS_TOKENIZER = frozenset([TFLITE, ONNX])


def main() -> None:
    """Loads the model of the first argument and answers requests until there are no more."""
    spec = json.loads(sys.argv[1])
    workloads = json.loads(Path(spec["workloads"]).read_text(encoding="utf-8"))
    start = time.perf_counter()
    parts = _LOADERS[spec["kind"]](spec["path"], spec["threads"])
    parts[TAG]([["a", "dog"]])
    _answer({"seconds": time.perf_counter() - start})
    for line in sys.stdin:
        request = json.loads(line)
        if "memory" in request:
            _answer({"resident": _resident()})
            continue
        work = parts[request["part"]]
        seconds = []
        for batch in workloads[request["workload"]][request["round"]]:
            start = time.perf_counter()
            work(batch)
            seconds.append(time.perf_counter() - start)
        _answer({"seconds": seconds})


def _answer(content: dict[str, Any]) -> None:
    print(json.dumps(content), flush=True)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _load_saved_model(path: str, threads: int | None) -> dict[str, Work]:
    """The signature that TensorFlow Serving calls, in a session, as it does."""
    import tensorflow as tf
    import tensorflow_text  # noqa: F401 - registers the operations of the tokenizer

    config = tf.compat.v1.ConfigProto()
    if threads is not None:
        config.device_count["GPU"] = 0
        config.intra_op_parallelism_threads = config.inter_op_parallelism_threads = threads
    session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
    with session.graph.as_default():
        meta_graph = tf.compat.v1.saved_model.load(session, ["serve"], path)
    signature = meta_graph.signature_def["serving_default"]
    words_name = signature.inputs["words"].name
    outputs = {name: info.name for name, info in signature.outputs.items()}

    def tag(batch: Batch) -> Any:
        return session.run(outputs, {words_name: pad(batch, "")})

    return {TAG: tag}


def _load_tagger(path: str, threads: int) -> dict[str, Work]:
    import minibert

    tagger = minibert.Tagger.load(path, num_threads=threads)
    return {TAG: tagger.tag, TOKENIZE: _tokenizer(f"{Path(path).parent}/assets/vocab.txt")}


def _load_onnx(path: str, threads: int) -> dict[str, Work]:
    """The network alone under onnxruntime, with the tokenizer in Python."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        f"{path}/{ONNX_NETWORK}", options, providers=["CPUExecutionProvider"]
    )
    tokenize = _tokenizer(f"{path}/vocab.txt")

    def tag(batch: Batch) -> Any:
        windows = sorted(tokenize(batch), key=lambda window: len(window.features[INPUT_IDS]))
        labels = []
        for start in range(0, len(windows), _ONNX_BATCH):
            some = windows[start : start + _ONNX_BATCH]
            inputs = {
                INPUT_IDS: pad([window.features[INPUT_IDS] for window in some], 0),
                "word_positions": pad([window.word_positions for window in some], 0),
            }
            arrays = {name: np.array(rows, np.int32) for name, rows in inputs.items()}
            labels.append([logits.argmax(axis=-1) for logits in session.run(None, arrays)])
        return labels

    return {TAG: tag, TOKENIZE: tokenize}


def _load_udpipe(path: str, threads: int) -> dict[str, Work]:
    """UDPipe has one thread."""
    from minibert.text.udpipe import UdpipeTagger

    tagger = UdpipeTagger(path)
    return {TAG: lambda batch: [tagger(words) for words in batch]}


def _tokenizer(vocab_file: str) -> Callable[[Batch], list[Window]]:
    featurizer = WordpieceFeatures(MAX_SEQ_LENGTH, NFC, read_vocab(vocab_file)).in_python()

    def tokenize(batch: Batch) -> list[Window]:
        return [w for words in batch for w in featurizer.featurize(words)]

    return tokenize


_LOADERS: dict[str, Callable[[str, Any], dict[str, Work]]] = {
    SAVED_MODEL: _load_saved_model,
    TFLITE: _load_tagger,
    ONNX: _load_onnx,
    UDPIPE: _load_udpipe,
}

if __name__ == "__main__":
    main()
