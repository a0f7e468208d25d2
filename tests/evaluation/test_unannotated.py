"""Words without a label do not count, wherever accuracy is measured and shown."""

import json
from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.label_vocab import LabelVocab
from minibert.errors import InputError
from minibert.evaluation.accuracy_report import metrics, metrics_table, plot_accuracy
from minibert.evaluation.compare import compare
from minibert.evaluation.compare_config import CompareConfig
from minibert.evaluation.details_file import (
    DETAILS_FILE,
    Details,
    treebank_details,
    unseen,
    write_details,
)
from minibert.evaluation.metrics import metric_of
from minibert.evaluation.read_runs import read_runs
from minibert.evaluation.report import report
from minibert.evaluation.report_config import ReportConfig
from minibert.evaluation.task_counts import TaskCounts
from minibert.json_files import read_json
from tests.conftest import TESTDATA, run_script

VOCAB = LabelVocab("upos", ("NOUN", "VERB"))


def _counts(*sentences):
    """Of sentences of gold and predicted labels; every other word is unseen."""
    counts = TaskCounts()
    for gold, predicted in sentences:
        words = [f"w{index}" for index in range(len(gold))]
        counts.add(words, gold, predicted, np.arange(len(gold)) % 2 == 0, VOCAB)
    return counts


@pytest.fixture
def results():
    """Of aa_x some words have no label of a task; bb_y has no FEATS at all."""
    partly = _counts(
        (["", "VERB", "", "NOUN", "X"], ["NOUN", "VERB", "VERB", "VERB", "NOUN"]),
        (["", ""], ["NOUN", "NOUN"]),
    )
    whole = _counts((["NOUN"] * 5, ["NOUN"] * 4 + ["VERB"]), (["NOUN", "VERB"], ["NOUN", "NOUN"]))
    other = _counts((["VERB"] * 4, ["VERB"] * 4))
    none = _counts(([""] * 4, ["NOUN"] * 4))
    return {"aa_x": {"upos": partly, "feats": whole}, "bb_y": {"upos": other, "feats": none}}


def test_counts(results):
    counts = results["aa_x"]["upos"]
    assert (counts.words, counts.correct, counts.unlabeled) == (3, 1, 4)
    # Words 0, 2 and 4 of the first sentence are unseen, and of these the last has a label.
    assert (counts.unseen_words, counts.unseen_accuracy, counts.unknown_labels) == (1, 0, 1)
    assert counts.confusions == {("NOUN", "VERB"): 1, ("X", "NOUN"): 1}
    assert counts.sentence_words == [5, 2]
    assert counts.sentence_labeled == [3, 0]
    assert counts.sentence_correct == [1, 0]
    assert counts.accuracy == pytest.approx(1 / 3)
    assert results["bb_y"]["feats"].accuracy is None


def test_figures_and_table(results, tmp_path):
    figures = metrics(results)
    assert figures["upos"]["macro_accuracy"] == pytest.approx((1 / 3 + 1) / 2)
    assert figures["upos"]["micro_accuracy"] == pytest.approx(5 / 7)
    assert figures["feats"]["macro_accuracy"] == pytest.approx(5 / 7)
    assert figures["feats"]["by_treebank"]["bb_y"] == {
        "words": 0,
        "unlabeled_words": 4,
        "accuracy": None,
        "unseen_words": 0,
        "unseen_word_accuracy": None,
        "unknown_labels": 0,
    }
    lines = metrics_table(figures).splitlines()
    assert [line.split() for line in lines[1:4]] == [
        ["aa_x", "7", "33.33", "0.00", "71.43", "75.00"],
        ["bb_y", "4", "100.00", "100.00", "-", "-"],
        ["macro", "average", "11", "66.67", "50.00", "71.43", "75.00"],
    ]
    assert lines[4:6] == [
        "4 of the words have no upos and do not count there",
        "4 of the words have no feats and do not count there",
    ]
    plot_accuracy(tmp_path / "feats.png", "feats", figures["feats"])
    # What no treebank of the average has is no task of the evaluation.
    assert list(metrics(results, ["aa_x"])) == ["upos"]


def _write(directory, results):
    directory.mkdir()
    labels = dict.fromkeys(("upos", "feats"), VOCAB.labels)
    write_details(directory, Details({}, labels, [], treebank_details(results), None))
    return str(directory)


