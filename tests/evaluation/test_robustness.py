import json

import numpy as np
import pytest

from minibert.data.label_vocab import LabelVocab
from minibert.evaluation.robustness import VARIATIONS, Changes
from minibert.inference.predictor import Predictions
from tests.conftest import TESTDATA, mistake_of, run_script

SENTENCES = [("The", "dog", "'s", "café", "."), ("it", "rests")]


class _ByForm:
    """Tags a word by whether it is capitalized, and the last one by what it is."""

    label_vocabs = (LabelVocab("upos", ("A", "B", "C")),)

    def classify(self, sentences, top_k):
        ids = [
            2 if place == len(words) - 1 and word != "." else int(word[:1].isupper())
            for words in sentences
            for place, word in enumerate(words)
        ]
        column = np.array(ids, np.int32)[:, np.newaxis]
        return {"upos": Predictions(column, np.ones_like(column, np.float32))}


def test_changes_are_counted():
    changes = Changes(["upos"])
    changes.add(_ByForm(), SENTENCES)
    assert changes.sentences == {
        "first letter in the other case": 2,
        "no final mark": 1,
        "decomposed (NFD)": 1,
        "other apostrophe": 1,
    }
    assert changes.words["first letter in the other case"] == 7
    # The and it; café, which is then the last; nothing.
    assert changes.changed["first letter in the other case", "upos"] == 2
    assert changes.words["no final mark"] == 4
    assert changes.changed["no final mark", "upos"] == 1
    assert changes.share("decomposed (NFD)", "upos") == 0
    assert changes.share("other apostrophe", "upos") == 0


def test_nothing_to_vary():
    changes = Changes(["upos"])
    changes.add(_ByForm(), [("a語",)])
    assert changes.share("no final mark", "upos") is None


def test_forms():
    found = {name: tuple(vary(SENTENCES[0])) for name, vary in VARIATIONS.items()}
    assert found == {
        "first letter in the other case": ("the", "dog", "'s", "café", "."),
        "no final mark": ("The", "dog", "'s", "café"),
        "decomposed (NFD)": ("The", "dog", "'s", "cafe\u0301", "."),
        "other apostrophe": ("The", "dog", "’s", "café", "."),
    }


def test_a_model_on_treebanks(demo_export, tmp_path):
    result = run_script(
        "evaluate_robustness",
        model=demo_export / "model.tflite",
        conllu=TESTDATA / "ud",
        max_sentences_per_treebank="5",
        output_dir=tmp_path / "out",
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == (tmp_path / "out" / "metrics.txt").read_text()
    found = json.loads((tmp_path / "out" / "metrics.json").read_text())["variations"]
    assert found["decomposed (NFD)"]["sentences"] > 0
    # The model reads both forms alike.
    assert found["decomposed (NFD)"]["changed"] == {"upos": 0, "feats": 0}
    assert found["no final mark"]["sentences"] > 20


@pytest.mark.parametrize("conllu", ["no_such_file.conllu"])
def test_no_such_file(conllu, tmp_path):
    message = mistake_of("evaluate_robustness", conllu=tmp_path / conllu)
    assert conllu in message
