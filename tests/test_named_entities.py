"""Named entities from files of tags to spans, alone and with other tasks on one encoder."""

import json

import pytest

import minibert
from minibert.errors import InputError
from minibert.evaluation.phrases import conlleval_phrases, count_phrases
from minibert.evaluation.wordpiece_protocol import continued, count_phrases_of_pieces, piece_tags
from minibert.runs.best_epoch import read_best
from tests.conftest import TESTDATA, made_once, mistake_of, run_script, run_well

NER = TESTDATA / "ner"
LANGUAGES = ("en", "es", "hi", "ru", "tr")


@pytest.fixture(scope="module")
def ner_data(tmp_path_factory):
    return made_once(
        tmp_path_factory,
        "ner_data",
        lambda directory: run_well("prepare_ner", input_dir=NER, output_dir=directory),
    )


@pytest.fixture(scope="module")
def model(ner_data, demo_data, tiny_options, tmp_path_factory):
    """A model that learns entities from some sentences and UPOS from others."""
    options = {
        **tiny_options,
        "data_dir": f"{demo_data},{ner_data}",
        "tasks": "upos,ner",
        "epochs": "12",
        "sentences_per_treebank": "100",
        "wordpiece_dropout": "0",
    }
    return made_once(
        tmp_path_factory,
        "ner_model",
        lambda directory: run_well("fine_tune", model_dir=directory, **options),
    )


@pytest.fixture(scope="module")
def evaluation(model, tmp_path_factory):
    directory = tmp_path_factory.mktemp("evaluation") / "ner"
    result = run_script("evaluate_ner", model=model, input_dir=NER, output_dir=directory)
    assert result.returncode == 0, result.stderr
    assert (directory / "metrics.txt").read_text(encoding="utf-8") in result.stdout
    return directory


def test_each_task_is_learned_from_the_sentences_that_have_it(model, evaluation):
    history = json.loads((model / "history.json").read_text())
    assert history["measure"] == "accuracy and phrase F1"
    best = read_best(model)
    (epoch,) = (e for e in history["epochs"] if e["epoch"] == best.epoch)
    by_group = {task: of["by_group"] for task, of in epoch["accuracy"].items()}
    assert set(by_group["upos"]) == {"en_demo", "ru_demo"}
    assert set(by_group["ner"]) == set(LANGUAGES)
    assert min(by_group["upos"].values()) > 0.7
    # What validation counts is what the job counts from the files.
    metrics = json.loads((evaluation / "metrics.json").read_text())
    found = {name: of["phrase F1"]["f1"] for name, of in metrics["by_language"].items()}
    assert found == pytest.approx(by_group["ner"])
    assert metrics["measures"]["phrase F1"]["mean"] == pytest.approx(best.scores["ner"])
    assert best.scores["ner"] > 0.3
    assert set(metrics["by_type"]) == {"PER", "LOC", "ORG"}


def test_entities_are_spans(model, tmp_path):
    """On both backends, in Python and in files."""
    run_well("export", model_dir=model, export_dir=tmp_path / "export")
    sentences = [line.split() for line in _sentences("en")]
    runs = {
        path: list(minibert.Tagger.load(path).find_entities(sentences))
        for path in (model, tmp_path / "export", tmp_path / "export" / "1" / "model.tflite")
    }
    spans = [
        {(i, e.start, e.end, e.type) for i, of in enumerate(of_path) for e in of}
        for of_path in runs.values()
    ]
    assert spans[1] == spans[0]
    # Of 8 bits.
    assert len(spans[2] & spans[0]) > 0.7 * len(spans[2] | spans[0])
    found = [entity for of_sentence in runs[model] for entity in of_sentence]
    assert any(entity.end - entity.start > 1 for entity in found)
    for of_sentence, words in zip(runs[model], sentences, strict=True):
        for entity in of_sentence:
            assert list(entity.words) == words[entity.start : entity.end]
            assert 0 < entity.score <= 1
    result = run_script(
        "tag", model=model, input_format="words", stdin="\n".join(map(" ".join, sentences)) + "\n"
    )
    assert result.returncode == 0, result.stderr
    rows = [line.split("\t") for line in result.stdout.splitlines() if line[:1].isdigit()]
    tagged = minibert.Tagger.load(model).tag(sentences)
    assert [row[9] for row in rows] == [f"NER={w.ner}" for of in tagged for w in of]
    columns = run_script("tag", model=model, output_format="columns", stdin=result.stdout)
    lines = ["\t".join([w.word, w.upos, w.ner]) for of in tagged for w in of]
    assert [line for line in columns.stdout.split("\n") if line] == lines
    assert columns.stdout.count("\n\n") == len(sentences)
    # Tags of another model are replaced.
    again = run_script("tag", model=model, stdin=result.stdout)
    assert again.stdout == result.stdout


