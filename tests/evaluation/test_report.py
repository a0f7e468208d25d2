"""The report: its figures, and the page in a browser."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest

from minibert.errors import InputError
from minibert.evaluation.bootstrap import SentenceCounts, paired_bootstrap
from minibert.evaluation.published import PublishedScore, published_scores
from minibert.evaluation.report import report
from minibert.evaluation.report_config import ReportConfig
from minibert.evaluation.runs import read_runs as _read_runs
from minibert.models.history import ACCURACY
from tests.conftest import run_script
from tests.evaluation.made_up import history, write_evaluation

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
WORDS = {"be_hse": [4, 3], "en_ewt": [5, 5, 2], "en_gum": [7, 1]}
CORRECT = {
    "first": {"be_hse": [4, 2], "en_ewt": [5, 4, 2], "en_gum": [3, 1]},
    "second": {"be_hse": [1, 1], "en_ewt": [4, 4, 2], "en_gum": [6, 1]},
}


def _write_run(directory, name, treebanks=tuple(WORDS), **changes):
    correct = {treebank: CORRECT[name][treebank] for treebank in treebanks}
    return write_evaluation(directory / name, WORDS, correct, measure=ACCURACY, **changes)


def read_runs(places):
    return _read_runs(list(map(str, places)), include_untuned=False)


class _Tables(HTMLParser):
    """The texts of the cells of all tables."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.tags = [], set()
        self._cell = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell = []

    def handle_data(self, data):
        if self._cell is not None:
            self._cell.append(data)

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.tables[-1][-1].append(" ".join("".join(self._cell).split()))
            self._cell = None


@pytest.fixture
def pages(tmp_path):
    runs = ",".join(str(_write_run(tmp_path, name)) for name in ("first", "second"))
    output = tmp_path / "report.html"
    result = run_script("report", runs=runs, output=output)
    assert result.returncode == 0, result.stderr
    return output


def test_figures(pages):
    tables = _Tables(pages.read_text(encoding="utf-8")).tables
    summary, treebanks, languages, scarce = tables[:4]
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
    assert summary[3][:2] == [
        "Tsai et al. 2019, table 7: mMiniBERT, not distilled (test, F1)",
        "90.2",
    ]
    averages = [f"{macro['first']:.2f}", f"{macro['second']:.2f}", ""]
    assert treebanks[-1] == ["macro average", "", "", *averages * 2]
    for row, treebank in zip(treebanks[1:-1], WORDS, strict=True):
        one, other = (100 * accuracy[name][treebank] for name in CORRECT)
        cells = [f"{one:.2f}", f"{other:.2f}", f"{other - one:+.2f}"]
        assert row == [treebank, treebank[:2], str(sum(WORDS[treebank])), *cells * 2]
    english = 100 * (accuracy["first"]["en_ewt"] + accuracy["first"]["en_gum"]) / 2
    assert [row[0] for row in languages[1:]] == ["be", "en"]
    assert languages[2][1] == f"{english:.2f}"
    assert [row[0] for row in scarce[1:]] == ["be_hse"]


def test_markdown(pages):
    text = pages.with_suffix(".md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    blocks = [b.splitlines() for b in text.split("\n\n") if b.startswith("|")]
    assert len(blocks) == 2
    for block in blocks:
        assert len({line.count("|") for line in block}) == 1
    assert any(row.startswith("| first | ") and "| baseline |" in row for row in rows)
    assert any(row.startswith("| en_ewt | 12 |") for row in rows)


def test_what_is_in_the_data_is_text(pages):
    text = pages.read_text(encoding="utf-8")
    assert {"b", "i"} & _Tables(text).tags <= {"b"}
    assert "&lt;i&gt;" in text
    assert '<td class="left">&lt;b&gt;' in text


def test_no_network(pages):
    """Nothing is loaded; the names of SVG are no addresses to load."""
    text = pages.read_text(encoding="utf-8")
    names = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"https?://[^\s\"'<>]+", text)) <= names
    assert "src=" not in text


def test_commands_run_nothing_else(tmp_path):
    run = _write_run(tmp_path, "first", config={"x; touch /tmp/y #": 1})
    report(ReportConfig(runs=(str(run),), output=str(tmp_path / "a.html")))
    text = (tmp_path / "a.html").read_text()
    assert "evaluate.py &#39;--x; touch /tmp/y #=1&#39;" in text


