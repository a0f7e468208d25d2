"""The report: its figures, and the page in a browser."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from minibert.errors import InputError
from minibert.evaluation.bootstrap import SentenceCounts, paired_bootstrap
from minibert.evaluation.charts import curves_svg
from minibert.evaluation.published import MULTILINGUAL, scores_of_treebanks
from minibert.evaluation.report import report
from minibert.evaluation.report_config import ReportConfig
from tests.conftest import run_script
from tests.evaluation.html_tables import Tables
from tests.evaluation.made_up import CORRECT, WORDS, history, write_evaluation, write_run

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture
def pages(tmp_path):
    runs = ",".join(str(write_run(tmp_path, name)) for name in ("first", "second"))
    output = tmp_path / "report.html"
    result = run_script("report", runs=runs, output=output)
    assert result.returncode == 0, result.stderr
    return output


def test_figures(pages):
    tables = Tables(pages.read_text(encoding="utf-8")).tables
    summary, published, _, treebanks, languages, scarce = tables[:6]
    accuracy = {
        name: {t: sum(correct[t]) / sum(WORDS[t]) for t in WORDS}
        for name, correct in CORRECT.items()
    }
    macro = {name: 100 * np.mean(list(values.values())) for name, values in accuracy.items()}
    counts = {
        name: {t: SentenceCounts(np.array(WORDS[t]), np.array(correct[t])) for t in WORDS}
        for name, correct in CORRECT.items()
    }
    d = paired_bootstrap(counts["second"], counts["first"])
    assert d.value == pytest.approx((macro["second"] - macro["first"]) / 100)
    shown = f"{100 * d.value:+.2f} ({100 * d.low:+.2f} to {100 * d.high:+.2f})"
    assert summary[1] == ["first", *[f"{macro['first']:.2f}", "baseline"] * 2]
    assert summary[2] == ["second", *[f"{macro['second']:.2f}", shown] * 2]
    assert len(summary) == 3
    by_system = scores_of_treebanks("upos")
    mean = f"{np.mean([by_system['mMiniBERT'][t] for t in WORDS]):.2f}"
    both = [f"{macro[name]:.2f}" for name in CORRECT]
    assert published[1] == ["mMiniBERT", mean, *both, "3", "93.7"]
    assert published[-1] == ["mMiniBERT, not distilled", "-", "-", "-", "0", "90.2"]
    averages = [*both, "", "", "", ""]
    assert treebanks[-1] == ["macro average", "", "", *averages * 2]
    for row, treebank in zip(treebanks[1:-1], WORDS, strict=True):
        one, other = (100 * accuracy[name][treebank] for name in CORRECT)
        cells = [f"{one:.2f}", f"{other:.2f}", f"{other - one:+.2f}"]
        expected = [treebank, treebank[:2], str(sum(WORDS[treebank]))]
        for task in ("upos", "feats"):
            scores = scores_of_treebanks(task)
            expected += [*cells, *(_f1(scores[system].get(treebank)) for system in MULTILINGUAL)]
        assert row == expected
    english = 100 * (accuracy["first"]["en_ewt"] + accuracy["first"]["en_gum"]) / 2
    assert [row[0] for row in languages[1:]] == ["be", "en"]
    assert languages[2][1] == f"{english:.2f}"
    one, other = (f"{100 * accuracy[name]['be_hse']:.2f}" for name in CORRECT)
    assert scarce[1:] == [["be_hse", one, other, "95.0", "95.0", "87.6", "94.8", "91.1"]]


def _f1(score):
    return "–" if score is None else f"{score:.1f}"


def test_markdown(pages):
    text = pages.with_suffix(".md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    blocks = [b.splitlines() for b in text.split("\n\n") if b.startswith("|")]
    # The summary, the published means of each task, the treebanks.
    assert len(blocks) == 4
    for block in blocks:
        assert len({line.count("|") for line in block}) == 1
    assert any(row.startswith("| first | ") and "| baseline |" in row for row in rows)
    assert any(row.startswith("| en_ewt | 12 | 91.67 | 83.33 | 94.2 |") for row in rows)


def test_what_is_in_the_data_is_text(pages):
    text = pages.read_text(encoding="utf-8")
    assert {"b", "i"} & Tables(text).tags <= {"b"}
    assert "&lt;i&gt;" in text
    assert '<td class="left">&lt;b&gt;' in text


def test_no_network(pages):
    """Nothing is loaded; the names of SVG are no addresses to load."""
    text = pages.read_text(encoding="utf-8")
    names = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"https?://[^\s\"'<>]+", text)) <= names
    assert "src=" not in text


def test_commands_run_nothing_else(tmp_path):
    run = write_run(tmp_path, "first", config={"x; touch /tmp/y #": 1})
    report(ReportConfig(runs=(str(run),), output=str(tmp_path / "a.html")))
    text = (tmp_path / "a.html").read_text()
    assert "evaluate.py &#39;--x; touch /tmp/y #=1&#39;" in text


def test_both_pages_or_none(tmp_path):
    run = write_run(tmp_path, "first")
    (tmp_path / "a.md").mkdir()
    with pytest.raises(InputError, match=r"a\.md: cannot write: a directory"):
        report(ReportConfig(runs=(str(run),), output=str(tmp_path / "a.html")))
    assert not (tmp_path / "a.html").exists()


def test_commands_are_those_that_were_given(pages):
    text = pages.read_text(encoding="utf-8")
    assert "&#39;--conllu=UD 22&#39; --split=dev" in text


def test_training_curves(tmp_path):
    """Each model has its own, and agreement with a teacher is not called accuracy."""
    first = write_run(tmp_path, "first")
    second = write_run(tmp_path / "x", "second", history=history("agreement"))
    third = write_evaluation(tmp_path / "third", WORDS, CORRECT["second"])
    runs = (f"a={first}", f"b={second}", f"_c={third}")
    report(ReportConfig(runs=runs, output=str(tmp_path / "a.html")))
    text = (tmp_path / "a.html").read_text()
    dots, _, curves, _ = re.findall("<svg.*?</svg>", text, re.DOTALL)
    assert ["_c" in re.sub("<[^>]*>", "", dots), "_c" in curves] == [True, False]
    assert "b (agreement)" in curves
    assert "b (agreement)" not in dots


def test_curves_of_very_different_length():
    """A run of a hundredth of the time is not a line at the edge."""
    short, long = [(0.5, 0.1), (1.0, 0.4)], [(10.0, 0.2), (11.0, 0.3)]
    for curves, is_logarithmic in (
        ({"a": short, "b": long}, True),
        ({"a": short, "b": short}, False),
        # A logarithm of no time is none.
        ({"a": [(0.0, 0.1), *short], "b": long}, False),
    ):
        assert ("training, logarithmic" in curves_svg(curves)) == is_logarithmic


def test_curves_of_seeds_whose_models_have_one_name(tmp_path):
    runs = [write_run(tmp_path / seed, "first") for seed in "ab"]
    report(ReportConfig(runs=tuple(f"x={r}" for r in runs), output=str(tmp_path / "a.html")))
    text = (tmp_path / "a.html").read_text()
    assert "x, first" in text
    assert "x, first 2" in text
    assert "x, mean of 2 seeds" in text


def test_control_characters_are_shown(tmp_path):
    name = "\x1b[31m _it_ ~~s~~ https://example.org $a$"
    run = write_run(tmp_path, "first")
    options = {"runs": f"{name}={run}", "output": tmp_path / "a.html"}
    result = run_script("report", **options)
    assert result.returncode == 0, result.stderr
    for text in (result.stdout, *((tmp_path / f"a.{kind}").read_text() for kind in ("md", "html"))):
        assert "\x1b" not in text
    shown = r"| \\x1b\[31m \_it\_ \~\~s\~\~ https\://example.org \$a\$ |"
    assert shown in (tmp_path / "a.md").read_text()


def test_labels_that_the_training_data_has_not(pages):
    tables = Tables(pages.read_text(encoding="utf-8")).tables
    (labels,) = (table for table in tables if "words with them" in table[0])
    heads = ("unknown", "words with them", "% of words")
    assert labels == [
        ["run", *("upos", *heads), *("feats", *heads)],
        ["first", *["2", "1", "6", f"{100 * 6 / 27:.2f}"] * 2],
        ["second", *["2", "1", "8", f"{100 * 8 / 27:.2f}"] * 2],
    ]
    assert tables.count([["label", "words"], ["X|Y", "6"]]) == 2


def test_treebanks_without_a_dev_file(tmp_path):
    run = write_run(tmp_path, "first", untuned_treebanks=["be_hse"])
    options = {"runs": (str(run),), "output": str(tmp_path / "a.html")}
    english = [sum(CORRECT["first"][t]) / sum(WORDS[t]) for t in ("en_ewt", "en_gum")]
    for included, accuracies in ((False, english), (True, [6 / 7, *english])):
        report(ReportConfig(**options, include_untuned=included))
        text = (tmp_path / "a.html").read_text()
        assert ("be_hse*" in text) != included
        assert ("has no dev file and is not in the average" in text) != included
        assert Tables(text).tables[0][1][1] == f"{100 * np.mean(accuracies):.2f}"


def test_published_scores_stand_beside_treebanks_of_the_paper_only(tmp_path):
    run = write_evaluation(tmp_path / "demo", {"en_demo": [4]}, {"en_demo": [3]})
    report(ReportConfig(runs=(str(run),), output=str(tmp_path / "a.html")))
    for kind in ("html", "md"):
        assert "Tsai et al. 2019" not in (tmp_path / f"a.{kind}").read_text()


def test_speed(tmp_path):
    one = {
        "latency_milliseconds": {"32": {"p50": 1.5, "p95": 2.5}},
        "words_per_second": {"sorted": 23099.4},
        "load_seconds": 0.3,
        "resident_megabytes": 140.6,
    }
    other = {**one, "latency_milliseconds": {}, "words_per_second": {"treebank": 9.0}}
    figures = {"serving": {"models": {"MiniBERT, 1 thread": one, "UDPipe": other}, "accuracy": {}}}
    path = tmp_path / "speed.json"
    path.write_text(json.dumps(figures))
    run = write_run(tmp_path, "first")
    output = tmp_path / "report.html"
    report(ReportConfig(runs=(str(run),), output=str(output), benchmark=str(path)))
    rows = [row for table in Tables(output.read_text()).tables for row in table]
    assert ["MiniBERT, 1 thread", "1.50", "2.50", "23,099", "–", "141"] in rows
    assert ["UDPipe", "–", "–", "–", "9", "141"] in rows
    one["resident_megabytes"] = "many"
    for content in ({}, figures):
        path.write_text(json.dumps(content))
        with pytest.raises(InputError, match=r"benchmark\.py with the suite serving"):
            report(ReportConfig(runs=(str(run),), output=str(output), benchmark=str(path)))


def test_bad_input(tmp_path):
    first = write_run(tmp_path, "first")
    other = write_run(tmp_path, "second", ("be_hse",))
    for flags, message in (
        ({"runs": f"{first},{other}"}, "first and second are not of the same tasks, treebanks"),
        ({"runs": first, "baseline": "x"}, "--baseline=x: none of the runs first"),
        ({"runs": tmp_path}, "details.json: cannot read"),
        ({"runs": first, "output": tmp_path / "a.txt"}, "must end in .html"),
    ):
        result = run_script("report", **{"output": tmp_path / "out.html", **flags})
        assert result.returncode == 1
        assert message in result.stderr
        assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out.html").exists()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize("width", [1280, 390])
def test_in_a_browser(pages, tmp_path, width):
    """The tables sort, nothing is wider than the window, and the console is empty."""
    script = """<script>
      const table = document.querySelectorAll("table.sortable")[0];
      const names = () => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent).join();
      const found = [];
      for (const column of [3, 3, 0, 2]) {
        table.tHead.rows[0].cells[column].querySelector("button").click();
        found.push(names());
      }
      found.push(document.documentElement.scrollWidth <= window.innerWidth);
      document.body.dataset.found = found.join(";");
    </script></body>"""
    page = tmp_path / "clicked.html"
    page.write_text(pages.read_text(encoding="utf-8").replace("</body>", script))
    result = subprocess.run(
        [
            *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *("--enable-logging=stderr", "--v=0", f"--window-size={width},900"),
            *(f"--user-data-dir={tmp_path / 'profile'}", page.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "CONSOLE" not in result.stderr
    (found,) = re.findall(r'data-found="([^"]*)"', result.stdout)
    by_accuracy = "en_ewt,be_hse,en_gum"
    backwards = ",".join(reversed(by_accuracy.split(",")))
    assert found.split(";") == [
        *(by_accuracy, backwards, "be_hse,en_ewt,en_gum", "en_ewt,en_gum,be_hse"),
        "true",
    ]
