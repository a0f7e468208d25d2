"""A new encoder is its configuration, features and network, and two lines that make it known."""

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from minibert.errors import InputError
from minibert.evaluation.evaluate import evaluate
from minibert.evaluation.evaluate_config import EvaluateConfig
from minibert.inference.backends import load_backend
from minibert.models import encoder_kinds
from minibert.models.encoder import Encoded, Encoder
from minibert.models.encoder_config import EncoderConfig
from minibert.runs.best_epoch import read_best
from minibert.serving.export import export
from minibert.serving.export_config import ExportConfig
from minibert.serving.tagger import Tagger
from minibert.text import feature_kinds
from minibert.text.feature_spec import FeatureSpec, Window
from minibert.text.featurizer import Featurized, Featurizer
from minibert.text.python_subword_featurizer import cut_windows as cut_in_python
from minibert.text.windows import cut_windows
from minibert.training.fine_tune import fine_tune
from minibert.training.fine_tune_config import FineTuneConfig
from tests.conftest import TESTDATA

# The feature of a word is its last byte; its vector is of those beside it, too.
ENDS = "ends"


@dataclass(frozen=True)
class ToyFeatures(FeatureSpec):
    kind: ClassVar[str] = "toy"
    size_feature: ClassVar[str] = ENDS
    pad_values: ClassVar[dict[str, int]] = {ENDS: 0}

    def in_graph(self):
        return ToyFeaturizer(self)

    def in_python(self):
        return self

    def featurize(self, words):
        ends = [1 + word.encode()[-1] for word in words]
        windows = cut_in_python(range(len(words) + 1), self.max_length)
        return [
            Window({ENDS: ends[start:end]}, range(own_start - start, own_end - start))
            for start, end, own_start, own_end in windows
        ]


class ToyFeaturizer(Featurizer):
    def featurize(self, words):
        last = tf.io.decode_raw(tf.strings.substr(words.flat_values, -1, 1), tf.uint8)
        ends = 1 + tf.cast(last[:, 0], tf.int32)
        sizes = tf.ones_like(ends, tf.int64)
        windows = cut_windows(sizes, words.row_lengths(), self.spec.max_length)
        seen = tf.ragged.range(windows.start, windows.end)
        own = tf.ragged.range(windows.own_start - windows.start, windows.own_end - windows.start)
        return Featurized({ENDS: tf.gather(ends, seen)}, tf.cast(own, tf.int32), windows)


class ToyConfig(EncoderConfig, frozen=True, kw_only=True, tag="toy"):
    summary = "a toy"

    def read_features(self, vocab_file, *, max_length, normalization):
        return ToyFeatures(max_length, normalization)

    def create(self, features, *, embedding_layer=None, xla=False):
        return ToyEncoder(self, features.pad_values)


class ToyEncoder(Encoder):
    def __init__(self, config, pad_values):
        super().__init__(pad_values)
        self._table = tf_keras.layers.Embedding(257, config.hidden_size)
        self._context = tf_keras.layers.Conv1D(config.hidden_size, 3, padding="same")

    def call(self, inputs, training=False):
        is_word = inputs[ENDS][..., tf.newaxis] > 0
        vectors = tf.where(is_word, self._table(inputs[ENDS]), 0.0)
        sequence = self._context(vectors)
        return Encoded(sequence, [vectors, sequence])


@pytest.fixture(scope="module", autouse=True)
def registered():
    feature_kinds.register(ToyFeatures)
    encoder_kinds.register(ToyConfig)


@pytest.fixture(scope="module")
def toy_model(demo_data, tmp_path_factory):
    directory = tmp_path_factory.mktemp("toy")
    shape = directory / "shape.json"
    shape.write_text('{"model_type": "toy", "hidden_size": 13}')
    fine_tune(
        FineTuneConfig(
            data_dir=(str(demo_data),),
            vocab_file=str(TESTDATA / "vocab.txt"),
            bert_config=str(shape),
            model_dir=str(directory / "model"),
            max_seq_length=5,
            epochs=6,
            batch_wordpieces=300,
            learning_rate=2e-2,
            wordpiece_dropout=0.0,
        )
    )
    return directory / "model"


def sentences():
    text = (TESTDATA / "ud" / "en_demo").glob("*-dev.conllu").__next__().read_text()
    blocks = text.strip().split("\n\n")
    rows = [[line.split("\t") for line in block.split("\n")] for block in blocks]
    return [[row[1] for row in of if row[0].isdecimal()] for of in rows]


def test_it_trains_and_is_evaluated(toy_model):
    """By the last bytes of words more than the most frequent part of speech, which is a quarter."""
    evaluate(
        EvaluateConfig(
            model=str(toy_model),
            conllu=(str(TESTDATA / "ud" / "en_demo"),),
            output_dir=str(toy_model / "evaluation"),
        )
    )
    history = json.loads((toy_model / "history.json").read_text())
    metrics = json.loads((toy_model / "evaluation" / "metrics.json").read_text())
    (best,) = (e for e in history["epochs"] if e["epoch"] == read_best(toy_model).epoch)
    for task, measured in best["accuracy"].items():
        accuracy = metrics["tasks"][task]["macro_accuracy"]
        assert accuracy == pytest.approx(measured["by_group"]["en_demo"])
        assert accuracy > 0.5


def test_nothing_can_be_dropped_of_it(toy_model):
    config = FineTuneConfig(
        data_dir=(), vocab_file="", bert_config=str(toy_model / "toy_config.json"), model_dir=""
    )
    with pytest.raises(InputError, match=r"--wordpiece_dropout=0\.2: the encoder of --bert_config"):
        fine_tune(config)


def test_python_and_graph_read_the_same():
    words = [["Füße", "of", "ab", "3", "x", "y", "z"], [], ["слон"]]
    spec = ToyFeatures(4, "nfc")
    in_graph = spec.in_graph().featurize(tf.ragged.constant(words, row_splits_dtype=tf.int64))
    windows = [window for sentence in words for window in spec.in_python().featurize(sentence)]
    assert [w.features[ENDS] for w in windows] == in_graph.features[ENDS].to_list()
    assert [list(w.word_positions) for w in windows] == in_graph.word_positions.to_list()


def test_it_is_exported_and_tags(toy_model):
    export(
        ExportConfig(model_dir=str(toy_model), export_dir=str(toy_model / "export"), warmup=False)
    )
    words = sentences()
    expected = load_backend(toy_model).classify(words, 2)
    version = toy_model / "export" / "1"
    for path, tolerance in ((version, 1e-5), (version / "model.tflite", 2e-2)):
        found = load_backend(path).classify(words, 2)
        for task, predictions in expected.items():
            np.testing.assert_allclose(
                found[task].probabilities[:, 0], predictions.probabilities[:, 0], atol=tolerance
            )
    tagged = Tagger.load(version / "model.tflite").tag(words)
    assert [[word.word for word in sentence] for sentence in tagged] == words
    assert "a toy" in (version / "model_card.md").read_text()
