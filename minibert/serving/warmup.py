"""Requests that TensorFlow Serving sends to itself before it answers others.

The first request of a shape is slow: graphs are optimized and kernels chosen then.
"""

from pathlib import Path

import tensorflow as tf

from minibert.packages import import_package
from minibert.padding import pad

SENTENCES = (
    "The old bridge was closed for three days .",
    "Morgen fährt der Zug erst um 9.15 Uhr .",
    "¿ Dónde está la estación más cercana ?",
    "Elle n' a rien vu , mais elle a tout entendu .",
    "В саду растут яблони и груши .",
    "הילדים משחקים בגן .",
    "الكتاب على الطاولة .",
    "बच्चे पाठशाला जा रहे हैं ।",
    "我 昨天 看 了 一 本 书 。",
    "駅 は とても 近い です 。",
    "Talo on vanha mutta kaunis .",
    "Bugün hava çok güzel .",
    "Yes .",
)
# In words; the second is of several windows.
_LENGTHS = (128, 1000)


def check_warmup() -> None:
    """Checks that requests can be written.

    Raises:
      InputError: a package is not installed.
    """
    import_package(
        "tensorflow_serving.apis.prediction_log_pb2",
        needed_for="--warmup, or give --nowarmup",
    )


def write_warmup(path: Path, model_name: str) -> None:
    """Writes requests to `serving_default`: a sentence alone, long ones, and many together."""
    from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

    sentences = [sentence.split() for sentence in SENTENCES]
    words = [word for sentence in sentences for word in sentence]
    long = [(words * (-(-length // len(words))))[:length] for length in _LENGTHS]
    batches = [*([s] for s in sentences), *([s] for s in long), sentences, sentences + long]
    with tf.io.TFRecordWriter(str(path)) as writer:
        for batch in batches:
            request = predict_pb2.PredictRequest()
            request.model_spec.name = model_name
            request.model_spec.signature_name = "serving_default"
            request.inputs["words"].CopyFrom(tf.make_tensor_proto(pad(batch, "")))
            log = prediction_log_pb2.PredictionLog(
                predict_log=prediction_log_pb2.PredictLog(request=request)
            )
            writer.write(log.SerializeToString(deterministic=True))
