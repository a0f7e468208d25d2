"""Runs: what is read, what cannot be, and several evaluations of one name."""

import json

import pytest

from minibert.errors import InputError
from minibert.evaluation.mistakes import confusions
from minibert.evaluation.report import report
from minibert.evaluation.report_config import ReportConfig
from tests.evaluation.made_up import CORRECT, gold_runs, write_run


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("treebanks",), {}, "Expected `object` of length >= 1"),
        (("labels", "upos"), None, "Expected `array`"),
        (("labels",), {"upos": ["X"]}, "a treebank without one of the tasks"),
        (("treebanks", "en_ewt", "words"), [5, 5], "not as many sentences of right labels of upos"),
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
    run = write_run(tmp_path, "first")
    content = json.loads((run / "details.json").read_text())
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (run / "details.json").write_text(json.dumps(content))
    with pytest.raises(
        InputError, match=rf"details\.json: not as it must be \(.*{message}.*of a model"
    ):
        gold_runs([run])


def test_models_of_one_name_are_one_run(tmp_path):
    whole = write_run(tmp_path, "first")
    parts = tmp_path / "parts"
    english = write_run(parts / "en", "second", ("en_ewt", "en_gum"))
    other = write_run(parts / "be", "second", ("be_hse",))
    runs = (f"all={whole}", f"each={english}", f"each={other}")
    one, each = gold_runs(runs)
    assert (one.name, each.name) == ("all", "each")
    assert each.words == one.words
    for task in one.parts[0][0].tasks:
        ((pair, examples),) = confusions(each.evaluations, task)
        assert pair.words == 27 - sum(map(sum, CORRECT["second"].values()))
        # Where it is wrong most often first.
        assert examples == [f"{t}: a [<i>] b" for t in ("be_hse", "en_ewt", "en_gum")]
    report(ReportConfig(runs=runs, output=str(tmp_path / "a.html"), baseline="each"))
    assert "each" in (tmp_path / "a.md").read_text()
    with pytest.raises(InputError, match="/second: neither of the same words nor of"):
        gold_runs((f"each={whole}", f"each={other}"))


def test_evaluations_without_unseen_words_are_read(tmp_path):
    """As releases wrote them that did not count these."""
    run = write_run(tmp_path, "first")
    content = json.loads((run / "details.json").read_text())
    for treebank in content["treebanks"].values():
        del treebank["unseen_words"]
        for task in treebank["tasks"].values():
            del task["unseen_correct"]
    (run / "details.json").write_text(json.dumps(content))
    (read,) = gold_runs((run,))
    assert read.value("upos", "be_hse") == 6 / 7
    assert read.macro("upos, unseen words") is None


def test_seeds_of_one_name_are_their_mean(tmp_path):
    first, second = (write_run(tmp_path, name) for name in CORRECT)
    (run,) = gold_runs((f"a={first}", f"a={second}"))
    right = sum(sum(correct["en_ewt"]) for correct in CORRECT.values())
    assert run.value("upos", "en_ewt") == pytest.approx(right / 2 / 12)
    one, other = gold_runs((first, second))
    assert run.macro("upos") == pytest.approx((one.macro("upos") + other.macro("upos")) / 2)
    d = run.difference("upos", one)
    assert d.value == pytest.approx(run.macro("upos") - one.macro("upos"))
