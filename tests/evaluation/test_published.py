"""What was published, what can be computed from it, and that the documentation says the same."""

import re
from collections import Counter, defaultdict
from statistics import mean

import pytest

from minibert.evaluation.protocol import language_of
from minibert.evaluation.published import (
    CODEMIXED,
    CODEMIXED_TABLE,
    LOW_RESOURCE_TABLE,
    MULTILINGUAL,
    SYSTEMS,
    headlines,
    published_scores,
    scores_in_table,
    scores_of_treebanks,
)
from minibert.evaluation.published_means import published_means
from tests.conftest import ROOT

# Of few training sentences and without tuning data: B.2 leaves them out.
UNTUNED = ("kk", "hy")


def _averaged(task):
    """The treebanks of table 8 or 9 that all five systems have."""
    by_system = scores_of_treebanks(task)
    assert set(by_system) == set(SYSTEMS)
    treebanks = set.intersection(*(set(scores) for scores in by_system.values()))
    return [treebank for treebank in treebanks if language_of(treebank) not in UNTUNED]


def test_all_tables_are_there_and_say_nothing_twice():
    scores = published_scores()
    assert {score.task for score in scores} == {"upos", "feats"}
    assert all(0 <= score.f1 <= 100 for score in scores)
    sources = Counter(int(score.source.rpartition(" ")[2]) for score in scores)
    # 951 F1 of tables 1, 4, 5, 7, 8, 9, and the six of table 6.
    assert sources == {1: 4, 4: 6, 5: 60, 6: 6, 7: 2, 8: 441, 9: 438}
    places = Counter((s.source, s.system, s.task, s.treebank) for s in scores)
    assert set(places.values()) == {1}


@pytest.mark.parametrize(
    ("task", "treebanks", "means", "means_of_languages"),
    [
        (
            *("upos", 69),
            {"BERT": 95.05, "Meta-LSTM": 94.50, "mBERT": 94.42}
            | {"mMeta-LSTM": 90.99, "mMiniBERT": 93.54},
            {"BERT": 94.30, "Meta-LSTM": 93.59, "mBERT": 93.74}
            | {"mMeta-LSTM": 89.70, "mMiniBERT": 92.86},
        ),
        (
            *("feats", 68),
            {"BERT": 92.82, "Meta-LSTM": 92.38, "mBERT": 90.88}
            | {"mMeta-LSTM": 82.58, "mMiniBERT": 88.24},
            {"BERT": 91.66, "Meta-LSTM": 91.12, "mBERT": 90.25}
            | {"mMeta-LSTM": 81.04, "mMiniBERT": 87.27},
        ),
    ],
)
def test_headline_figures_are_means_over_treebanks(task, treebanks, means, means_of_languages):
    """Means over treebanks are up to 0.4 below them, means over languages more than that."""
    averaged = _averaged(task)
    assert len(averaged) == treebanks
    for system, scores in scores_of_treebanks(task).items():
        by_language = defaultdict(list)
        for treebank in averaged:
            by_language[language_of(treebank)].append(scores[treebank])
        found = mean(scores[treebank] for treebank in averaged)
        of_languages = mean(map(mean, by_language.values()))
        assert len(by_language) == 47
        assert round(found, 2) == means[system]
        assert round(of_languages, 2) == means_of_languages[system]
        # Headlines are rounded.
        assert -0.05 < headlines(task)[system] - found < 0.4
        assert headlines(task)[system] - of_languages > 0.7


def test_the_means_are_of_the_treebanks_that_both_have():
    measured = [{"en_ewt": 0.5, "be_hse": 0.9, "xx_none": 0.1}, {"en_ewt": 0.7, "be_hse": 0.8}]
    by_system = scores_of_treebanks("upos")
    first, *_, last = published_means("upos", measured)
    assert (first.system, first.headline, first.treebanks) == ("mMiniBERT", 93.7, 2)
    of_paper = by_system["mMiniBERT"]
    assert first.mean == pytest.approx((of_paper["en_ewt"] + of_paper["be_hse"]) / 2)
    assert first.measured == pytest.approx([0.7, 0.75])
    # Of it the paper has the average only.
    assert (last.system, last.headline, last.treebanks) == ("mMiniBERT, not distilled", 90.2, 0)
    assert (last.mean, last.measured) == (None, [None, None])
    # Table 9 does not have en_ewt.
    first, *_ = published_means("feats", measured)
    assert (first.treebanks, first.measured) == (1, [0.9, 0.8])


