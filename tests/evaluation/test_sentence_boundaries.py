"""The F1 of sentences, by hand, against the scorer of CoNLL 2018, and on real treebanks."""

import json
import random
import subprocess
import sys
from itertools import pairwise

import pytest

from minibert.data.treebank_files import TreebankFile, find_files
from minibert.errors import InputError
from minibert.evaluation.conll18 import SENTENCES, Score, score_files
from minibert.evaluation.sentence_boundaries import split_file
from minibert.evaluation.sentences_config import SentencesConfig
from minibert.text.sentence_splitter import SentenceSplitter
from tests.conftest import ROOT, TESTDATA, run_script


def _write(path, sentences, comment=""):
    """Sentences of words with spaces between them; a word `x_` has none behind it."""
    with open(path, "w", encoding="utf-8") as file:
        for index, sentence in enumerate(sentences):
            file.write(comment if index == 2 else "")
            for number, word in enumerate(sentence.split(), start=1):
                misc = "SpaceAfter=No" if word.endswith("_") else "_"
                file.write("\t".join([str(number), word.rstrip("_"), *"_______", misc]) + "\n")
            file.write("\n")
    return path


GOLD = ["One two_ .", "Three four_ .", "five six_ .", "Seven eight"]


def test_spans_by_hand(tmp_path):
    path = _write(tmp_path / "en_x-ud-dev.conllu", GOLD)
    file = TreebankFile("en_x", "dev", "", path)
    # One two. | Three four. five six. | Seven eight
    found = split_file(file, SentenceSplitter("en").split)
    assert found.score == Score(4, 3, 2)
    assert found.megabytes == len("One two. Three four. five six. Seven eight") / 1e6
    # A paragraph begins before the third sentence.
    path = _write(tmp_path / "en_y-ud-dev.conllu", GOLD, comment="# newpar\n")
    file = TreebankFile("en_y", "dev", "", path)
    assert split_file(file, SentenceSplitter("en").split).score == Score(4, 4, 4)


def test_characters_that_are_not_seen_do_not_count(tmp_path):
    path = _write(
        tmp_path / "en_x-ud-dev.conllu", ["\ufeffOne \u200d two", "\ufe0f", "three\u0301"]
    )
    file = TreebankFile("en_x", "dev", "", path)
    assert split_file(file, lambda paragraph: ["One two", "three"]).score == Score(2, 2, 2)
    assert split_file(file, lambda paragraph: [paragraph]).score == Score(2, 1, 0)
    with pytest.raises(InputError, match="the splitter gave another text"):
        split_file(file, lambda paragraph: ["One", "three"])


def test_equals_the_metric_of_conll_2018(tmp_path):
    words = [f"word{number}" for number in range(300)]
    generator = random.Random(3)

    def cut() -> list[str]:
        ends = sorted({*generator.sample(range(1, 300), 150), 300})
        return [" ".join(words[i:j]) for i, j in pairwise([0, *ends])]

    system = cut()
    gold = _write(tmp_path / "en_x-ud-dev.conllu", cut())
    found = split_file(TreebankFile("en_x", "dev", "", gold), lambda paragraph: system)
    assert 0 < found.score.correct < found.score.gold
    path = _write(tmp_path / "system", system)
    assert score_files(gold, path)[SENTENCES] == found.score


@pytest.fixture
def treebanks(tmp_path):
    for name, sentences in (("en_x", GOLD), ("en_y", GOLD[:2]), ("hi_z", ["क ख_ ।", "ग"])):
        _write(tmp_path / f"{name}-ud-dev.conllu", sentences)
    return tmp_path