def test_both_pages_or_none(tmp_path):
    run = _write_run(tmp_path, "first")
    (tmp_path / "a.md").mkdir()
    with pytest.raises(InputError, match=r"a\.md: cannot write: a directory"):
        report(ReportConfig(runs=(str(run),), output=str(tmp_path / "a.html")))
    assert not (tmp_path / "a.html").exists()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("treebanks",), {}, "Expected `object` of length >= 1"),
        (("labels", "upos"), None, "Expected `array`"),
        (("labels",), {"upos": ["X"]}, "a treebank without one of the tasks"),
        (("treebanks", "en_ewt", "words"), [5, 5], "not as many sentences of upos as there are"),
        (("treebanks", "en_ewt", "tasks", "feats"), None, "Expected `object`"),
        (("treebanks", "en_ewt", "tasks", "feats", "correct"), [6, 4, 2], "more right labels of"),
        (("treebanks", "en_ewt", "tasks", "feats", "correct"), [5, 5, 2], "not as many wrong"),
        (("treebanks", "en_ewt", "tasks", "feats", "confusions"), [], "not as many wrong labels"),
        (("history", "epochs"), [{}], "missing required field"),
        (("history", "measure"), "a\nb", "matching regex"),
        (("treebanks", "en_ewt", "words"), [2**21, 5, 2], "Expected `int` <= 1048576"),
        (("labels",), {str(i): [] for i in range(11)}, "Expected `object` of length <= 10"),
        (("config", "conllu"), [[1]], "Expected `str`"),
    ],
)
def test_forged_evaluations(tmp_path, path, value, message):
    run = _write_run(tmp_path, "first")
    content = json.loads((run / "details.json").read_text())
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (run / "details.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=rf"details\.json: not as it must be \(.*{message}.*gold"):
        read_runs([run])


def test_commands_are_those_that_were_given(pages):
    text = pages.read_text(encoding="utf-8")
    assert "&#39;--conllu=UD 22&#39; --split=dev" in text


def test_models_of_one_name_are_one_run(tmp_path):
    whole = _write_run(tmp_path, "first")
    parts = tmp_path / "parts"
    english = _write_run(parts / "en", "second", ("en_ewt", "en_gum"))
    other = _write_run(parts / "be", "second", ("be_hse",))
    runs = (f"all={whole}", f"each={english}", f"each={other}")
    one, each = read_runs(runs)
    assert (one.name, each.name) == ("all", "each")
    assert each.words == one.words
    for task in one.tasks:
        ((pair, examples),) = each.confusions(task)
        assert pair.words == 27 - sum(map(sum, CORRECT["second"].values()))
        # Where it is wrong most often first.
        assert examples == [f"{t}: a [<i>] b" for t in ("be_hse", "en_ewt", "en_gum")]
    report(ReportConfig(runs=runs, output=str(tmp_path / "a.html"), baseline="each"))
    assert "each" in (tmp_path / "a.md").read_text()
    with pytest.raises(InputError, match="/second: neither of the same words nor of"):
        read_runs((f"each={whole}", f"each={other}"))


def test_seeds_of_one_name_are_their_mean(tmp_path):
    first, second = (_write_run(tmp_path, name) for name in CORRECT)
    (run,) = read_runs((f"a={first}", f"a={second}"))
    right = sum(sum(correct["en_ewt"]) for correct in CORRECT.values())
    assert run.accuracy("upos", "en_ewt") == pytest.approx(right / 2 / 12)
    one, other = read_runs((first, second))
    assert run.macro("upos") == pytest.approx((one.macro("upos") + other.macro("upos")) / 2)
    d = run.difference("upos", one)
    assert d.value == pytest.approx(run.macro("upos") - one.macro("upos"))


def test_training_curves(tmp_path):
    """Each model has its own, and agreement with a teacher is not called accuracy."""
    first = _write_run(tmp_path, "first")
    second = _write_run(tmp_path / "x", "second", history=history("agreement"))
    third = write_evaluation(tmp_path / "third", WORDS, CORRECT["second"])
    runs = (f"a={first}", f"b={second}", f"_c={third}")
    report(ReportConfig(runs=runs, output=str(tmp_path / "a.html")))
    text = (tmp_path / "a.html").read_text()
    dots, _, curves, _ = re.findall("<svg.*?</svg>", text, re.DOTALL)
    assert ["_c" in re.sub("<[^>]*>", "", dots), "_c" in curves] == [True, False]
    assert "b (agreement)" in curves
    assert "b (agreement)" not in dots


def test_curves_of_seeds_whose_models_have_one_name(tmp_path):
    runs = [_write_run(tmp_path / seed, "first") for seed in "ab"]
    report(ReportConfig(runs=tuple(f"x={r}" for r in runs), output=str(tmp_path / "a.html")))
    text = (tmp_path / "a.html").read_text()
    assert "x, first" in text
    assert "x, first 2" in text
    assert "x, mean of 2 seeds" in text


def test_control_characters_are_shown(tmp_path):
    name = "\x1b[31m _it_ ~~s~~ https://example.org $a$"
    run = _write_run(tmp_path, "first")
    options = {"runs": f"{name}={run}", "output": tmp_path / "a.html"}
    result = run_script("report", **options)
    assert result.returncode == 0, result.stderr
    for text in (result.stdout, *((tmp_path / f"a.{kind}").read_text() for kind in ("md", "html"))):
        assert "\x1b" not in text
    shown = r"| \\x1b\[31m \_it\_ \~\~s\~\~ https\://example.org \$a\$ |"
    assert shown in (tmp_path / "a.md").read_text()


def test_labels_that_the_training_data_has_not(pages):
    tables = _Tables(pages.read_text(encoding="utf-8")).tables
    (labels,) = (table for table in tables if "words with them" in table[0])
    heads = ("unknown", "words with them", "% of words")
    assert labels == [
        ["run", *("upos", *heads), *("feats", *heads)],
        ["first", *["2", "1", "6", f"{100 * 6 / 27:.2f}"] * 2],
        ["second", *["2", "1", "8", f"{100 * 8 / 27:.2f}"] * 2],
    ]
    assert tables.count([["label", "words"], ["X|Y", "6"]]) == 2


def test_treebanks_without_a_dev_file(tmp_path):
    run = _write_run(tmp_path, "first", untuned_treebanks=["be_hse"])
    options = {"runs": (str(run),), "output": str(tmp_path / "a.html")}
    english = [sum(CORRECT["first"][t]) / sum(WORDS[t]) for t in ("en_ewt", "en_gum")]
    for included, accuracies in ((False, english), (True, [6 / 7, *english])):
        report(ReportConfig(**options, include_untuned=included))
        text = (tmp_path / "a.html").read_text()
        assert ("be_hse*" in text) != included
        assert ("has no dev file and is not in the average" in text) != included
        assert _Tables(text).tables[0][1][1] == f"{100 * np.mean(accuracies):.2f}"


def test_a_treebank_of_a_paper(tmp_path, monkeypatch):
    score = PublishedScore("A paper", "Meta-LSTM", "upos", "be_hse", 87.5)
    monkeypatch.setattr("minibert.evaluation.report.published_scores", lambda: [score])
    run = _write_run(tmp_path, "first")
    report(ReportConfig(runs=(str(run),), output=str(tmp_path / "a.html")))
    head, belarusian, english, *_ = _Tables((tmp_path / "a.html").read_text()).tables[1]
    column = head.index("upos published")
    assert (belarusian[column], english[column]) == ("Meta-LSTM 87.5", "")


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
    run = _write_run(tmp_path, "first")
    output = tmp_path / "report.html"
    report(ReportConfig(runs=(str(run),), output=str(output), benchmark=str(path)))
    rows = [row for table in _Tables(output.read_text()).tables for row in table]
    assert ["MiniBERT, 1 thread", "1.50", "2.50", "23,099", "–", "141"] in rows
    assert ["UDPipe", "–", "–", "–", "9", "141"] in rows
    one["resident_megabytes"] = "many"
    for content in ({}, figures):
        path.write_text(json.dumps(content))
        with pytest.raises(InputError, match=r"benchmark\.py with the suite serving"):
            report(ReportConfig(runs=(str(run),), output=str(output), benchmark=str(path)))


def test_bad_input(tmp_path):
    first = _write_run(tmp_path, "first")
    other = _write_run(tmp_path, "second", ("be_hse",))
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


def test_published_scores():
    assert {score.task for score in published_scores()} == {"upos", "feats"}
    assert all(0 < score.f1 < 100 for score in published_scores())


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