def test_nothing_stands_beside_treebanks_that_the_paper_has_not():
    assert published_means("upos", [{"en_demo": 0.5}]) == []
    assert published_means("xpos", [{"en_ewt": 0.5}]) == []


def _rows(head):
    """The cells of the table of docs/results.md that begins with some text, and its rows."""
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    (table,) = re.findall(rf"^{re.escape(head)}.*\n(?:\|.*\n)+", text, re.MULTILINE)
    lines = [line.strip("|").split("|") for line in table.splitlines()]
    header, _, *rows = [[cell.strip(" *") for cell in line] for line in lines]
    return header, rows


def _shown(score):
    return "–" if score is None else f"{score:.1f}"


def test_documentation_has_the_scores_of_treebanks():
    header, rows = _rows("| treebank | words | UPOS |")
    for task, start in (("upos", 4), ("feats", 9)):
        assert header[start : start + 3] == list(MULTILINGUAL)
        by_system = scores_of_treebanks(task)
        for row in rows[:-1]:
            expected = [_shown(by_system[system].get(row[0])) for system in MULTILINGUAL]
            assert row[start : start + 3] == expected, row
        both = [row[0] for row in rows[:-1] if row[0] in by_system["mMiniBERT"]]
        means = [mean(by_system[system][treebank] for treebank in both) for system in MULTILINGUAL]
        assert rows[-1][start : start + 3] == list(map(_shown, means))
    assert len(rows) == 65


def test_documentation_has_the_scores_beside_raw_text():
    header, rows = _rows("| | words | Tokens |")
    for task, column in (("upos", 6), ("feats", 8)):
        assert header[column] == "mMiniBERT"
        scores = scores_of_treebanks(task)["mMiniBERT"]
        assert [row[column] for row in rows[:-1]] == [_shown(scores[row[0]]) for row in rows[:-1]]
        assert rows[-1][column] == _shown(mean(scores[row[0]] for row in rows[:-1]))


@pytest.mark.parametrize(("task", "head"), [("upos", "| UPOS | one"), ("feats", "| FEATS | one")])
def test_documentation_has_the_low_resource_scores(task, head):
    header, rows = _rows(head)
    assert header[3:] == list(SYSTEMS)
    by_system = scores_in_table(LOW_RESOURCE_TABLE, task)
    treebanks = [row[0] for row in rows]
    assert treebanks == ["kk_ktb", "hy_armtdp", "lt_hse", "be_hse", "mr_ufal", "ta_ttb"]
    for row in rows:
        assert row[3:] == [_shown(by_system[system][row[0]]) for system in SYSTEMS]


def test_documentation_has_the_code_mixed_scores():
    _, rows = _rows("| Tsai et al. 2019, table 6 |")
    expected = {s: f[CODEMIXED] for s, f in scores_in_table(CODEMIXED_TABLE, "upos").items()}
    assert {system: float(f1) for system, f1 in rows} == expected


def test_documentation_names_where_the_tables_differ():
    """Of mMiniBERT on low-resource languages, by more than rounding."""
    found = defaultdict(set)
    for task in ("upos", "feats"):
        of_treebank = scores_of_treebanks(task)["mMiniBERT"]
        for treebank, f1 in scores_in_table(LOW_RESOURCE_TABLE, task)["mMiniBERT"].items():
            if treebank in of_treebank and abs(f1 - of_treebank[treebank]) > 0.051:
                found[task].add(language_of(treebank))
    assert found == {"upos": {"kk", "hy"}, "feats": {"kk", "hy", "be", "lt", "mr", "ta"}}
    text = " ".join((ROOT / "docs" / "results.md").read_text(encoding="utf-8").split())
    assert (
        "for mMiniBERT kk and hy have other values in table 5 than in tables 8 and 9, and in FEATS "
        "be, lt, mr and ta have, too"
    ) in text


def test_means_are_over_treebanks_that_all_runs_have():
    runs = [{"en_ewt": 0.9, "ko_gsd": 0.5}, {"en_ewt": 0.8}]
    for measured in (runs, runs[::-1]):
        row = next(r for r in published_means("upos", measured) if r.system == "mMiniBERT")
        assert row.treebanks == 1
        assert row.mean == pytest.approx(scores_of_treebanks("upos")["mMiniBERT"]["en_ewt"])
        assert row.measured == [of["en_ewt"] for of in measured]