def test_details_are_read_back(results, tmp_path):
    _write(tmp_path / "a", results)
    details = read_json(tmp_path / "a" / DETAILS_FILE, Details, "mend it")
    assert sum(details.words["aa_x"]) == 7
    assert details.treebanks["aa_x"].tasks["upos"].labeled == [3, 0]
    assert details.treebanks["aa_x"].tasks["feats"].labeled is None
    assert details.labeled_words("upos") == 7
    assert details.labeled_words("feats") == 7
    assert details.counts("upos", "aa_x").figure == pytest.approx(1 / 3)
    assert details.counts("feats", "bb_y").figure is None
    unseen_words = details.counts(unseen("upos"), "aa_x")
    assert unseen_words.words.tolist() == details.treebanks["aa_x"].tasks["upos"].unseen_labeled


def test_runs_side_by_side(results, tmp_path, capsys):
    places = [_write(tmp_path / "a", results)]
    results["aa_x"]["upos"].sentence_correct[0] += 1
    del results["aa_x"]["upos"].confusions["X", "NOUN"]
    places.append(_write(tmp_path / "b", results))
    compare(CompareConfig(evaluations=tuple(places)))
    assert [line.split() for line in capsys.readouterr().out.splitlines()[1:4]] == [
        ["aa_x", "33.33", "66.67", "71.43", "71.43"],
        ["bb_y", "100.00", "100.00", "-", "-"],
        ["macro", "average", "66.67", "83.33", "71.43", "71.43"],
    ]
    one, other = read_runs(places, include_untuned=False).gold
    # Every draw of the one sentence with labels is that sentence.
    difference = other.difference("upos", one)
    assert (difference.value, difference.low, difference.high) == pytest.approx((1 / 6,) * 3)
    assert other.difference("feats", one).value == 0
    report(ReportConfig(runs=tuple(places), output=str(tmp_path / "report.html")))
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| bb_y | 4 | 100.00 | 100.00 | - | - |" in page


def test_runs_of_other_words_with_labels_are_not_compared(results, tmp_path):
    """Their averages would be over other treebanks."""
    places = [_write(tmp_path / "a", results)]
    results["bb_y"]["feats"] = _counts((["VERB"] * 4, ["VERB"] * 4))
    places.append(_write(tmp_path / "b", results))
    message = "a and b have not the same words with feats in bb_y; evaluate both with the same"
    with pytest.raises(InputError, match=message):
        read_runs(places, include_untuned=False)
    # Nor are they seeds of one model.
    with pytest.raises(InputError, match="have not the same words with feats in bb_y"):
        read_runs([f"both={place}" for place in places], include_untuned=False)


def test_a_task_that_no_treebank_has_is_not_compared(results, tmp_path):
    places = [_write(tmp_path / "a", {"bb_y": results["bb_y"]})]
    (run,) = read_runs(places, include_untuned=False).gold
    assert run.macro("upos") == 1
    assert run.macro("feats") is None


class _Positions:
    """A tagger that gives each word the label of its position."""

    def __init__(self):
        self.heads = {"upos": None, "feats": None}

    def logits(self, batch):
        positions = batch["word_positions"]
        logits = tf.one_hot(tf.boolean_mask(positions, positions >= 0), 4)
        return {"upos": logits, "feats": logits}


class _Batches(NamedTuple):
    batches: tf.data.Dataset
    groups: list[str]

    def num_steps(self, epoch):
        return len(self.batches)

    def evaluation_batches(self):
        return self.batches


def test_accuracy_in_training():
    """Unknown labels are wrong; words without a label, and treebanks of such, do not count."""
    batch = {
        "input_ids": tf.ones([3, 5], tf.int32),
        "word_positions": tf.constant([[1, 2, 3], [1, 3, -1], [1, 2, -1]]),
        "group": tf.constant([0, 1, 1]),
        "upos": tf.constant([[1, -2, 0], [-2, 3, -1], [-1, 2, -1]]),
        "feats": tf.constant([[1, 2, 0], [-2, -2, -1], [-2, -2, -1]]),
    }
    batches = tf.data.Dataset.from_tensors(batch).repeat(2)
    vocabs = [LabelVocab(task, tuple("abcd")) for task in ("upos", "feats")]
    accuracy = metric_of(vocabs)(_Positions(), _Batches(batches, ["aa_x", "bb_y"]))
    assert accuracy.measure() == {
        "upos": {"aa_x": 1 / 2, "bb_y": 2 / 3},
        "feats": {"aa_x": 2 / 3},
    }


