import json

import numpy as np
import pytest

from minibert.benchmark.timing import measure_rates
from minibert.benchmark.training_speed import VARIANTS, training_flops
from minibert.evaluation.serving_speed_file import read_serving_speeds
from minibert.runs.best_epoch import keep_best
from minibert.runs.trained_model import load_trained_model
from minibert.text.normalization import NFC
from minibert.text.sentencepiece_features import SentencePieceFeatures
from tests.conftest import TESTDATA, mistake_of, run_script, run_well
from tests.hugging_face import XLM_R
from tests.networks import small_bert


def test_rates_leave_out_the_first_round_and_take_turns():
    calls = []

    def variant(name):
        def work():
            calls.append(name)
            return 7

        return work

    rates = measure_rates({name: variant(name) for name in "ab"}, rounds=3)
    assert calls == ["a", "b"] * 4
    for rate in rates.values():
        assert 0 < rate.least <= rate.median <= rate.greatest


def test_flops_are_those_of_the_matrix_products():
    config = small_bert(
        vocab_size=9, hidden_size=4, num_hidden_layers=2, num_attention_heads=2, intermediate_size=6
    )
    # One window of 3 wordpieces and 2 words; multiplications and additions, forward:
    projections = 2 * 3 * (4 * 4) * 4  # query, key, value and output
    attention = 2 * (3 * 3 * 4) * 2  # scores, and their sums of values
    feed_forward = 2 * 3 * (4 * 6) * 2
    heads = 2 * 2 * 4 * (5 + 7)
    forward = 2 * (projections + attention + feed_forward) + heads
    assert training_flops(config, [5, 7], 3, 2, 3.0) == 3 * forward


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("max_seq_length", "2", "--max_seq_length=2: must be from 3 to 512"),
        ("model_dir", "/no/model", "/no/model: no model.json there"),
        ("output", "/no/figures.json", "/no/figures.json: cannot write: no directory"),
        ("device", "gpu", "--device=gpu: TensorFlow finds none here"),
        ("udpipe_treebanks", "x", "--udpipe_treebanks=x: of use to the suite tagger only"),
    ],
)
def test_mistakes_are_found_before_anything_is_measured(tmp_path, flag, value, message):
    options = {
        "input_dir": "/no/data",
        "vocab_file": TESTDATA / "vocab.txt",
        "output": tmp_path / "figures.json",
    }
    assert mistake_of("benchmark", **{**options, flag: value}).startswith(message)


def test_figures_are_written(tmp_path, tiny_bert_config):
    result = run_script(
        "benchmark",
        input_dir=TESTDATA / "ud" / "tr_demo",
        vocab_file=TESTDATA / "vocab.txt",
        output=tmp_path / "figures.json",
        bert_config=tiny_bert_config,
        max_seq_length="40",
        teacher_config=tiny_bert_config,
        suites="reading,pipeline,training,distillation",
        rounds="1",
        steps="1",
    )
    assert result.returncode == 0, result.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["reading"]["CoNLL-U to records (words)"]["median"] > 0
    assert figures["pipeline"]["records to batches (wordpieces)"]["median"] > 0
    assert set(VARIANTS) < set(figures["training"])
    assert figures["training"]["megaflops_per_wordpiece"] > 0
    assert "wordpieces/s" in result.stdout
    assert figures["distillation"].keys() == {
        *(
            "fine-tuning step",
            "teacher's outputs",
            "teacher's outputs, of words",
            "student's step",
            "reading of kept outputs",
        ),
        *("epoch with kept outputs", "epoch with the teacher"),
    }
    assert all(rate["median"] > 0 for rate in figures["distillation"].values())


def test_of_an_encoder_with_sentencepiece(tmp_path, sentencepiece_file):
    shape = tmp_path / "config.json"
    pieces = SentencePieceFeatures.from_file(sentencepiece_file, max_length=40, normalization=NFC)
    content = {**XLM_R, "vocab_size": pieces.num_pieces + 5, "max_position_embeddings": 42}
    shape.write_text(json.dumps(content))
    options = {
        "input_dir": TESTDATA / "ud" / "tr_demo",
        "vocab_file": sentencepiece_file,
        "output": tmp_path / "figures.json",
        "bert_config": shape,
        "max_seq_length": "40",
        "rounds": "1",
        "steps": "1",
    }
    run_well("benchmark", **options, suites="training", training_variants="float32")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["training"].keys() - {"megaflops_per_wordpiece"} == {
        *("float32", "matrix products, float32 (megaflops)"),
        "matrix products, bfloat16 (megaflops)",
    }
    options["teacher_config"] = shape
    assert "the suite serving reads wordpieces alone" in mistake_of(
        "benchmark", **options, suites="serving"
    )
    assert "no 'float16', there are float32, " in mistake_of(
        "benchmark", **options, training_variants="float16"
    )


