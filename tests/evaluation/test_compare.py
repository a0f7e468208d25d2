import pytest

from minibert.errors import InputError
from minibert.evaluation.compare import compare
from minibert.evaluation.compare_config import CompareConfig
from tests.evaluation.made_up import write_evaluation


def _evaluation(path, accuracies: dict[str, float], words: int = 20, **changes) -> str:
    """Of treebanks of one sentence."""
    return str(
        write_evaluation(
            path,
            {treebank: [words] for treebank in accuracies},
            {treebank: [round(words * value)] for treebank, value in accuracies.items()},
            **changes,
        )
    )


def _lines(capsys, *places, **options):
    compare(CompareConfig(evaluations=places, **options))
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_columns_are_models(tmp_path, capsys):
    one = _evaluation(tmp_path / "one", {"en_x": 0.5, "fr_x": 0.7})
    two = _evaluation(tmp_path / "two", {"en_x": 0.25, "fr_x": 1.0})
    lines = _lines(capsys, f"teacher={one}", two)
    assert lines[0][1:5] == ["upos", "teacher", "upos", "two"]
    assert lines[1] == ["en_x", "50.00", "25.00", "50.00", "25.00"]
    assert lines[-1] == ["macro", "average", "60.00", "62.50", "60.00", "62.50"]


def test_seeds_of_a_model_are_averaged(tmp_path, capsys):
    places = [
        f"{name}={_evaluation(tmp_path / f'{name}{seed}', {'en_x': accuracy, 'fr_x': 0.5})}"
        for name, seed, accuracy in (("a", 1, 0.5), ("b", 1, 0.75), ("a", 2, 1.0), ("a", 3, 0.3))
    ]
    lines = _lines(capsys, *places)
    assert lines[0] == ["treebank", "upos", "a", "upos", "b", "feats", "a", "feats", "b"]
    assert lines[1:] == [
        ["en_x", *["60.00", "75.00"] * 2],
        ["fr_x", *["50.00", "50.00"] * 2],
        ["macro", "average", *["55.00", "62.50"] * 2],
        ["its", "worst", "run", *["40.00", "62.50"] * 2],
        ["its", "best", "run", *["75.00", "62.50"] * 2],
    ]


def test_a_model_for_each_treebank(tmp_path, capsys):
    whole = _evaluation(tmp_path / "whole", {"en_x": 0.5, "fr_x": 0.7})
    parts = [
        f"each={_evaluation(tmp_path / name, {name: accuracy})}"
        for name, accuracy in (("fr_x", 0.2), ("en_x", 1.0))
    ]
    assert _lines(capsys, f"all={whole}", *parts)[1:] == [
        ["en_x", *["50.00", "100.00"] * 2],
        ["fr_x", *["70.00", "20.00"] * 2],
        ["macro", "average", *["60.00", "60.00"] * 2],
    ]


def test_treebanks_without_a_dev_file(tmp_path, capsys):
    treebanks = {"en_x": 0.5, "fr_y": 1.0}
    one = _evaluation(tmp_path / "one", treebanks, untuned_treebanks=["fr_y"])
    *_, average, note = _lines(capsys, one)
    assert average == ["macro", "average", "50.00", "50.00"]
    assert note[:5] == ["*", "has", "no", "dev", "file"]
    *_, average = _lines(capsys, one, include_untuned=True)
    assert average == ["macro", "average", "75.00", "75.00"]
    alone = _evaluation(tmp_path / "alone", {"fr_y": 1.0}, untuned_treebanks=["fr_y"])
    with pytest.raises(InputError, match="average over; give --include_untuned"):
        _lines(capsys, alone)


def test_directory_with_an_equals_sign(tmp_path, capsys):
    one = _evaluation(tmp_path / "lr=1", {"en_x": 0.5})
    two = _evaluation(tmp_path / "lr=2", {"en_x": 0.25})
    assert _lines(capsys, one, f"two={two}")[0][1:5] == ["upos", "lr=1", "upos", "two"]


def test_what_cannot_be_compared(tmp_path):
    one = _evaluation(tmp_path / "one", {"en_x": 0.5})
    two = _evaluation(tmp_path / "two", {"en_x": 0.5}, words=10)
    more = _evaluation(tmp_path / "more", {"en_x": 0.5, "fr_y": 0.5})
    for places, message in (
        ((one, two), "one and two are not of the same tasks, treebanks and words"),
        ((f"a={one}", f"a={two}"), "two: neither of the same words nor of other treebanks"),
        ((f"a={one}", f"a={more}"), "more: neither of the same words nor of other treebanks"),
        ((one, one), "one: given twice, or of a name that was; give NAME=DIR"),
        ((f"a={one}", f"a={one}"), "one: given twice"),
        ((one, f"{tmp_path}/none/one"), "one: given twice, or of a name that was"),
        ((one, f"a={one}/"), "one/: given twice"),
        ((f"{tmp_path}/none",), "none/details.json: cannot read: No such file"),
    ):
        with pytest.raises(InputError, match=message):
            compare(CompareConfig(evaluations=places))
