"""The parts of a report that not every evaluation has: unseen words, raw and code-mixed text."""

import pytest

from minibert.evaluation.codemixed_file import CodemixedDetails, LanguageCounts, write_codemixed
from minibert.evaluation.evaluated import MetricCounts
from minibert.evaluation.raw_text_file import RawTextDetails, write_raw_text
from minibert.evaluation.report import report
from minibert.evaluation.report_config import ReportConfig
from tests.evaluation.html_tables import Tables
from tests.evaluation.made_up import gold_runs, write_run


def test_words_unseen_in_training(tmp_path):
    """Of two runs of other unseen words there is no difference; of the same there is."""
    known = {"be_hse": [1, 0], "en_ewt": [0, 0, 0], "en_gum": [3, 0]}
    unseen = {"be_hse": [2, 1], "en_ewt": [0, 0, 0], "en_gum": [3, 0]}
    first = write_run(tmp_path, "first", unseen=(unseen, known))
    more = {**unseen, "en_ewt": [1, 0, 0]}
    second = write_run(tmp_path, "second", unseen=(unseen, {**known, "be_hse": [0, 1]}))
    third = write_run(tmp_path / "x", "second", unseen=(more, known))
    measure = "upos, unseen words"
    one, two, three = gold_runs((first, second, f"third={third}"))
    assert one.value(measure, "be_hse") == pytest.approx(1 / 3)
    assert one.value(measure, "en_ewt") is None
    assert one.macro(measure) == pytest.approx((1 / 3 + 1) / 2)
    # Of be_hse one of the two sentences is drawn twice, or both once: -1 / 2, 1 or 0.
    assert two.difference(measure, one).value == 0
    assert three.difference(measure, one) is None
    report(
        ReportConfig(
            runs=(str(first), str(second), f"third={third}"), output=str(tmp_path / "a.html")
        )
    )
    tables = Tables((tmp_path / "a.html").read_text()).tables
    assert tables[0][0][5:7] == ["upos, unseen words", "difference"]
    assert [row[5:7] for row in tables[0][1:]] == [
        ["66.67", "baseline"],
        ["66.67", "+0.00 (-25.00 to +50.00)"],
        ["44.44", "other words"],
    ]
    (by_treebank,) = (t for t in tables if t[0][1] == "upos, unseen words first")
    assert by_treebank[1][:4] == ["be_hse", "33.33", "33.33", "33.33"]
    assert by_treebank[2][:4] == ["en_ewt", "-", "-", "0.00"]


def _raw(directory, correct):
    """Of one treebank of two sentences of 3 and 1 words, where the system has 2 and 2."""
    words = MetricCounts([3, 1], [2, 2], correct)
    sentences = MetricCounts([1, 1], [1, 1], [0, 0])
    metrics = {"Sentences": sentences, "Words": words, "UPOS": words}
    directory.mkdir(parents=True)
    config = {"model": "M", "segmentation": "udpipe"}
    write_raw_text(directory, RawTextDetails(config, [], {"be_hse": metrics}))
    return directory


def _mixed(directory, correct):
    """Of two tweets of 3 and 2 words, of which 2 and 0 are Hindi."""
    hindi = LanguageCounts([2, 0], [0, 0], [2, 0], [2, 0])
    of_all = LanguageCounts([3, 2], correct, [3, 2], [2, 0])
    directory.mkdir(parents=True)
    write_codemixed(directory, CodemixedDetails({"model": "M"}, {"all": of_all, "hi": hindi}))
    return directory


def test_all_kinds_on_one_page(tmp_path):
    runs = []
    for name, correct in (("first", [2, 1]), ("second", [2, 0])):
        runs.append(write_run(tmp_path, name))
        runs.append(f"{name}={_raw(tmp_path / 'raw' / name, correct)}")
        runs.append(f"{name}={_mixed(tmp_path / 'mixed' / name, correct)}")
    report(ReportConfig(runs=tuple(map(str, runs)), output=str(tmp_path / "a.html")))
    text = (tmp_path / "a.html").read_text()
    tables = Tables(text).tables
    (raw,) = (t for t in tables if t[0][1:3] == ["Sentences", "difference"])
    # F1 is 2 * 3 / (4 + 4), then 2 * 2 / 8. Where the second sentence alone is drawn, it is
    # 2 / (1 + 2), then 0; where the first is, the two are the same.
    difference = "-25.00 (-66.67 to +0.00)"
    assert raw[1] == ["first", "0.00", "baseline", *["75.00", "baseline"] * 2]
    assert raw[2] == ["second", "0.00", "+0.00 (+0.00 to +0.00)", *["50.00", difference] * 2]
    (published,) = (t for t in tables if t[0][0] == "UPOS")
    assert published[1] == ["mMiniBERT", "94.95", "75.00", "50.00", "1", "93.7"]
    (mixed,) = (t for t in tables if t[0][:2] == ["run", "accuracy"])
    assert mixed[1][:3] == ["first", "60.00", "baseline"]
    assert mixed[2][:2] == ["second", "40.00"]
    (languages,) = (t for t in tables if t[0][0] == "language of the word")
    assert [row[:5] for row in languages[1:]] == [
        ["all", "5", "60.00", "40.00", "-20.00"],
        ["hi", "2", "0.00", "0.00", "+0.00"],
    ]
    assert "mMeta-LSTM 83.4; mBERT 82.9; mMiniBERT 79.5" in text
    assert "python run_scripts/evaluate_codemixed.py --model=M\n" in text
    markdown = (tmp_path / "a.md").read_text()
    assert "| second | 0.00 | +0.00 (+0.00 to +0.00), not significant | 50.00 |" in markdown
    assert "| hi | 2 | 0.00 | 0.00 |" in markdown
