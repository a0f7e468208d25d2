"""`--xla` compiles the encoder, of a run of either job, and changes nothing of its result."""

import json

import numpy as np
import pytest
import tensorflow as tf

from minibert.evaluation.metrics import metric_of
from minibert.runs.trained_model import load_description
from minibert.training.distill_config import DistillConfig
from minibert.training.fine_tune_config import FineTuneConfig
from minibert.training.stage import Stage
from minibert.training.stage_training import create_stage_training
from tests.conftest import run_script
from tests.training.conftest import optimization

INPUTS = {
    "input_ids": tf.constant([[2, 5, 6, 3], [2, 7, 3, 0]]),
    "word_positions": tf.constant([[1, 2], [1, -1]]),
}


def _is_compiled(tagger) -> bool:
    """Whether a function in the graph of the tagger must be compiled by XLA."""
    graph = tf.function(lambda: tagger(INPUTS, training=True)).get_concrete_function().graph
    functions = graph.as_graph_def().library.function
    return any(
        function.attr["_XlaMustCompile"].b
        or any("_XlaMustCompile" in n.attr for n in function.node_def)
        for function in functions
    )


@pytest.mark.parametrize("xla", [True, False])
@pytest.mark.parametrize("kind", [FineTuneConfig, DistillConfig])
def test_encoder_is_compiled(demo_model, kind, xla):
    data = {"data_dir": ()} if kind is FineTuneConfig else {"teacher_outputs_dir": ""}
    stage = Stage(
        objectives=[],
        training=None,
        validation=None,
        metric=metric_of([]),
        epochs=0,
        optimization=optimization(0.1),
    )
    parts = create_stage_training(
        kind(vocab_file="", model_dir="", xla=xla, **data),
        load_description(demo_model),
        stage,
        tf.distribute.get_strategy(),
    )
    assert _is_compiled(parts.trained) == xla


def test_student_has_the_losses_of_one_without(student_options, tmp_path):
    options = {
        **student_options,
        "epochs": "1",
        "dropout": "0",
        "head_dropout": "0",
        "precision": "float32",
    }
    losses = []
    for xla in ("true", "false"):
        directory = tmp_path / xla
        result = run_script("distill", model_dir=directory, xla=xla, **options)
        assert result.returncode == 0, result.stderr
        (epoch,) = json.loads((directory / "history.json").read_text())["epochs"]
        losses.append([epoch["loss"][name] for name in ("upos", "feats", "gradient_norm")])
    np.testing.assert_allclose(*losses, rtol=1e-4)
