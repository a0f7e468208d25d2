import json

import pytest

from minibert.errors import InputError
from minibert.evaluation.compare import compare
from minibert.evaluation.compare_config import CompareConfig


def _evaluation(path, accuracies: dict[str, float], words: int = 10) -> str:
    path.mkdir()
    task = {
        "macro_accuracy": sum(accuracies.values()) / len(accuracies),
        "by_treebank": {
            treebank: {"words": words, "accuracy": accuracy}
            for treebank, accuracy in accuracies.items()
        },
    }
    (path / "metrics.json").write_text(json.dumps({"tasks": {"upos": task, "feats": task}}))
    return str(path)


def test_columns_are_models(tmp_path, capsys):
    one = _evaluation(tmp_path / "one", {"en_x": 0.5, "fr_x": 0.7})
    two = _evaluation(tmp_path / "two", {"en_x": 0.25, "fr_x": 1.0})
    compare(CompareConfig(evaluations=(f"teacher={one}", two)))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0][1:5] == ["upos", "teacher", "upos", "two"]
    assert lines[1] == ["en_x", "50.00", "25.00", "50.00", "25.00"]
    assert lines[-1] == ["macro", "average", "60.00", "62.50", "60.00", "62.50"]


def test_runs_of_a_model_are_averaged(tmp_path, capsys):
    places = [
        f"{name}={_evaluation(tmp_path / f'{name}{seed}', {'en_x': accuracy, 'fr_x': 0.5})}"
        for name, seed, accuracy in (("a", 1, 0.5), ("b", 1, 0.75), ("a", 2, 1.0), ("a", 3, 0.3))
    ]
    compare(CompareConfig(evaluations=tuple(places)))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["treebank", "upos", "a", "upos", "b", "feats", "a", "feats", "b"]
    assert lines[1:] == [
        ["en_x", *["60.00", "75.00"] * 2],
        ["fr_x", *["50.00", "50.00"] * 2],
        ["macro", "average", *["55.00", "62.50"] * 2],
        ["its", "worst", "run", *["40.00", "62.50"] * 2],
        ["its", "best", "run", *["75.00", "62.50"] * 2],
    ]


def test_directory_with_an_equals_sign(tmp_path, capsys):
    one = _evaluation(tmp_path / "lr=1", {"en_x": 0.5})
    two = _evaluation(tmp_path / "lr=2", {"en_x": 0.25})
    compare(CompareConfig(evaluations=(one, f"two={two}")))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0][1:5] == ["upos", "lr=1", "upos", "two"]


def test_what_cannot_be_compared(tmp_path):
    one = _evaluation(tmp_path / "one", {"en_x": 0.5})
    two = _evaluation(tmp_path / "two", {"en_x": 0.5}, words=11)
    for places, message in (
        ((one, two), "one and two are not of the same tasks, treebanks and words"),
        ((one, one), "one twice; name others as NAME=DIR"),
        ((f"a={one}", f"a={one}"), "one twice"),
        ((one, f"{tmp_path}/none/one"), "one twice"),
        ((one, f"a={one}/"), "one/ twice"),
        ((f"{tmp_path}/none",), "none/metrics.json: cannot read: No such file"),
    ):
        with pytest.raises(InputError, match=message):
            compare(CompareConfig(evaluations=places))
    treebanks = {"en_x": 0.5, "fr_y": 0.5}
    places = [_evaluation(tmp_path / name, treebanks) for name in ("all", "some")]
    content = json.loads((tmp_path / "some" / "metrics.json").read_text())
    content["untuned_treebanks"] = ["fr_y"]
    (tmp_path / "some" / "metrics.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="or average over others; evaluate them on the same"):
        compare(CompareConfig(evaluations=tuple(places)))
    (tmp_path / "one" / "metrics.json").write_text('{"tasks": {}}')
    with pytest.raises(InputError, match=r"give directories that evaluate\.py wrote"):
        compare(CompareConfig(evaluations=(one,)))
