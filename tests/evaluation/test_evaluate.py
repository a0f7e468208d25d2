import json

import pytest
import tensorflow as tf

from minibert.data.lookup_tables import string_table
from minibert.data.treebank_files import find_files
from minibert.data.treebank_reader import read_sentences
from minibert.errors import InputError
from minibert.evaluation.details_file import Details
from minibert.evaluation.evaluate import evaluate
from minibert.evaluation.evaluate_config import EvaluateConfig
from minibert.inference.graph_backend import GraphBackend
from minibert.inference.predictor import Predictor
from minibert.json_files import read_json
from minibert.runs.trained_model import load_trained_model
from tests.conftest import TESTDATA, run_script

UD = TESTDATA / "ud"
ENGLISH = UD / "en_demo" / "en_demo-ud-dev.conllu"


def _evaluate(model_dir, output_dir, *conllu, **options):
    evaluate(
        EvaluateConfig(
            model=str(model_dir),
            output_dir=str(output_dir),
            conllu=tuple(map(str, conllu)),
            **options,
        )
    )
    return json.loads((output_dir / "metrics.json").read_text())


def test_counts_are_those_of_a_direct_comparison(demo_model, tmp_path, capsys):
    figures = _evaluate(demo_model, tmp_path / "out", ENGLISH)
    model = load_trained_model(demo_model)
    gold = list(read_sentences(ENGLISH, "en_demo"))
    predictions = list(Predictor(GraphBackend.of_model(model)).predict(s.words for s in gold))
    train = (UD / "en_demo").glob("*train*"), (UD / "ru_demo").glob("*train*")
    seen = {w for paths in train for p in paths for s in read_sentences(p, "x") for w in s.words}
    for vocab in model.description.label_vocabs:
        right = unseen = unseen_right = words = 0
        for sentence, predicted in zip(gold, predictions, strict=True):
            labels = sentence.labels[vocab.task]
            for word, label, index in zip(
                sentence.words, labels, predicted[vocab.task].ids[:, 0], strict=True
            ):
                words += 1
                right += vocab.labels[index] == label
                unseen += word not in seen
                unseen_right += word not in seen and vocab.labels[index] == label
        found = figures["tasks"][vocab.task]["by_treebank"]["en_demo"]
        assert found["words"] == words
        assert found["accuracy"] == pytest.approx(right / words)
        assert 0 < found["unseen_words"] == unseen
        assert found["unseen_word_accuracy"] == pytest.approx(unseen_right / unseen)
        details = read_json(tmp_path / "out" / "details.json", Details, "")
        counts = details.counts(f"{vocab.task}, unseen words", "en_demo")
        assert (counts.words.sum(), counts.correct.sum()) == (unseen, unseen_right)
    assert "macro average" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "metrics.json",
        "metrics.txt",
        "details.json",
        "upos.png",
        "feats.png",
    }


def test_validation_in_training_gives_the_same(demo_model, tmp_path):
    """What the training loop measured on records is what evaluation measures on CoNLL-U."""
    best = json.loads((demo_model / "best.json").read_text())
    history = json.loads((demo_model / "history.json").read_text())["epochs"]
    measured = history[best["epoch"] - 1]["accuracy"]
    files = (UD / "en_demo", UD / "ru_demo")
    figures = _evaluate(demo_model, tmp_path / "out", *files)["tasks"]
    for task, values in measured.items():
        assert figures[task]["macro_accuracy"] == pytest.approx(values["macro"], abs=1e-9)
        assert best["scores"][task] == values["macro"]


def test_limit(demo_model, tmp_path):
    figures = _evaluate(demo_model, tmp_path / "out", ENGLISH, max_sentences_per_treebank=2)
    words = sum(len(s.words) for s in list(read_sentences(ENGLISH, "x"))[:2])
    assert figures["tasks"]["upos"]["by_treebank"]["en_demo"]["words"] == words


def test_files_globs_and_directories():
    assert [file.treebank for file in find_files([str(ENGLISH)], "dev")] == ["en_demo"]
    by_directory = find_files([str(UD)], "dev")
    assert len(by_directory) == 8
    assert find_files([str(UD / "*" / "*-dev.conllu"), str(UD)], "dev") == by_directory
    with pytest.raises(InputError, match="no such file"):
        find_files(["/no/such*"], "dev")
    with pytest.raises(InputError, match="no test file in it"):
        find_files([str(UD)], "test")


def test_treebanks_without_a_dev_file_are_not_in_the_average(demo_model, tmp_path, capsys):
    for treebank, splits in (("aa_x", ("test", "dev")), ("bb_y", ("test",))):
        (tmp_path / treebank).mkdir()
        for split in splits:
            path = tmp_path / treebank / f"{treebank}-ud-{split}.conllu"
            path.write_text(ENGLISH.read_text(encoding="utf-8"), encoding="utf-8")
    # So that the two differ.
    short = tmp_path / "bb_y" / "bb_y-ud-test.conllu"
    short.write_text(short.read_text(encoding="utf-8").split("\n\n")[0] + "\n\n", encoding="utf-8")
    means = {}
    for included in (False, True):
        out = tmp_path / f"out-{included}"
        figures = _evaluate(demo_model, out, tmp_path, split="test", include_untuned=included)
        assert figures["untuned_treebanks"] == ["bb_y"]
        assert ("bb_y*" in capsys.readouterr().out) == (not included)
        task = figures["tasks"]["upos"]
        one, other = (task["by_treebank"][t]["accuracy"] for t in ("aa_x", "bb_y"))
        means[included] = task["macro_accuracy"]
    assert one != other
    assert means == {False: one, True: pytest.approx((one + other) / 2)}
    with pytest.raises(InputError, match="no treebank with a dev file beside it to average over"):
        _evaluate(demo_model, tmp_path / "none", short)


def test_bad_input_leaves_no_output(demo_model, tmp_path):
    bad = tmp_path / "bad.conllu"
    bad.write_text("1\ta\n")
    result = run_script("evaluate", model=demo_model, conllu=bad, output_dir=tmp_path / "out")
    assert result.returncode == 1
    assert f"{bad}:1: 2 columns" in result.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    with pytest.raises(InputError, match="exists already"):
        _evaluate(demo_model, tmp_path / "out", ENGLISH)


def test_labels_are_read_in_the_order_of_ids(demo_model):
    vocab = load_trained_model(demo_model).description.label_vocabs[0]
    table = string_table(vocab.labels)
    ids = table.lookup(tf.constant([*vocab.labels, "no such label"])).numpy().tolist()
    assert ids == [*range(len(vocab)), -1] == vocab.ids([*vocab.labels, "no such label"])
