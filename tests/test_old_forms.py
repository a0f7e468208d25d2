"""What an earlier version has written is read, and its runs are gone on with.

`testdata/old_forms.tar.xz` was written by the version of commit 161c04b: a data set, text, a run of
`fine_tune.py`, the same run killed behind its fifth step, kept outputs, a run of `distill.py`, an
export, and what `tag.py` made of a few words. A later version that writes another form adds the
archive of its predecessor.
"""

import json
import re
import tarfile

import numpy as np
import pytest

from minibert.data.dataset_info import DEV, TRAIN
from minibert.data.old_outputs import load_old_info
from minibert.data.teacher_outputs import OUTPUTS_FILE
from minibert.errors import InputError
from minibert.evaluation.evaluate import evaluate
from minibert.evaluation.evaluate_config import EvaluateConfig
from minibert.serving.tag_config import WORDS, TagConfig
from minibert.serving.tag_file import tag_file
from minibert.training.distill import distill
from minibert.training.distill_config import DistillConfig
from minibert.training.fine_tune import fine_tune
from minibert.training.fine_tune_config import FineTuneConfig
from tests.conftest import TESTDATA

# Of the run, but for where things are.
FINE_TUNE = {
    "max_seq_length": 40,
    "epochs": 3,
    "batch_wordpieces": 400,
    "learning_rate": 1e-2,
    "checkpoint_steps": 1,
    "precision": "float32",
    "composition": False,
    "deterministic": True,
}
DISTILL = {"epochs": 2, "batch_size": 8, "precision": "float32", "deterministic": True}


@pytest.fixture
def old(tmp_path):
    with tarfile.open(TESTDATA / "old_forms.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


def tags_and_scores(path) -> tuple[list[str], list[float]]:
    """All of a tagged file but the scores, and these."""
    text = path.read_text()
    return re.split(r"0\.\d{4}", text), [float(score) for score in re.findall(r"0\.\d{4}", text)]


def losses(run):
    history = json.loads((run / "history.json").read_text())
    return [[epoch["loss"][task] for task in ("upos", "feats")] for epoch in history["epochs"]]


def shape_of(run) -> dict[str, str]:
    return {
        "vocab_file": str(TESTDATA / "vocab.txt"),
        "bert_config": str(run / "bert_config.json"),
        "model_dir": str(run),
    }


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("model", "tagged"),
        ("export", "tagged"),
        ("export/1/model.tflite", "tagged_lite"),
    ],
)
def test_models_tag_as_they_did(old, model, expected):
    output = old / "now.conllu"
    tag_file(
        TagConfig(
            model=str(old / model),
            input=str(old / "words.txt"),
            output=str(output),
            input_format=WORDS,
            scores=True,
        )
    )
    now, then = (tags_and_scores(path) for path in (output, old / f"{expected}.conllu"))
    assert now[0] == then[0]
    np.testing.assert_allclose(now[1], then[1], atol=1e-3)


def test_a_run_is_gone_on_with(old, monkeypatch):
    """To where it would have been, had it not been killed."""
    run = old / "interrupted"
    fine_tune(FineTuneConfig(data_dir=(str(old / "data"),), **FINE_TUNE, **shape_of(run)))
    np.testing.assert_allclose(losses(run), losses(old / "model"), rtol=1e-4)
    best, expected = (json.loads((d / "best.json").read_text()) for d in (run, old / "model"))
    assert best["epoch"] == expected["epoch"] == 3


def test_kept_outputs_teach(old, tmp_path):
    """What they taught the student of then."""
    (old / "student").rename(old / "before")
    (tmp_path / "student").mkdir()
    options = {
        **shape_of(tmp_path / "student"),
        "bert_config": str(old / "before/bert_config.json"),
    }
    distill(DistillConfig(teacher_outputs_dir=str(old / "outputs"), **DISTILL, **options))
    np.testing.assert_allclose(losses(tmp_path / "student"), losses(old / "before"), rtol=1e-4)


def test_damage_of_an_old_description_is_named(old):
    path = old / "outputs" / OUTPUTS_FILE
    content = json.loads(path.read_text())
    labels = len(content["labels"]["upos"])
    for kept, shown in (({}, "None"), ({"upos": labels + 1, "feats": 1}, str(labels + 1))):
        path.write_text(json.dumps({**content, "kept": kept}))
        with pytest.raises(InputError, match=f"of upos are kept {shown} of {labels} logits"):
            load_old_info(old / "outputs")


def test_a_finished_run_is_still_finished(old, capsys):
    before = (old / "student" / "best.json").read_text()
    distill(
        DistillConfig(
            teacher_outputs_dir=str(old / "outputs"), **DISTILL, **shape_of(old / "student")
        )
    )
    assert "best is epoch 2" in capsys.readouterr().out
    assert (old / "student" / "best.json").read_text() == before


@pytest.mark.parametrize("split", [TRAIN, DEV])
def test_a_run_is_evaluated(old, split):
    evaluate(
        EvaluateConfig(
            model=str(old / "model"),
            conllu=(str(next((TESTDATA / "ud" / "en_demo").glob(f"*-{split}.conllu"))),),
            output_dir=str(old / f"evaluation-{split}"),
            include_untuned=True,
        )
    )
