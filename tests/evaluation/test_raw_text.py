"""Evaluation from raw text, and of two files."""

import json

import pytest

from minibert.data.conllu_reader import read_conllu
from minibert.errors import InputError
from minibert.evaluation.evaluate import evaluate
from minibert.evaluation.evaluate_config import EvaluateConfig
from minibert.evaluation.paragraphs import raw_paragraphs
from minibert.evaluation.raw_text_file import RawTextDetails
from minibert.json_files import read_json
from tests.conftest import TESTDATA, run_script

ENGLISH = TESTDATA / "ud" / "en_demo" / "en_demo-ud-dev.conllu"


def _metrics(directory):
    return json.loads((directory / "metrics.json").read_text())


def _evaluate(model, conllu, udpipe_model, output_dir, **options):
    evaluate(
        EvaluateConfig(
            model=str(model),
            conllu=(str(conllu),),
            segmentation="udpipe",
            udpipe_models=str(udpipe_model.parent),
            output_dir=str(output_dir),
            **options,
        )
    )


def test_equals_tagging_and_scoring_apart(demo_model, udpipe_model, tmp_path, capsys):
    _evaluate(demo_model, ENGLISH, udpipe_model, tmp_path / "raw")
    assert "macro average" in capsys.readouterr().out
    (tmp_path / "text").write_text("\n\n".join(raw_paragraphs(read_conllu(ENGLISH))))
    flags = {"input_format": "text", "segmenter": "udpipe", "udpipe_model": udpipe_model}
    system = tmp_path / "system.conllu"
    result = run_script("tag", model=demo_model, input=tmp_path / "text", output=system, **flags)
    assert result.returncode == 0, result.stderr
    result = run_script("evaluate", gold=ENGLISH, system=system, output_dir=tmp_path / "scores")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("metric     precision  recall      F1  aligned accuracy\nTok")
    scores = _metrics(tmp_path / "scores")["scores"]
    found = _metrics(tmp_path / "raw")
    assert found["scores_by_treebank"] == {"en_demo": scores}
    assert found["macro_f1"] == {metric: score["f1"] for metric, score in scores.items()}
    counts = read_json(tmp_path / "raw" / "raw_text.json", RawTextDetails, "")
    for metric, score in scores.items():
        of_metric = counts.counts(metric, "en_demo")
        assert of_metric.words.sum() == score["gold"]
        assert of_metric.figure == pytest.approx(score["f1"])
    assert len(of_metric.words) == len(list(read_conllu(ENGLISH)))
    # UDPipe makes mistakes on sentences it has not seen, but not many.
    assert 0.3 < scores["UPOS"]["f1"] <= scores["Words"]["f1"]
    assert scores["Words"]["f1"] > 0.8


def test_paragraphs(tmp_path):
    def line(index, form, misc="_"):
        return "\t".join([str(index), form, *"_______", misc]) + "\n"

    path = tmp_path / "a.conllu"
    path.write_text(
        "# newpar\n" + line(1, "A") + line(2, "dog", "SpaceAfter=No") + line(3, ".") + "\n"
        "# text = It\n"
        + line("1-2", "don't", "SpaceAfter=No")
        + line(1, "do")
        + line(2, "n't")
        + line(3, "!")
        + "\n# newdoc id = x\n# newpar\n"
        + line(1, "25 000")
        + "\n"
    )
    assert list(raw_paragraphs(read_conllu(path))) == ["A dog. don't!", "25 000"]


def test_a_treebank_with_words_that_are_not_seen(demo_model, udpipe_model, tmp_path):
    _evaluate(demo_model, ENGLISH, udpipe_model, tmp_path / "without")
    path = tmp_path / "en_demo-ud-dev.conllu"
    # Before the first sentence, as one with a word of its own: it and its word are not found.
    word = "\t".join(["1", "\u200b\ufe0f", "_", "SYM", *"______"])
    path.write_text(f"{word}\n\n{ENGLISH.read_text(encoding='utf-8')}", encoding="utf-8")
    _evaluate(demo_model, path, udpipe_model, tmp_path / "with")
    found = _metrics(tmp_path / "with")["scores_by_treebank"]["en_demo"]
    for metric, score in _metrics(tmp_path / "without")["scores_by_treebank"]["en_demo"].items():
        assert found[metric]["gold"] == score["gold"] + 1
        assert found[metric]["system"] == score["system"]
        assert found[metric]["correct"] == score["correct"]


def test_files_of_a_treebank_are_added_up(demo_model, udpipe_model, tmp_path):
    for part in "ab":
        path = tmp_path / f"en_demo-ud-dev-{part}.conllu"
        path.write_text(ENGLISH.read_text(encoding="utf-8"), encoding="utf-8")
    scores = {}
    for name, conllu, limit in (
        ("one", ENGLISH, 0),
        ("two", tmp_path, 0),
        ("limited", tmp_path, len(list(read_conllu(ENGLISH)))),
    ):
        out = tmp_path / f"out-{name}"
        _evaluate(demo_model, conllu, udpipe_model, out, max_sentences_per_treebank=limit)
        scores[name] = _metrics(out)["scores_by_treebank"]["en_demo"]
    assert scores["limited"] == scores["one"]
    for metric, score in scores["two"].items():
        once = scores["one"][metric]
        assert score["f1"] == once["f1"]
        assert score["gold"] == 2 * once["gold"]
        assert score["correct"] == 2 * once["correct"]
        assert score["aligned_accuracy"] == once["aligned_accuracy"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gold": "a"}, "--system=None: give --gold and --system together"),
        ({"gold": "a", "system": "b", "model": "c"}, "--model=c: give either --model and"),
        ({}, "--model=None: give either --model and --conllu, or --gold and --system"),
        ({"model": "c", "conllu": ("d",)}, "--output_dir=None: needed with --model"),
        ({"model": "c", "output_dir": "d"}, "--conllu=: needed with --model"),
        ({"gold": "a", "system": "b", "conllu": ("d",)}, "--conllu=d: not with --gold"),
        (
            {"model": "c", "conllu": ("d",), "output_dir": "e", "segmentation": "udpipe"},
            "--udpipe_models=None: needed for --segmentation=udpipe",
        ),
        (
            {"model": "c", "conllu": ("d",), "output_dir": "e", "udpipe_models": "f"},
            "--udpipe_models=f: needed for --segmentation=udpipe, and for nothing else",
        ),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(InputError) as caught:
        EvaluateConfig(**options)
    assert str(caught.value).startswith(message)


def test_a_treebank_without_a_segmenter(demo_model, tmp_path):
    result = run_script(
        "evaluate",
        model=demo_model,
        conllu=ENGLISH,
        segmentation="udpipe",
        udpipe_models=tmp_path,
        output_dir=tmp_path / "out",
    )
    assert result.returncode == 1
    assert f"{tmp_path}/en_demo.udpipe: no such file; train_udpipe.py makes" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_empty_system_file(tmp_path):
    (tmp_path / "empty").write_text("")
    result = run_script("evaluate", gold=ENGLISH, system=tmp_path / "empty")
    assert result.returncode == 1
    assert result.stderr == (
        f"error: {tmp_path}/empty:1: no sentence in the file; give one that has the text\n"
    )
