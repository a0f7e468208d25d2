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


def test_what_cannot_be_compared(tmp_path):
    one = _evaluation(tmp_path / "one", {"en_x": 0.5})
    two = _evaluation(tmp_path / "two", {"en_x": 0.5}, words=11)
    for places, message in (
        ((one, two), "one and two are not of the same tasks, treebanks and words"),
        ((one, one), "one twice; name them NAME=DIR"),
        ((f"{tmp_path}/none",), "none/metrics.json: cannot read: No such file"),
    ):
        with pytest.raises(InputError, match=message):
            compare(CompareConfig(evaluations=places))
    (tmp_path / "one" / "metrics.json").write_text('{"tasks": {}}')
    with pytest.raises(InputError, match=r"give directories that evaluate\.py wrote"):
        compare(CompareConfig(evaluations=(one,)))