@pytest.fixture(scope="module")
def treebanks(tmp_path_factory):
    """Each third word of en_demo has no UPOS; of ru_demo FEATS are not annotated."""
    directory = tmp_path_factory.mktemp("unannotated") / "in"
    for name in ("en_demo", "ru_demo"):
        (directory / name).mkdir(parents=True)
        for path in (TESTDATA / "ud" / name).glob("*.conllu"):
            lines = path.read_text(encoding="utf-8").split("\n")
            for index, line in enumerate(lines):
                cells = line.split("\t")
                if len(cells) == 10 and name == "en_demo" and index % 3 == 0:
                    cells[3] = "_"
                elif len(cells) == 10 and name == "ru_demo":
                    cells[5] = "_"
                lines[index] = "\t".join(cells)
            (directory / name / path.name).write_text("\n".join(lines), encoding="utf-8")
    return directory


def test_training_and_evaluation(treebanks, tiny_options, tmp_path):
    """What the jobs say of such treebanks, from preparing them to the evaluation of the model."""
    flag = {"feats_unannotated": "ru_*"}
    data, run, output = tmp_path / "data", tmp_path / "run", tmp_path / "evaluation"
    options = {**tiny_options, "data_dir": data, "epochs": "1", "sentences_per_treebank": "20"}
    for script, flags in (
        ("prepare_ud", {"input_dir": treebanks, "output_dir": data, **flag}),
        ("fine_tune", {**options, "model_dir": run}),
        ("evaluate", {"model": run, "conllu": treebanks, "output_dir": output, **flag}),
    ):
        result = run_script(script, **flags)
        assert result.returncode == 0, result.stderr
    labels = json.loads((run / "model.json").read_text())["labels"]
    assert "" not in labels["upos"]
    assert "_" not in labels["upos"]
    (epoch,) = json.loads((run / "history.json").read_text())["epochs"]
    assert set(epoch["accuracy"]["upos"]["by_group"]) == {"en_demo", "ru_demo"}
    assert set(epoch["accuracy"]["feats"]["by_group"]) == {"en_demo"}
    tasks = json.loads((output / "metrics.json").read_text())["tasks"]
    for task, measured in epoch["accuracy"].items():
        assert tasks[task]["macro_accuracy"] == pytest.approx(measured["macro"], abs=1e-9)
    path = treebanks / "en_demo" / "en_demo-ud-dev.conllu"
    cells = [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n")]
    tags = [line[3] for line in cells if line[0].isdecimal()]
    english = tasks["upos"]["by_treebank"]["en_demo"]
    assert english["unlabeled_words"] == tags.count("_") > 0
    assert english["words"] == len(tags) - tags.count("_")
    assert not any(pair["gold"] == "" for pair in tasks["upos"]["worst_confusions"])


def test_flag_is_for_gold_words(tmp_path):
    files = {"gold": tmp_path / "a", "system": tmp_path / "b"}
    result = run_script("evaluate", feats_unannotated="ko_gsd", **files)
    assert result.returncode == 1
    assert "--feats_unannotated=ko_gsd: for --model with gold words" in result.stderr


def test_nothing_to_be_right_on(demo_model, tmp_path):
    path = tmp_path / "xx_a-ud-dev.conllu"
    path.write_text("1\ta\t_\t_\t_\tCase=Nom\t_\t_\t_\t_\n\n1\tb\t_\tX\t_\t_\t_\t_\t_\t_\n\n")
    flags = {"feats_unannotated": "xx_a", "max_sentences_per_treebank": "1"}
    result = run_script(
        "evaluate", model=demo_model, conllu=path, output_dir=tmp_path / "out", **flags
    )
    assert result.returncode == 1
    assert f"--conllu={path}: no word has a label to be right on" in result.stderr
    assert "upos is left out: no word has a label\n" in result.stderr