def test_error_of_the_greatest_logits_falls_with_their_number(tmp_path, demo_model):
    """Of a student whose heads are not quite those of the teacher."""
    model = load_trained_model(demo_model)
    for head in model.tagger.heads.values():
        noise = np.random.default_rng(1).normal(0, 0.05, head.kernel.shape)
        head.kernel.assign_add(noise.astype(np.float32))
    student = tmp_path / "student"
    student.mkdir()
    model.description.save(student)
    keep_best(student, model.tagger, epoch=1, score=0.5, scores={})
    output = tmp_path / "figures.json"
    result = run_script(
        "benchmark",
        input_dir=TESTDATA / "ud",
        vocab_file=TESTDATA / "vocab.txt",
        output=output,
        suites="top_k",
        model_dir=student,
        teacher_dir=demo_model,
        steps="1",
    )
    assert result.returncode == 0, result.stderr
    errors = json.loads(output.read_text())["top_k"]
    assert {error["temperature"] for error in errors} == {1.0, 2.0, 3.0}
    at_three = {
        error["k"]: error
        for error in errors
        if error["task"] == "feats" and error["temperature"] == 3.0
    }
    few, many = at_three[8], at_three[32]
    assert few["exact"] == many["exact"] > 0
    assert abs(few["kept"] / few["exact"] - 1) > 10 * abs(many["kept"] / many["exact"] - 1)
    assert few["gradient_error"] > 10 * many["gradient_error"] > 0
    assert "gradient differs by" in result.stdout


def test_serving_is_measured_with_its_peers(tmp_path):
    result = run_script(
        "benchmark",
        input_dir=TESTDATA / "ud",
        vocab_file=TESTDATA / "vocab.txt",
        output=tmp_path / "figures.json",
        bert_config=TESTDATA / "student.json",
        teacher_config=TESTDATA / "student.json",
        suites="serving",
        rounds="1",
        serving_sentences="60",
        udpipe_treebank="en_demo",
    )
    assert result.returncode == 0, result.stderr
    assert "the paper has 27.7x and 14.0x" in result.stdout
    assert (tmp_path / "figures.png").read_bytes().startswith(b"\x89PNG")
    figures = json.loads((tmp_path / "figures.json").read_text())["serving"]
    # The treebank is easy; a tagger that was not trained has one in twelve right.
    assert figures.pop("accuracy")["UDPipe 1"]["upos"] > 0.9
    models = figures["models"]
    assert set(read_serving_speeds(str(tmp_path / "figures.json"))) == set(models)
    single = {name.removesuffix(", 1 thread") for name in models if name.endswith(", 1 thread")}
    tasks = ("UPOS", "UPOS and FEATS")
    assert single == {
        *(f"BERT-Base, UPOS, {kind}" for kind in ("SavedModel", "onnxruntime")),
        *(f"MiniBERT, {task}, {kind}" for task in tasks for kind in ("SavedModel", "int8")),
        "UDPipe 1",
    }
    for name, measured in models.items():
        for latency in measured["latency_milliseconds"].values():
            assert 0 < latency["p50"] <= latency["p95"]
        rates = measured["words_per_second"]
        assert set(rates) == {"one by one", "batches of 32", "sorted", "treebank"}
        assert min(rates.values()) > 0
        assert ("tokenization" in measured) == ("int8" in name or "onnxruntime" in name)


def test_dumps_of_wikipedia(tmp_path):
    result = run_script(
        "benchmark",
        input_dir=TESTDATA / "ud",
        vocab_file=TESTDATA / "vocab.txt",
        suites="wikipedia",
        wikipedia_dumps=TESTDATA / "wikipedia" / "*.xml",
        rounds="1",
        output=tmp_path / "figures.json",
    )
    assert result.returncode == 0, result.stderr
    assert "hours of 100 GB" in result.stdout
    figures = json.loads((tmp_path / "figures.json").read_text())["wikipedia"]
    one = figures["processes"]["1"]
    # Articles have eight sentences each.
    assert one["sentences"] / one["articles"] == pytest.approx(8)
    # Most of it is Apache Beam.
    assert 5 < one["peak_megabytes"] < 400
    assert one["text_megabytes"] > 0
    assert figures["arrangement"]["1"]["sentences"] > 0
    assert figures["sections"].keys() == {"1", "100"}
    assert sum(figures["shares"].values()) == pytest.approx(1)


def test_a_tagger_next_to_udpipe(demo_export, tmp_path):
    result = run_script(
        "benchmark",
        input_dir=TESTDATA / "ud",
        vocab_file=TESTDATA / "vocab.txt",
        output=tmp_path / "figures.json",
        suites="tagger",
        tagger=demo_export / "model.tflite",
        udpipe_treebanks="en_demo,tr_demo",
        serving_sentences="20",
        rounds="1",
    )
    assert result.returncode == 0, result.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())["tagger"]
    assert figures["speed"].keys() == {"minibert", "UDPipe 1, en_demo"}
    for speed in figures["speed"].values():
        assert all(value > 0 for value in speed.values())
    assert figures["accuracy"].keys() == {"en_demo", "tr_demo"}
    lines = result.stdout.splitlines()
    assert lines[-1].startswith("macro average")
    for treebank, by_model in figures["accuracy"].items():
        assert by_model["UDPipe 1"]["upos"] > 0.5
        (line,) = (line for line in lines if line.startswith(treebank))
        shown = [f"{100 * of[task]:.2f}" for task in ("upos", "feats") for of in by_model.values()]
        assert line.split()[1:] == shown
