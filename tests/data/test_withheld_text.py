"""Treebanks whose text is left out: what is skipped, counted, named and refused."""

import json

import pytest

from minibert.data.conllu_reader import read_conllu
from minibert.data.dataset_info import load_dataset_info
from minibert.data.prepare_text import prepare_text
from minibert.data.prepare_text_config import PrepareTextConfig
from minibert.data.prepare_ud import prepare_ud
from minibert.data.prepare_ud_config import PrepareUdConfig
from minibert.data.sentence import Skipped
from minibert.data.text_info import load_text_info
from minibert.data.treebank_reader import read_sentences
from minibert.data.withheld_text import is_withheld, withheld_sentences
from minibert.errors import InputError
from minibert.evaluation.conll18 import score_files
from tests.conftest import run_script

TEXT = "the:DET dog:NOUN barks:VERB .:PUNCT"
WITHHELD = "_:DET _:NOUN _:VERB _:PUNCT"
REMEDY = "add it as the README of the treebank says, or leave the treebank out"


def conllu(*sentences):
    """Sentences of FORM:UPOS; `3-4:FORM` is the line of a multiword token."""
    lines = []
    for sentence in sentences:
        number = 0
        for word in sentence.split():
            form, _, upos = word.rpartition(":")
            index, hyphen, _ = form.partition("-")
            if hyphen and index.isdecimal():
                lines.append("\t".join([form, upos, *"________"]))
            else:
                number += 1
                lines.append("\t".join([str(number), form, "_", upos, *"______"]))
        lines.append("")
    return "\n".join([*lines, ""])


@pytest.mark.parametrize(
    ("sentence", "withheld"),
    [
        (TEXT, False),
        (WITHHELD, True),
        ("_:NOUN", True),
        ("_:_ _:_", True),
        # Of some the length is there, of some what is no word of the author's.
        ("___:DET ____:NOUN", True),
        ("_:DET _:NOUN 1990:NUM ,:PUNCT _:VERB", True),
        ("Reuters:PROPN _:DET _:NOUN", True),
        # What stands in texts: rules, blanks to fill in, dashes.
        ("_:PUNCT", False),
        ("______:SYM", False),
        ("1999:NUM _:PUNCT", False),
        ("a:X _:SYM _:SYM _:PUNCT", False),
        ("name:NOUN _:NOUN", False),
        # The words of a multiword token have no form, the token has: as in mr_ufal.
        ("1-2:ghara _:NOUN _:ADP", False),
        ("1-2:_ _:NOUN _:ADP", True),
    ],
)
def test_sentences(tmp_path, sentence, withheld):
    path = tmp_path / "xx_a-ud-dev.conllu"
    path.write_text(conllu(sentence))
    (read,) = read_conllu(path)
    assert is_withheld(read) == withheld
    if "_:_" not in sentence:
        (labeled,) = read_sentences(path, "xx_a")
        assert (labeled is Skipped.WITHHELD) == withheld


@pytest.mark.parametrize(
    ("sentences", "withheld"),
    [
        ([TEXT], 0),
        ([WITHHELD] * 3, 3),
        # What is left has no word in it.
        ([WITHHELD, "_:PUNCT", "1:NUM .:PUNCT", WITHHELD], 2),
        ([WITHHELD] * 100 + [TEXT], 0),
        ([WITHHELD] * 101 + [TEXT], 101),
        (["1:NUM"], 0),
        ([WITHHELD] * 20_000 + [TEXT] * 100, 0),
    ],
)
def test_files(tmp_path, sentences, withheld):
    path = tmp_path / "a.conllu"
    path.write_text(conllu(*sentences))
    assert withheld_sentences(path) == withheld


@pytest.fixture
def treebanks(tmp_path):
    """One whole, one in part, one without text, and one without text to train on."""
    directory = tmp_path / "in"
    directory.mkdir()
    for name, split, sentences in (
        ("xx_whole", "train", [TEXT] * 3),
        ("xx_part", "train", [WITHHELD, TEXT, WITHHELD, TEXT, "_:PUNCT"]),
        ("xx_part", "dev", [WITHHELD]),
        ("xx_none", "train", [WITHHELD] * 4),
        ("xx_none", "dev", [WITHHELD] * 2),
        ("xx_dev", "train", [WITHHELD]),
        ("xx_dev", "dev", [TEXT]),
    ):
        (directory / f"{name}-ud-{split}.conllu").write_text(conllu(*sentences))
    return directory


def _prepare(treebanks, *names):
    output = treebanks.parent / "out"
    prepare_ud(PrepareUdConfig(input_dir=str(treebanks), output_dir=str(output), treebanks=names))
    return load_dataset_info(output)


