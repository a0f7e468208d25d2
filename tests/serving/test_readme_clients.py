"""The clients of TensorFlow Serving that README shows, against a server in Python."""

import json
import re
import subprocess
import sys
from concurrent import futures

import grpc
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the operations of the tokenizer
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

import minibert
from tests.conftest import ROOT

WORDS = ["The", "old", "teacher", "reads", "a", "book", "."]
README = (ROOT / "README.md").read_text(encoding="utf-8")


class _Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers as TensorFlow Serving does."""

    def __init__(self, export):
        self._model = tf.saved_model.load(str(export))

    def Predict(self, request, context):  # noqa: N802 - the name that gRPC has
        assert request.model_spec.name == "minibert"
        words = tf.constant(tf.make_ndarray(request.inputs["words"]))
        response = predict_pb2.PredictResponse()
        for name, value in self._model.signatures["serving_default"](words=words).items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(value.numpy()))
        return response


@pytest.fixture
def address(demo_export):
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        _Service(demo_export), server
    )
    port = server.add_insecure_port("localhost:0")
    server.start()
    yield f"localhost:{port}"
    server.stop(grace=None)


def test_grpc(address, demo_export):
    (code,) = (c for c in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "grpc" in c)
    assert "localhost:8500" in code
    assert json.dumps(WORDS) in code
    result = subprocess.run(
        [sys.executable, "-c", code.replace("localhost:8500", address)],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    # What README promises is of a model that has learned more than this one.
    (sentence,) = minibert.Tagger.load(demo_export).tag([WORDS])
    tags = np.array([[word.upos.encode() for word in sentence]], object)
    assert result.stdout == f"{tags}\n"
    (promised,) = re.findall(r"prints `(\[\[b'.*\]\])`", README)
    assert len(promised.split()) == len(WORDS)
