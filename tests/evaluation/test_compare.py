import json

import pytest

from minibert.errors import InputError
from minibert.evaluation.codemixed_file import (
    CodemixedDetails,
    LanguageCounts,
    write_codemixed,
)
from minibert.evaluation.compare import compare
from minibert.evaluation.compare_config import CompareConfig
from minibert.evaluation.evaluated import MetricCounts
from minibert.evaluation.raw_text_file import RawTextDetails, write_raw_text
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


def _tables(capsys, *places, **options):
    """The words of the lines of each table."""
    compare(CompareConfig(evaluations=tuple(map(str, places)), **options))
    blocks = capsys.readouterr().out.split("\n\n")
    return [[line.split() for line in block.splitlines()] for block in blocks]


def _lines(capsys, *places, **options):
    return _tables(capsys, *places, **options)[0]


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


def test_differences_are_those_of_the_paired_bootstrap(tmp_path, capsys):
    """Sentences of 5 words each; in the second treebank both models have the same right."""
    words = {"en_x": [5] * 20, "fr_x": [5, 5]}
    right = {
        "first": {"en_x": [4] * 20, "fr_x": [1, 5]},
        "better": {"en_x": [5] * 20, "fr_x": [1, 5]},
        "as_good": {"en_x": [5] * 10 + [3] * 10, "fr_x": [1, 5]},
    }
    places = [write_evaluation(tmp_path / name, words, of) for name, of in right.items()]
    *_, differences = _tables(capsys, *places)
    assert differences[0] == ["difference", "to", "first", "of", "points", "95", "%"]
    # A fifth more on each sentence of one of two treebanks.
    assert differences[1] == ["upos", "better", *("+10.00", "+10.00", "to", "+10.00", "*")]
    assert differences[2][:3] == ["upos", "as_good", "+0.00"]
    assert differences[2][-1] != "*"
    assert differences[3][:2] == ["feats", "better"]
    assert differences[-1][:5] == ["*", "is", "more", "than", "chance:"]
    # Of one run there are none.
    assert len(_tables(capsys, places[0])) == 1


def test_words_unseen_in_training(tmp_path, capsys):
    words, right = {"en_x": [5, 4], "fr_x": [3]}, {"en_x": [4, 3], "fr_x": [2]}
    places = [
        write_evaluation(
            tmp_path / name, words, right, unseen=({"en_x": [2, 0], "fr_x": [0]}, known)
        )
        for name, known in (
            ("one", {"en_x": [1, 0], "fr_x": [0]}),
            ("two", {"en_x": [2, 0], "fr_x": [0]}),
        )
    ]
    places.append(write_evaluation(tmp_path / "export", words, right))
    _, unseen, differences = _tables(capsys, *places)
    assert unseen[0][1:8] == ["upos,", "unseen", "words", "one", "upos,", "unseen", "words"]
    assert unseen[1:] == [
        ["en_x", *["50.00", "100.00", "-"] * 2],
        ["fr_x", *["-"] * 6],
        ["macro", "average", *["50.00", "100.00", "-"] * 2],
    ]
    # Only one sentence has such words.
    two, export = (line for line in differences if line[:2] == ["upos,", "unseen"])
    assert two[3:] == ["two", "+50.00", "+50.00", "to", "+50.00", "*"]
    assert export[3:] == ["export", "-", "not", "of", "the", "same", "words"]


def test_evaluations_from_raw_text(tmp_path, capsys):
    """F1 is 2 * 6 / (8 + 8) and 2 * 5 / (8 + 12)."""
    for name, system, correct in (("one", [4, 4], [3, 3]), ("two", [4, 8], [3, 2])):
        words = MetricCounts([3, 5], system, correct)
        (tmp_path / name).mkdir()
        details = RawTextDetails({}, ["fr_y"], {t: {"Words": words} for t in ("en_x", "fr_y")})
        write_raw_text(tmp_path / name, details)
    table, differences = _tables(capsys, tmp_path / "one", tmp_path / "two")
    assert table[1:] == [
        ["en_x", "75.00", "50.00"],
        ["fr_y*", "75.00", "50.00"],
        ["macro", "average", "75.00", "50.00"],
        ["*", *["has", "no", "dev", "file", "and", "is", "not", "in", "the", "average"]],
    ]
    assert differences[1][:3] == ["Words", "two", "-25.00"]