def test_job(treebanks, tmp_path):
    result = run_script("evaluate_sentences", conllu=treebanks, output_dir=tmp_path / "out")
    assert result.returncode == 0, result.stderr
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    f1 = 4 / 7
    assert metrics["by_treebank"]["en_x"]["f1"] == pytest.approx(f1)
    assert metrics["by_treebank"]["en_x"]["precision"] == pytest.approx(2 / 3)
    assert metrics["f1_by_language"] == pytest.approx({"en": (f1 + 1) / 2, "hi": 1})
    assert metrics["f1_mean_of_languages"] == pytest.approx((f1 + 3) / 4)
    assert metrics["macro_f1"] == pytest.approx((f1 + 2) / 3)
    table = (tmp_path / "out" / "metrics.txt").read_text()
    assert result.stdout.startswith(table)
    assert "en_x                   4      66.67   50.00   57.14" in table
    # en_x has one that begins with "five".
    assert "1 of 8 sentences begin with a small letter" in result.stdout
    assert "of processor time" in result.stdout
    result = run_script("evaluate_sentences", conllu=treebanks, splitter="naive")
    assert result.returncode == 0, result.stderr
    assert "hi_z                   2       0.00    0.00    0.00" in result.stdout


def test_udpipe(udpipe_model, tmp_path):
    result = run_script(
        "evaluate_sentences",
        conllu=TESTDATA / "ud" / "en_demo",
        splitter="udpipe",
        udpipe_models=udpipe_model.parent,
        output_dir=tmp_path / "out",
    )
    assert result.returncode == 0, result.stderr
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["macro_f1"] > 0.3


def test_bad_input(treebanks, tmp_path):
    for options, message in (
        ({"splitter": "udpipe"}, "--udpipe_models=None: needed for --splitter=udpipe"),
        ({"udpipe_models": "x"}, "--udpipe_models=x: needed for --splitter=udpipe"),
    ):
        with pytest.raises(InputError, match=message):
            SentencesConfig(conllu=("x",), **options)
    (treebanks / "de_e-ud-dev.conllu").write_text("# text = nothing\n\n")
    result = run_script("evaluate_sentences", conllu=treebanks, output_dir=tmp_path / "out")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("error: ")
    assert "de_e-ud-dev.conllu: no sentence with words in the file" in result.stderr
    assert not (tmp_path / "out").exists()
    file = TreebankFile("en_x", "dev", "", treebanks / "en_x-ud-dev.conllu")
    with pytest.raises(InputError, match="the splitter gave another text"):
        split_file(file, lambda paragraph: [paragraph[1:]])


def test_no_tensorflow_is_imported():
    code = (
        "import sys, minibert.evaluation.sentence_boundaries, minibert.text.language_scripts; "
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


# What each treebank must have at least, a little under what was measured.
@pytest.mark.parametrize(
    ("treebank", "f1"),
    [
        ("af_afribooms", 0.98),
        ("ca_ancora", 0.98),
        ("cs_cac", 0.98),
        ("da_ddt", 0.94),
        ("de_gsd", 0.93),
        ("el_gdt", 0.87),
        ("es_ancora", 0.98),
        ("eu_bdt", 0.90),
        ("fa_seraji", 0.90),
        ("fi_tdt", 0.92),
        ("fr_gsd", 0.93),
        ("gl_ctg", 0.94),
        ("he_htb", 0.95),
        ("hr_set", 0.98),
        ("hu_szeged", 0.97),
        ("ja_gsd", 0.98),
        ("ko_kaist", 0.98),
        ("lt_hse", 0.95),
        ("lv_lvtb", 0.89),
        ("nl_alpino", 0.96),
        ("pl_sz", 0.98),
        ("pt_gsd", 0.91),
        ("ro_nonstandard", 0.98),
        ("ru_gsd", 0.95),
        ("ta_ttb", 0.90),
        ("te_mtg", 0.94),
        ("tr_imst", 0.90),
        ("uk_iu", 0.96),
        ("ur_udtb", 0.98),
        ("zh_gsd", 0.90),
    ],
)
def test_real_treebanks(real_data, treebank, f1):
    (file,) = find_files([str(real_data / "ud22" / treebank)], "dev")
    splitter = SentenceSplitter(treebank.partition("_")[0])
    assert split_file(file, splitter.split).score.f1 >= f1
