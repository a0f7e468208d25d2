"""What `export.py` writes, through the signatures that TensorFlow Serving calls."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text
from tensorflow_serving.apis import prediction_log_pb2

from minibert.data.conllu_reader import read_conllu
from minibert.errors import InputError
from minibert.files import sha256
from minibert.inference.graph_backend import GraphBackend
from minibert.inference.predictor import Predictor
from minibert.padding import pad
from minibert.runs.trained_model import load_trained_model
from minibert.serving import serving_module
from minibert.serving.export import export
from minibert.serving.export_config import ExportConfig
from minibert.serving.serving_module import ServingModule
from tests.conftest import TESTDATA, mistake_of, run_script

ENGLISH = TESTDATA / "ud" / "en_demo" / "en_demo-ud-dev.conllu"
# The libraries of TensorFlow Text whose operations an export has.
TEXT_OPS = (
    "_fast_bert_normalizer",
    "_fast_wordpiece_tokenizer",
    "_normalize_ops",
    "_regex_split_ops",
)


@pytest.fixture(scope="module")
def sentences() -> list[list[str]]:
    words = [list(sentence.words) for sentence in read_conllu(ENGLISH)]
    # Of several windows; of nothing that the tokenizer keeps; longer than a window.
    return [*words[:5], words[0] * 20, [], ["\u00ad"], ["a" * 10_000, "dog"]]


@pytest.fixture(scope="module")
def expected(demo_model, sentences) -> list[dict[str, list[tuple[str, float]]]]:
    model = load_trained_model(demo_model)
    vocabs = {vocab.task: vocab for vocab in model.description.label_vocabs}
    return [
        {
            task: [
                (vocabs[task].labels[i], p)
                for i, p in zip(found.ids[:, 0], found.probabilities[:, 0], strict=True)
            ]
            for task, found in by_task.items()
        }
        for by_task in Predictor(GraphBackend.of_model(model)).predict(sentences)
    ]


@pytest.fixture(scope="module")
def signatures(demo_export):
    return tf.saved_model.load(str(demo_export)).signatures


def _padded(sentences):
    return tf.constant(pad(sentences, ""), tf.string)


def _check(outputs, expected, width):
    counts = [len(words["upos"]) for words in expected]
    assert outputs["num_words"].numpy().tolist() == counts
    assert outputs["num_words"].dtype == tf.int32
    for task in ("upos", "feats"):
        labels, scores = outputs[task].numpy(), outputs[f"{task}_score"].numpy()
        assert labels.shape == scores.shape == (len(expected), width)
        for row, words in enumerate(expected):
            count = len(words[task])
            assert [label.decode() for label in labels[row, :count]] == [w[0] for w in words[task]]
            np.testing.assert_allclose(scores[row, :count], [w[1] for w in words[task]], atol=1e-5)
            assert (labels[row, count:] == b"").all()
            assert (scores[row, count:] == 0).all()


def test_words(signatures, sentences, expected):
    outputs = signatures["serving_default"](words=_padded(sentences))
    _check(outputs, expected, max(map(len, sentences)))


def test_examples(signatures, sentences, expected):
    examples = []
    for words in sentences:
        example = tf.train.Example()
        example.features.feature["words"].bytes_list.value.extend(w.encode() for w in words)
        examples.append(example.SerializeToString())
    outputs = signatures["serve_examples"](examples=tf.constant(examples))
    _check(outputs, expected, max(map(len, sentences)))


def test_text(signatures, demo_model):
    # What ends a line for some is white space, and what is not seen in no word.
    separated = "\ufeffa\u2028dog\x85 \ufe0f\x0bsees\x0c\u2029Anna\u200d\x1c."
    texts = ["The old dog sleeps, 3.14 times!", "", "Слон спит.", "漢字", separated]
    words = [["The", "old", "dog", "sleeps", ",", "3.14", "times", "!"], []]
    words += [["Слон", "спит", "."], ["漢", "字"], ["a", "dog", "sees", "Anna\u200d", "."]]
    outputs = signatures["serve_text"](text=tf.constant(texts))
    by_words = signatures["serving_default"](words=_padded(words))
    for name, values in by_words.items():
        np.testing.assert_array_equal(outputs[name].numpy(), values.numpy())
    np.testing.assert_array_equal(outputs["words"].numpy(), _padded(words).numpy())
    starts, ends = outputs["start"].numpy(), outputs["end"].numpy()
    for row, text in enumerate(texts):
        for column, word in enumerate(words[row]):
            assert text.encode()[starts[row, column] : ends[row, column]].decode() == word
        assert (starts[row, len(words[row]) :] == -1).all()
        assert (ends[row, len(words[row]) :] == -1).all()


@pytest.mark.parametrize(
    ("name", "inputs", "width"),
    [
        ("serving_default", {"words": tf.zeros([0, 0], tf.string)}, 0),
        ("serving_default", {"words": tf.zeros([0, 3], tf.string)}, 3),
        ("serving_default", {"words": tf.zeros([2, 0], tf.string)}, 0),
        ("serving_default", {"words": tf.constant([["", ""]])}, 2),
        ("serve_text", {"text": tf.zeros([0], tf.string)}, 0),
        ("serve_text", {"text": tf.constant([" \t\n\u3000"])}, 0),
        ("serve_text", {"text": tf.constant(["\ufeff\u2028\ufe0f", "\u2800\x85\u0301"])}, 0),
        ("serve_examples", {"examples": tf.zeros([0], tf.string)}, 0),
        ("serve_examples", {"examples": tf.constant([b""])}, 0),
    ],
)
def test_nothing_to_tag(signatures, name, inputs, width):
    outputs = signatures[name](**inputs)
    (batch,) = {tensor.shape[0] for tensor in inputs.values()}
    assert outputs["num_words"].numpy().tolist() == [0] * batch
    assert outputs["feats"].shape == outputs["feats_score"].shape == (batch, width)
    assert all((outputs[task].numpy() == b"").all() for task in ("upos", "feats"))


def test_an_empty_word_among_others_is_a_word(signatures):
    outputs = signatures["serving_default"](words=tf.constant([["a", "", "dog", ""]]))
    assert outputs["num_words"].numpy().tolist() == [3]
    assert outputs["upos"].numpy()[0, 1] != b""


def test_bytes_that_are_no_text(signatures):
    outputs = signatures["serving_default"](words=tf.constant([[b"a\xff\xfe", b"\xc3", b"\0"]]))
    same = signatures["serving_default"](words=tf.constant([["a", "\ufffd", "\u00ad"]]))
    np.testing.assert_array_equal(outputs["feats"].numpy(), same["feats"].numpy())
    with pytest.raises(tf.errors.InvalidArgumentError):
        signatures["serve_text"](text=tf.constant([b"a \xff\xfe b"]))


def test_a_small_request_has_no_large_answer(signatures):
    """A long text among many short ones is padding, mostly."""
    with pytest.raises(tf.errors.InvalidArgumentError, match="send long ones apart"):
        signatures["serve_text"](text=tf.constant(["a " * 2000, *["a"] * 3000]))


def test_an_example_of_another_kind_is_an_error(signatures):
    example = tf.train.Example()
    example.features.feature["words"].int64_list.value.append(1)
    for bad in (example.SerializeToString(), b"no example"):
        with pytest.raises(tf.errors.InvalidArgumentError):
            signatures["serve_examples"](examples=tf.constant([bad]))


def test_top_k(demo_model, tmp_path, signatures, sentences):
    directory = export(
        ExportConfig(
            model_dir=str(demo_model), export_dir=str(tmp_path / "out"), top_k=3, tflite=False
        )
    )
    assert not (directory / "model.tflite").exists()
    outputs = tf.saved_model.load(str(directory)).signatures["serving_default"](
        words=_padded(sentences)
    )
    best = signatures["serving_default"](words=_padded(sentences))
    for task in ("upos", "feats"):
        labels, scores = outputs[task].numpy(), outputs[f"{task}_score"].numpy()
        assert labels.shape == scores.shape == (*best[task].shape, 3)
        np.testing.assert_array_equal(labels[..., 0], best[task].numpy())
        assert (np.diff(scores) <= 0).all()
        assert all(len(set(word)) == 3 for word in labels[0, : len(sentences[0])])


def test_large_requests_are_classified_in_parts(demo_model, sentences, expected, monkeypatch):
    monkeypatch.setattr(serving_module, "_BATCH_WORDPIECES", 100)
    backend = GraphBackend.of_model(load_trained_model(demo_model))
    module = ServingModule(backend.functions, backend.label_vocabs, top_k=1, assets=[])
    _check(module.tag_words(_padded(sentences)), expected, max(map(len, sentences)))


def test_the_next_version(demo_model, tmp_path):
    config = ExportConfig(
        model_dir=str(demo_model), export_dir=str(tmp_path), tflite=False, warmup=False
    )
    for name in ("9", "notes", "2.1"):
        (tmp_path / name).mkdir()
    directory = export(config)
    assert directory == tmp_path / "10"
    assert not (directory / "assets.extra" / "tf_serving_warmup_requests").exists()


def test_no_version_follows_the_greatest(demo_model, tmp_path):
    (tmp_path / str(2**63 - 1)).mkdir()
    with pytest.raises(InputError, match="no version can follow it; remove it or give --version"):
        export(ExportConfig(model_dir=str(demo_model), export_dir=str(tmp_path)))


def test_a_directory_that_cannot_be_loaded_from(demo_model, tmp_path):
    with pytest.raises(InputError, match=r"in a directory with \* in its path"):
        export(ExportConfig(model_dir=str(demo_model), export_dir=str(tmp_path / "a*")))
    assert not list(tmp_path.iterdir())


def test_nothing_but_whole_versions_is_ever_seen(demo_model, tmp_path, monkeypatch):
    seen = []

    def observe(*_, **__):
        seen.append([path.name for path in tmp_path.iterdir() if path.name.isdecimal()])
        raise RuntimeError("stop here")

    monkeypatch.setattr("minibert.serving.export.model_card", observe)
    with pytest.raises(RuntimeError, match="stop here"):
        export(ExportConfig(model_dir=str(demo_model), export_dir=str(tmp_path), tflite=False))
    assert seen == [[]]
    assert list(tmp_path.iterdir()) == []


def test_warmup_requests(demo_export, signatures):
    path = demo_export / "assets.extra" / "tf_serving_warmup_requests"
    lengths = []
    for record in tf.data.TFRecordDataset(str(path)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        assert request.model_spec.name == "demo"
        outputs = signatures[request.model_spec.signature_name](
            words=tf.constant(tf.make_ndarray(request.inputs["words"]))
        )
        lengths.append(outputs["num_words"].numpy().tolist())
    assert [1000] in lengths
    assert max(map(len, lengths)) > 10


def test_model_card(demo_model, demo_export, tmp_path):
    card = (demo_export / "model_card.md").read_text(encoding="utf-8")
    assert "| upos | 13 labels |" in card
    assert "Not stated." in card
    directory = tmp_path / "evaluation"
    run_script("evaluate", model=demo_model, conllu=TESTDATA / "ud", output_dir=directory)
    metrics = directory / "metrics.json"
    result = run_script(
        "export",
        model_dir=demo_model,
        export_dir=tmp_path / "out",
        tflite="false",
        metrics=metrics,
        data="two small\ntreebanks | of two languages",
        license="CC0",
    )
    assert result.returncode == 0, result.stderr
    card = (tmp_path / "out" / "1" / "model_card.md").read_text(encoding="utf-8")
    accuracy = json.loads(metrics.read_text())["tasks"]["feats"]["by_treebank"]["ru_demo"][
        "accuracy"
    ]
    (row,) = (line for line in card.splitlines() if line.startswith("| ru_demo"))
    assert row.endswith(f" {100 * accuracy:.2f} |")
    assert "| trained on | two small treebanks \\| of two languages |" in card
    assert "| licences | CC0 |" in card


def test_another_saved_model_is_refused(tmp_path, demo_export):
    directory = tmp_path / "1"
    shutil.copytree(demo_export, directory)
    module = tf.Module()
    module.read = tf.function(
        lambda path: tf.io.read_file(path), input_signature=[tf.TensorSpec([], tf.string)]
    )
    tf.saved_model.save(module, str(directory))
    info = json.loads((directory / "assets.extra" / "minibert.json").read_text())
    info["sha256"] = {
        name: sha256(directory / name) for name in info["sha256"] if (directory / name).exists()
    }
    (directory / "assets.extra" / "minibert.json").write_text(json.dumps(info))
    result = run_script("tag", model=directory, input=ENGLISH, output=tmp_path / "out.conllu")
    assert result.returncode == 1
    assert f"{directory}: not the functions of an export (" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler")
@pytest.mark.parametrize("task", ["upos", "feats"])
def test_the_loader_of_tensorflow_serving(demo_export, sentences, expected, tmp_path, task):
    """In C++, through `LoadSavedModel`."""
    program = _compile(tmp_path)
    ops = Path(tensorflow_text.__file__).parent / "python" / "ops"
    libraries = [str(ops / f"{name}.so") for name in TEXT_OPS]
    for row in (0, 5):
        result = subprocess.run(
            [program, demo_export, task, *libraries, "--", *sentences[row]],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        assert result.stdout.split("\n")[:-1] == [label for label, _ in expected[row][task]]


def _compile(directory: Path) -> Path:
    tensorflow = Path(tf.__file__).parent
    program = directory / "load_saved_model"
    result = subprocess.run(
        [
            *("g++", "-std=c++17", "-O0", f"-I{tensorflow / 'include'}", f"-L{tensorflow}"),
            *("-D_GLIBCXX_USE_CXX11_ABI=1", "-DEIGEN_MAX_ALIGN_BYTES=64", "-w"),
            *(str(Path(__file__).parent / "load_saved_model.cc"), "-o", str(program)),
            *("-Wl,--no-as-needed", "-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"),
            *(f"-Wl,-rpath,{tensorflow}", "-ldl"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert result.returncode == 0, result.stderr
    return program


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"model_dir": "/nonexistent"}, "/nonexistent: no model.json there"),
        ({"top_k": "14"}, "--top_k=14: the model has 13 labels of upos"),
        ({"top_k": "0"}, "--top_k=0: must be at least 1"),
        ({"version": "0"}, "--version=0: must be at least 1"),
        ({"metrics": "/nonexistent"}, "/nonexistent: cannot read: No such file"),
        ({"metrics": str(TESTDATA / "vocab.txt")}, "vocab.txt: not as it must be"),
        ({"metrics": "TREEBANKS"}, "its tasks are not of the same treebanks"),
        ({"metrics": "OTHER"}, "scores of another model or of an export; give those of"),
    ],
)
def test_bad_flags(demo_model, tmp_path, flags, message):
    if flags.get("metrics") in ("OTHER", "TREEBANKS"):
        figures = {"words": 3, "accuracy": 0.5, "unseen_word_accuracy": None}
        tasks = {"upos": {"macro_accuracy": 0.5, "by_treebank": {"a": figures}}}
        content = {"weights_sha256": None, "tasks": tasks}
        if flags["metrics"] == "TREEBANKS":
            content["tasks"]["feats"] = {"macro_accuracy": 0.5, "by_treebank": {"b": figures}}
        flags = {"metrics": tmp_path / "metrics.json"}
        flags["metrics"].write_text(json.dumps(content))
    options = {"model_dir": demo_model, "export_dir": tmp_path / "out", **flags}
    assert message in mistake_of("export", **options)
    assert not (tmp_path / "out").exists()


def test_a_version_that_exists(demo_model, demo_export):
    options = {"model_dir": demo_model, "export_dir": demo_export.parent, "version": "1"}
    assert f"{demo_export}: exists already" in mistake_of("export", **options)