def test_prepared_treebanks(treebanks, capsys):
    info = _prepare(treebanks)
    assert [(p.treebank, p.split, p.sentences, p.withheld) for p in info.parts] == [
        ("xx_part", "train", 3, 2),
        ("xx_whole", "train", 3, 0),
    ]
    assert info.withheld_files == {
        "xx_dev-ud-train.conllu": 1,
        "xx_none-ud-dev.conllu": 2,
        "xx_none-ud-train.conllu": 4,
        "xx_part-ud-dev.conllu": 1,
    }
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split()[:6] == ["xx_part", "train", "3", "9", "0", "2"]
    lines = [line for line in err.splitlines() if "skipped" in line]
    assert len(lines) == 5
    none = treebanks / "xx_none-ud-train.conllu"
    assert f"{none}: skipped, its text is withheld, FORM is _ in 4 sentences; {REMEDY}" in lines
    dev = treebanks / "xx_dev-ud-dev.conllu"
    assert f"{dev}: skipped, the text of the train file of xx_dev is withheld" in lines
    # The same command again finds the same data.
    assert _prepare(treebanks).parts == info.parts


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("xx_none",), "xx_none-ud-dev.conllu: its text is withheld, FORM is _ in 2 sentences"),
        (("xx_dev",), "xx_dev-ud-dev.conllu: the text of the train file of xx_dev is withheld"),
    ],
)
def test_nothing_to_prepare(treebanks, names, message):
    with pytest.raises(InputError) as error:
        _prepare(treebanks, *names)
    assert str(error.value) == f"{treebanks}/{message}; {REMEDY}"
    assert not (treebanks.parent / "out").exists()


def test_data_sets_of_before_are_read(treebanks):
    path = _prepare(treebanks, "xx_whole").directory / "dataset.json"
    content = json.loads(path.read_text())
    content["format_version"] = 1
    del content["withheld_files"]
    for part in content["parts"]:
        del part["withheld"]
    path.write_text(json.dumps(content))
    info = load_dataset_info(path.parent)
    assert [part.withheld for part in info.parts] == [0]
    assert info.withheld_files == {}


def test_gold_files(demo_model, treebanks, tmp_path):
    flags = {"model": demo_model, "split": "train", "include_untuned": "true"}
    result = run_script("evaluate", conllu=treebanks, output_dir=tmp_path / "eval", **flags)
    assert result.returncode == 0, result.stderr
    figures = json.loads((tmp_path / "eval" / "metrics.json").read_text())
    words = {t: of["words"] for t, of in figures["tasks"]["upos"]["by_treebank"].items()}
    assert words == {"xx_part": 9, "xx_whole": 12}
    assert figures["withheld_sentences"] == 2
    assert "2 sentences whose text is withheld were skipped" in result.stdout
    assert "xx_none-ud-train.conllu: skipped, its text is withheld" in result.stderr
    none = treebanks / "xx_none-ud-dev.conllu"
    result = run_script("evaluate", model=demo_model, conllu=none, output_dir=tmp_path / "none")
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last == (f"error: {none}: its text is withheld, FORM is _ in 2 sentences; {REMEDY}")
    assert not (tmp_path / "none").exists()


def test_underscores_are_not_scored(treebanks):
    path = treebanks / "xx_part-ud-train.conllu"
    with pytest.raises(InputError) as error:
        score_files(path, path)
    message = f"{path}:1: the text of the sentence is withheld, FORM is _; {REMEDY}"
    assert message in str(error.value)


def test_text_and_its_sentences(treebanks, tmp_path):
    """Unlabeled text and the sentences of treebanks are read from the same files."""
    prepare_text(
        PrepareTextConfig(
            input=(f"{treebanks}/xx_part*",),
            output_dir=str(tmp_path / "text"),
            held_out_fraction=1e-9,
        )
    )
    info = load_text_info(tmp_path / "text")
    counts = {"read": 6, "too_short": 1, "duplicates": 0, "not_drawn": 0, "withheld": 3}
    assert info.counts == {"xx": counts}
    assert [part.sentences for part in info.parts] == [2]
    output = tmp_path / "sentences"
    result = run_script("evaluate_sentences", conllu=treebanks, split="train", output_dir=output)
    assert result.returncode == 0, result.stderr
    scores = json.loads((output / "metrics.json").read_text())["by_treebank"]
    assert {name: score["gold"] for name, score in scores.items()} == {"xx_part": 3, "xx_whole": 3}


def test_no_sentence_of_real_treebanks_is_withheld(real_data):
    paths = [*real_data.glob("ud22/*/*.conllu"), *real_data.glob("ud_free/*/*.conllu")]
    assert len(paths) > 300
    for path in paths:
        assert not any(map(is_withheld, read_conllu(path))), path
