"""Export of a model without the wordpieces that its data has not got."""

import json

import numpy as np
import pytest

from minibert.data.conllu_reader import read_conllu
from minibert.inference.backends import load_backend
from minibert.inference.exported_model import SAVED_MODEL, read_export
from minibert.inference.graph_backend import GraphBackend
from minibert.runs.trained_model import load_trained_model
from minibert.serving.pruning import prune_vocabulary
from minibert.text.normalization import NFC
from minibert.text.python_wordpiece import PythonWordpieceTokenizer
from minibert.text.vocab import SPECIAL_PIECES
from tests.conftest import TESTDATA, run_script

DEMO = ("en_demo", "ru_demo")


@pytest.fixture(scope="module")
def model(demo_model):
    return load_trained_model(demo_model)


@pytest.fixture(scope="module")
def pruned(model, demo_data):
    return prune_vocabulary(model, str(demo_data))


def sentences(split):
    return [
        list(sentence.words)
        for name in DEMO
        for sentence in read_conllu(TESTDATA / "ud" / name / f"{name}-ud-{split}.conllu")
    ]


def test_the_pieces_of_the_training_part_stay(model, pruned):
    vocab = model.description.features.vocab
    tokenizer = PythonWordpieceTokenizer(vocab, normalization=NFC)
    wanted = {
        vocab[i] for words in sentences("train") for word in words for i in tokenizer.tokenize(word)
    }
    basic = {piece for piece in vocab if len(piece.removeprefix("##")) == 1}
    left = pruned[0].description.features.vocab
    assert set(left) == wanted | basic | set(SPECIAL_PIECES) | ({"[MASK]"} & set(vocab))
    assert left == [piece for piece in vocab if piece in set(left)]
    assert len(left) < len(vocab)


def test_words_of_the_training_part_are_tagged_as_before(model, pruned):
    words = sentences("train")[:40]
    before, after = (GraphBackend.of_model(m).classify(words, 1) for m in (model, pruned[0]))
    for task, predictions in before.items():
        assert (after[task].ids == predictions.ids).all()
        np.testing.assert_allclose(
            after[task].probabilities, predictions.probabilities, rtol=1e-4, atol=1e-6
        )


def test_a_dropped_piece_falls_back_to_smaller_ones(model, pruned):
    left = set(pruned[0].description.features.vocab)
    dropped = next(
        piece for piece in model.description.features.vocab if piece not in left and piece.isalpha()
    )
    before, after = (
        PythonWordpieceTokenizer(m.description.features.vocab, normalization=NFC)
        for m in (model, pruned[0])
    )
    assert len(before.tokenize(dropped)) == 1
    pieces = [pruned[0].description.features.vocab[i] for i in after.tokenize(dropped)]
    assert len(pieces) > 1
    assert "".join(piece.removeprefix("##") for piece in pieces) == dropped


def test_what_pruning_costs(demo_model, pruned):
    scores = json.loads((demo_model / "best.json").read_text())["scores"]
    for task, (before, _) in pruned[1].accuracy.items():
        assert before == pytest.approx(scores[task], abs=1e-6)


def test_a_pruned_export(demo_model, demo_export, demo_data, pruned, tmp_path):
    result = run_script(
        "export", model_dir=demo_model, export_dir=tmp_path / "out", prune_vocabulary=demo_data
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"{pruned[1]}\n")
    directory = tmp_path / "out" / "1"
    assert f"| pruning | {pruned[1]} |" in (directory / "model_card.md").read_text()
    for name in ("model.tflite", "variables/variables.data-00000-of-00001"):
        assert (directory / name).stat().st_size < (demo_export / name).stat().st_size
    assert (
        read_export(directory, network=SAVED_MODEL).features.vocab
        == pruned[0].description.features.vocab
    )
    words = sentences("dev")
    expected = GraphBackend.of_model(pruned[0]).classify(words, 1)
    for path in (directory, directory / "model.tflite"):
        found = load_backend(path).classify(words, 1)
        for task, predictions in expected.items():
            assert (found[task].ids == predictions.ids).mean() > 0.98


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda data: None, "no dataset.json there, so no prepared data"),
        (lambda data: _without_dev(data), "no split 'dev' in this data set"),
    ],
)
def test_bad_data(demo_model, tmp_path, make, message):
    data = tmp_path / "data"
    data.mkdir()
    make(data)
    result = run_script(
        "export", model_dir=demo_model, export_dir=tmp_path / "out", prune_vocabulary=data
    )
    assert result.returncode == 1
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def _without_dev(data):
    data.rmdir()
    source = data.parent / "ud" / "en_demo"
    source.mkdir(parents=True)
    file = source / "en_demo-ud-train.conllu"
    file.write_bytes((TESTDATA / "ud" / "en_demo" / file.name).read_bytes())
    result = run_script("prepare_ud", input_dir=source.parent, output_dir=data)
    assert result.returncode == 0, result.stderr
