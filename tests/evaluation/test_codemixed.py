"""The metric of Tsai et al. 2019, 4.5."""

import json

from minibert.evaluation.codemixed import CodemixedCounts
from minibert.evaluation.codemixed_file import CodemixedDetails
from minibert.inference.graph_backend import GraphBackend
from minibert.inference.predictor import Predictor
from minibert.json_files import read_json
from minibert.runs.trained_model import load_trained_model
from tests.conftest import run_script


def test_what_counts_where_x_is_first():
    counts = CodemixedCounts()
    for gold, best, second in (
        ("NOUN", "NOUN", "X"),
        ("NOUN", "X", "NOUN"),
        ("NOUN", "X", "VERB"),
        ("NOUN", "VERB", "NOUN"),
        # A word that is foreign indeed.
        ("X", "X", "NOUN"),
    ):
        counts.add(gold, best, second)
    assert counts.figures() == {
        "words": 5,
        "accuracy": 2 / 5,
        "accuracy_without_x": 2 / 5,
        "x_first": 3 / 5,
    }


def _tweets(path):
    words = ["the", "собака", "sees", "dog"]
    tags, languages = ["DET", "NOUN", "VERB", "NOUN"], ["en", "hi", "en", "en"]
    tweet = {"tweet": words, "norm": ["_"] * 4, "pos": tags, "lid": languages, "deleted": True}
    letters = {**tweet, "tweet": ["t", "s", "s", "d"], "deleted": False}
    path.write_text(json.dumps({"1": tweet, "2": letters}))
    return words, tags


def test_figures_are_those_of_a_direct_comparison(demo_model, tmp_path):
    words, tags = _tweets(tmp_path / "tweets.json")
    flags = {"model": demo_model, "input": tmp_path / "tweets.json"}
    result = run_script(
        "evaluate_codemixed", output_dir=tmp_path / "out", whole_tweets="true", **flags
    )
    assert result.returncode == 0, result.stderr
    assert "X first" in result.stdout
    figures = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert figures["tweets"] == 1
    model = load_trained_model(demo_model)
    (found,) = Predictor(GraphBackend.of_model(model)).predict([words])
    labels = model.description.label_vocabs[0].labels
    right = [labels[i] == tag for i, tag in zip(found["upos"].ids[:, 0], tags, strict=True)]
    by_language = figures["by_language"]
    assert by_language["all"]["words"] == 4
    assert by_language["all"]["accuracy"] == sum(right) / 4
    assert by_language["en"]["accuracy"] == (sum(right) - right[1]) / 3
    assert by_language["hi"]["accuracy"] == right[1]
    result = run_script("evaluate_codemixed", output_dir=tmp_path / "all", **flags)
    counts = read_json(tmp_path / "all" / "codemixed.json", CodemixedDetails, "")
    assert counts.words == {"all": [4, 4], "en": [3, 3], "hi": [1, 1]}
    assert counts.languages["all"].correct[0] == sum(right)
    assert counts.languages["hi"].correct[0] == right[1]
    assert json.loads((tmp_path / "all" / "metrics.json").read_text())["tweets"] == 2


def test_bad_input_leaves_no_output(demo_model, tmp_path):
    _tweets(tmp_path / "tweets.json")
    content = json.loads((tmp_path / "tweets.json").read_text())
    (tmp_path / "tweets.json").write_text(json.dumps({"2": content["2"]}))
    result = run_script(
        "evaluate_codemixed",
        model=demo_model,
        input=tmp_path / "tweets.json",
        output_dir=tmp_path / "out",
        whole_tweets="true",
    )
    assert result.returncode == 1
    assert "no such tweet in it; leave out --whole_tweets" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
