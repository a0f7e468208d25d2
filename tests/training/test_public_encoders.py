"""A teacher from a directory of Hugging Face, and a student with a vocabulary of its own."""

import json
import re
import shutil

import numpy as np
import pytest

from minibert import Tagger
from minibert.inference.backends import load_backend
from minibert.runs.trained_model import load_trained_model
from tests.conftest import mistake_of, run_well
from tests.hugging_face import SPARE_ROWS, publish
from tests.training.conftest import VOCAB

SENTENCES = [["the", "old", "teacher", "sleeps", "."], ["Она", "читает", "語", "", "💥"]]


@pytest.fixture(scope="module")
def public(sentencepiece_file, tmp_path_factory):
    return publish(tmp_path_factory.mktemp("public") / "xlm-r", sentencepiece_file)


@pytest.fixture(scope="module")
def teacher(public, tiny_options, tmp_path_factory):
    directory = tmp_path_factory.mktemp("teacher") / "run"
    options = {n: v for n, v in tiny_options.items() if n not in ("vocab_file", "bert_config")}
    run_well(
        "fine_tune",
        model_dir=directory,
        init_checkpoint=public,
        head_learning_rate="2e-2",
        wordpiece_dropout="0",
        compose_pieces="false",
        **{**options, "epochs": "6", "sentences_per_treebank": "240"},
    )
    return directory


def test_what_the_directory_has_need_not_be_said(teacher, public):
    """The shape is that of the file, without the rows of no piece and the positions of padding."""
    encoder = json.loads((teacher / "bert_config.json").read_text())
    config = json.loads((public / "config.json").read_text())
    assert encoder["vocab_size"] == config["vocab_size"] - SPARE_ROWS
    assert encoder["max_position_embeddings"] == 40
    assert encoder["norm_epsilon"] == config["layer_norm_eps"]
    assert encoder["hidden_act"] == "gelu_erf"
    assert json.loads((teacher / "model.json").read_text())["features"] == "sentencepiece"
    history = json.loads((teacher / "history.json").read_text())
    assert history["epochs"][-1]["accuracy"]["upos"]["macro"] > 0.4


def test_it_tags_wherever_it_is_loaded(teacher, tmp_path):
    run_well("export", model_dir=teacher, export_dir=tmp_path / "export", warmup="false")
    expected = load_backend(teacher).classify(SENTENCES, 2)
    found = load_backend(tmp_path / "export" / "1").classify(SENTENCES, 2)
    for task, answer in expected.items():
        np.testing.assert_array_equal(found[task].ids, answer.ids)
        np.testing.assert_allclose(found[task].probabilities, answer.probabilities, atol=1e-5)
    lite = Tagger.load(tmp_path / "export" / "1" / "model.tflite")
    of_run = Tagger.load(teacher)
    same = [
        ours.upos == theirs.upos
        for one, other in zip(lite.tag(SENTENCES), of_run.tag(SENTENCES), strict=True)
        for ours, theirs in zip(one, other, strict=True)
    ]
    assert sum(same) >= len(same) - 1


def test_it_teaches_a_student_of_another_vocabulary(teacher, transfer_dir, tmp_path):
    outputs = tmp_path / "outputs"
    run_well(
        "cache_teacher_outputs",
        teacher_dir=teacher,
        transfer_dir=transfer_dir,
        output_dir=outputs,
        positions="words",
        top_k="8",
    )
    shape = tmp_path / "student.json"
    shape.write_text(
        json.dumps(
            {
                "vocab_size": len(VOCAB.read_text(encoding="utf-8").splitlines()),
                "hidden_size": 8,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "intermediate_size": 16,
                "max_position_embeddings": 40,
            }
        )
    )
    run_well(
        "distill",
        teacher_outputs_dir=outputs,
        teacher_dir=teacher,
        init_embeddings="svd",
        vocab_file=VOCAB,
        bert_config=shape,
        model_dir=tmp_path / "student",
        epochs="8",
        batch_size="16",
        learning_rate="3e-2",
        temperature="1",
    )
    history = json.loads((tmp_path / "student" / "history.json").read_text())
    first, *_, last = (epoch["accuracy"]["upos"]["macro"] for epoch in history["epochs"])
    assert last > max(first, 0.7)
    assert load_trained_model(tmp_path / "student").description.features.kind == "wordpiece"


def _uncased(directory):
    shutil.copy(VOCAB, directory / "vocab.txt")
    (directory / "tokenizer_config.json").write_text('{"do_lower_case": true}')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: (d / "sentencepiece.bpe.model").unlink(),
            r"none of vocab.txt .* there; give that",
        ),
        (
            lambda d: (d / "sentencepiece.bpe.model").rename(d / "tokenizer.json"),
            "spm.model there; a tokenizer.json is not read; give that of the checkpoint",
        ),
        (
            lambda d: shutil.copy(VOCAB, d / "vocab.txt"),
            "has vocab_size",
        ),
        (lambda d: _uncased(d), "tokenizer_config.json: do_lower_case; uncased encoders are not"),
        (lambda d: (d / "model.safetensors").unlink(), "no model.safetensors there"),
        (lambda d: (d / "config.json").write_text('{"model_type": "gpt2"}'), "read are bert, xlm"),
        (
            lambda d: (d / "config.json").unlink(),
            "no config.json there; download the checkpoint again",
        ),
    ],
    ids=[
        "no vocabulary",
        "tokenizer.json",
        "another size",
        "uncased",
        "no weights",
        "family",
        "no config",
    ],
)
def test_bad_directories(public, tiny_options, tmp_path, change, message):
    directory = tmp_path / "public"
    shutil.copytree(public, directory)
    change(directory)
    options = {n: v for n, v in tiny_options.items() if n not in ("vocab_file", "bert_config")}
    found = mistake_of(
        "fine_tune", init_checkpoint=directory, model_dir=tmp_path / "run", **options
    )
    assert re.search(message, found), found
    assert not (tmp_path / "run").exists()