def _sentences(language):
    text = (NER / language / "dev.txt").read_text(encoding="utf-8")
    return [
        " ".join(line.split("\t")[0] for line in block.splitlines())
        for block in text.strip().split("\n\n")
    ]


def test_a_model_without_entities(demo_model, tmp_path):
    assert mistake_of("evaluate_ner", model=demo_model, input_dir=NER).endswith(
        "a model without the task ner; give one that has it"
    )
    with pytest.raises(InputError, match="the model has the tasks upos feats, not ner"):
        minibert.Tagger.load(demo_model).find_entities([])


def test_a_split_that_is_not_there(model):
    message = mistake_of("evaluate_ner", model=model, input_dir=NER, split="test")
    assert message == f"{NER}: no file of the split 'test'; there are dev train"


def test_treebank_tasks_of_a_model_with_others_are_evaluated(model, tmp_path):
    path = TESTDATA / "ud" / "en_demo" / "en_demo-ud-dev.conllu"
    run_well("evaluate", model=model, conllu=path, output_dir=tmp_path / "out")
    assert set(json.loads((tmp_path / "out" / "metrics.json").read_text())["tasks"]) == {"upos"}


def test_evaluations_are_compared(evaluation):
    result = run_script("compare", evaluations=f"a={evaluation},b={evaluation}")
    assert result.returncode == 2 or "given twice" in result.stderr


def test_wordpieces_as_the_authors_counted():
    """Their protocol: the specification's examples 8 and 9, and what is cut off."""
    gold = piece_tags(["B-PER", "I-PER"], [1, 2], most=30)
    assert gold == ["B-PER", "I-PER", "X"]
    counts = count_phrases(continued(gold), ["B-PER", "I-PER", "B-LOC"])
    assert [of.total() for of in counts] == [1, 2, 0]
    assert count_phrases(["B-PER", "I-PER"], ["B-PER", "I-PER"]).correct.total() == 1
    assert continued(["O", "X", "B-LOC", "X", "X"]) == ["O", "O", "B-LOC", "I-LOC", "I-LOC"]
    assert continued(["X"]) == ["O"]
    assert piece_tags(["O", "B-LOC", "I-LOC"], [3, 2, 1], most=4) == ["O", "X", "X", "B-LOC"]


def test_sentences_without_a_boundary():
    """A phrase that goes on into the next sentence is one, and counts where it begins."""
    gold = [["O", "B-LOC"], [], ["I-LOC", "B-PER"], ["B-PER"]]
    system = [["O", "B-LOC"], [], ["I-LOC", "O"], ["I-PER"]]
    counts = count_phrases_of_pieces(gold, system, conlleval_phrases)
    assert [[of.total() for of in c] for c in counts] == [
        [1, 1, 1],
        [0, 0, 0],
        [1, 0, 0],
        [1, 1, 1],
    ]


def test_the_authors_protocol_cuts_sentences(model, tmp_path):
    options = {"model": model, "input_dir": NER, "vocab_file": TESTDATA / "vocab.txt"}
    for length in (3, 40):
        run_well(
            "evaluate_ner",
            protocol="xtremedistil",
            max_seq_length=length,
            output_dir=tmp_path / str(length),
            **options,
        )
    short, long = (
        json.loads((tmp_path / name / "metrics.json").read_text())["by_language"]["en"]["phrase F1"]
        for name in ("3", "40")
    )
    # One wordpiece of each sentence.
    assert short["gold"] < long["gold"]
    assert short["gold"] <= 40