def test_evaluations_of_code_mixed_text(tmp_path, capsys):
    for name, correct in (("one", [3, 3]), ("two", [2, 3])):
        hindi = LanguageCounts([2, 0], [2, 0], [2, 0], [0, 0])
        of_all = LanguageCounts([4, 4], correct, [4, 4], [1, 0])
        (tmp_path / name).mkdir()
        write_codemixed(tmp_path / name, CodemixedDetails({}, {"all": of_all, "hi": hindi}))
    table, differences = _tables(capsys, tmp_path / "one", tmp_path / "two")
    assert table[1:] == [
        ["all", "75.00", "62.50", "100.00", "100.00", "12.50", "12.50"],
        ["hi", "100.00", "100.00", "100.00", "100.00", "0.00", "0.00"],
    ]
    # The first of two tweets is drawn twice, once or not at all: -2 / 8, -1 / 8, 0.
    assert differences[1] == ["accuracy", "two", "-12.50", "-25.00", "to", "+0.00"]


def test_evaluations_of_several_kinds(tmp_path, capsys):
    """Those of one kind stand in one table, whatever other kinds a model has."""
    gold = [_evaluation(tmp_path / name, {"en_x": 0.5}) for name in ("one", "two")]
    words = MetricCounts([4], [4], [3])
    (tmp_path / "raw").mkdir()
    write_raw_text(tmp_path / "raw", RawTextDetails({}, [], {"en_x": {"Words": words}}))
    tables = _tables(capsys, *gold, f"one={tmp_path / 'raw'}")
    assert [table[0][0] for table in tables] == ["treebank", "difference", "F1"]
    assert tables[2][1:] == [["en_x", "75.00"], ["macro", "average", "75.00"]]


@pytest.mark.parametrize(
    ("name", "path", "value", "message"),
    [
        ("raw_text", ("treebanks", "en_x"), {}, "a treebank of other metrics than Tokens"),
        (
            "raw_text",
            ("treebanks", "en_x", "Words", "gold"),
            [3],
            "not as many sentences of",
        ),
        ("raw_text", ("treebanks", "en_x", "Words", "correct"), [3, 9], "more right ones than"),
        ("raw_text", ("treebanks", "en_x", "UPOS"), None, "Expected `object`"),
        ("raw_text", ("treebanks",), {}, "Expected `object` of length >= 1"),
        ("codemixed", ("languages",), {}, "Expected `object` of length >= 1"),
        ("codemixed", ("languages", "all", "words"), [1, 2**21], "Expected `int` <= 1048576"),
        ("codemixed", ("languages", "all", "correct"), [1], "not as many sentences of"),
        ("codemixed", ("languages", "all", "x_first"), [9, 9], "more X than there are words"),
        ("codemixed", ("config",), [1], "Expected `object`"),
    ],
)
def test_forged_files(tmp_path, name, path, value, message):
    counts = MetricCounts([3, 5], [4, 4], [3, 3])
    write_raw_text(tmp_path, RawTextDetails({}, [], {"en_x": {"Words": counts}}))
    of_all = LanguageCounts([4, 4], [3, 3], [4, 4], [1, 0])
    write_codemixed(tmp_path, CodemixedDetails({}, {"all": of_all}))
    other = {"raw_text": "codemixed", "codemixed": "raw_text"}[name]
    (tmp_path / f"{other}.json").unlink()
    file = tmp_path / f"{name}.json"
    content = place = json.loads(file.read_text())
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    file.write_text(json.dumps(content))
    with pytest.raises(InputError, match=rf"{name}\.json: not as it must be \(.*{message}"):
        compare(CompareConfig(evaluations=(str(tmp_path),)))


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
