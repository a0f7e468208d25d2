"""Words without UPOS, and treebanks without FEATS: context, and nothing to be right on."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.corpus import scan_corpus
from minibert.data.dataset_info import count_labels, load_dataset_info
from minibert.data.datasets import Datasets
from minibert.data.input_pipeline import Batching, InputPipeline
from minibert.data.label_vocab import LabelVocab
from minibert.data.lookup_tables import label_table
from minibert.data.prepare_ud import prepare_ud
from minibert.data.prepare_ud_config import PrepareUdConfig
from minibert.data.tasks import unannotated_tasks
from minibert.data.treebank_reader import read_sentences
from minibert.errors import InputError
from minibert.text.normalization import NFC
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.wordpiece_features import WordpieceFeatures
from tests.conftest import TESTDATA

ANNOTATED = [("the", "DET", "_"), ("dog", "NOUN", "Number=Sing"), (".", "PUNCT", "_")]
PARTLY = [("old", "_", "Degree=Pos"), ("dog", "NOUN", "_"), ("x", "_", "_"), ("sits", "VERB", "_")]
WITHOUT_FEATS = [("the", "DET", "_"), ("dog", "_", "_")]


def _write(path, *sentences):
    lines = []
    for sentence in sentences:
        for number, (form, upos, feats) in enumerate(sentence, start=1):
            lines.append("\t".join([str(number), form, "_", upos, "_", feats, *"____"]))
        lines.append("")
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


@pytest.fixture
def treebanks(tmp_path):
    """Of xx_a not all words have UPOS; of xx_b no word has FEATS."""
    directory = tmp_path / "in"
    for split in ("train", "dev"):
        _write(directory / f"xx_a-ud-{split}.conllu", ANNOTATED, PARTLY)
        _write(directory / f"xx_b-ud-{split}.conllu", WITHOUT_FEATS)
    return directory


def _prepare(treebanks, **options):
    output = treebanks.parent / "out"
    prepare_ud(PrepareUdConfig(input_dir=str(treebanks), output_dir=str(output), **options))
    return load_dataset_info(output)


def test_labels_of_sentences(tmp_path):
    path = _write(tmp_path / "a.conllu", PARTLY)
    (sentence,) = read_sentences(path, "xx_a")
    assert sentence.labels == {
        "upos": ("", "NOUN", "", "VERB"),
        "feats": ("Degree=Pos", "_", "_", "_"),
    }
    (sentence,) = read_sentences(path, "xx_a", unannotated=("feats",))
    assert sentence.words == ("old", "dog", "x", "sits")
    assert sentence.labels == {"upos": ("", "NOUN", "", "VERB"), "feats": ("",) * 4}


@pytest.mark.parametrize(
    ("sentences", "unannotated", "message"),
    [
        (
            [[("a", "_", "_")], [("b", "_", "_")]],
            (),
            "no word has UPOS or FEATS, so none can be learned from or scored; annotate the file "
            "or leave it out",
        ),
        (
            [[("a", "_", "Case=Nom")]],
            ("feats",),
            "no word has UPOS, and --feats_unannotated leaves no FEATS; take the treebank out of "
            "that flag or leave the file out",
        ),
    ],
)
def test_file_without_any_annotation(tmp_path, sentences, unannotated, message):
    path = _write(tmp_path / "a.conllu", *sentences)
    with pytest.raises(InputError) as error:
        list(read_sentences(path, "xx_a", unannotated=unannotated))
    assert str(error.value) == f"{path}: {message}"


def test_flag_names_treebanks_by_patterns():
    treebanks = ["ko_gsd", "ja_gsd", "ko_kaist"]
    assert unannotated_tasks(["ko_*"], treebanks) == {
        "ja_gsd": (),
        "ko_gsd": ("feats",),
        "ko_kaist": ("feats",),
    }
    with pytest.raises(InputError) as error:
        unannotated_tasks(["ja_gsd", "ko_k"], treebanks)
    assert str(error.value) == (
        "--feats_unannotated=ko_k: none of the treebanks ja_gsd ko_gsd ko_kaist"
    )


def test_counts_and_table(treebanks, capsys):
    info = _prepare(treebanks)
    first, _, second, _ = info.parts
    assert first.labels["upos"] == {"NOUN": 2, "DET": 1, "PUNCT": 1, "VERB": 1}
    assert first.labels["feats"] == {"_": 5, "Number=Sing": 1, "Degree=Pos": 1}
    assert (first.words, first.unlabeled) == (7, {"upos": 2, "feats": 0})
    assert (second.words, second.unlabeled) == (2, {"upos": 1, "feats": 0})
    content = json.loads((info.directory / "dataset.json").read_text())
    assert content["label_inventory"]["upos"] == {"NOUN": 4, "DET": 4, "PUNCT": 2, "VERB": 2}
    header, row, *lines = capsys.readouterr().out.splitlines()
    assert header.split()[6:] == ["upos", "once", "unlabeled", "feats", "once", "unlabeled"]
    assert row.split() == ["xx_a", "dev", "2", "7", "0", "0", "4", "3", "2", "3", "2", "0"]
    assert (
        "hardly a word has FEATS: xx_b; if they are not annotated there, prepare with "
        "--feats_unannotated=xx_b"
    ) in lines


def test_flag(treebanks, capsys):
    info = _prepare(treebanks, feats_unannotated=("xx_b",))
    *_, part = info.parts
    assert (part.treebank, part.labels["feats"]) == ("xx_b", {})
    assert part.unlabeled == {"upos": 1, "feats": 2}
    assert "hardly a word" not in capsys.readouterr().out
    assert count_labels(info.parts, "feats")["_"] == 10
    assert _prepare(treebanks, feats_unannotated=("xx_b",)).parts == info.parts
    with pytest.raises(InputError, match=r"prepared with feats_unannotated=\['xx_b'\], not \[\];"):
        _prepare(treebanks)
    with pytest.raises(InputError, match="--feats_unannotated=yy_c: none of the treebanks xx_a xx"):
        _prepare(treebanks, feats_unannotated=("yy_c",))


def test_data_sets_of_before_are_those_without_the_flag(treebanks):
    for path in treebanks.glob("*"):
        _write(path, ANNOTATED)
    path = _prepare(treebanks).directory / "dataset.json"
    content = json.loads(path.read_text())
    content["format_version"] = 1
    del content["config"]["feats_unannotated"]
    for part in content["parts"]:
        del part["unlabeled"]
    path.write_text(json.dumps(content))
    assert [part.unlabeled for part in _prepare(treebanks).parts] == [{}] * 4


def test_forged_counts_are_refused(treebanks):
    path = _prepare(treebanks).directory / "dataset.json"
    content = json.loads(path.read_text())
    content["parts"][0]["unlabeled"]["upos"] = 1
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="7 words have not as many upos labels"):
        load_dataset_info(path.parent)


def test_labels_of_batches(treebanks):
    info = _prepare(treebanks, feats_unannotated=("xx_b",))
    featurizer = SubwordFeaturizer(
        WordpieceFeatures.from_file(TESTDATA / "vocab.txt", max_length=40, normalization=NFC)
    )
    # Of xx_a one is unknown, of both one and two are no labels.
    vocabs = [LabelVocab("upos", ("NOUN", "DET", "PUNCT")), LabelVocab("feats", ("_",))]
    corpus = scan_corpus(Datasets([info]).select(("dev",)), ("upos", "feats"), featurizer)
    pipeline = InputPipeline(corpus, featurizer, vocabs, Batching(40, windows=1))
    batches = list(pipeline.evaluation_batches().as_numpy_iterator())
    assert [batch["upos"].tolist() for batch in batches] == [
        [[1, 0, 2]],
        [[-2, 0, -2, -1]],
        [[1, -2]],
    ]
    assert [batch["feats"].tolist() for batch in batches] == [
        [[0, -1, 0]],
        [[-1, 0, 0, 0]],
        [[-2] * 2],
    ]


def test_ids_in_graph_and_out_of_it_are_the_same():
    vocab = LabelVocab("feats", ("_", "Case=Nom"))
    labels = ["Case=Nom", "", "_", "Case=Acc"]
    assert vocab.ids(labels) == [1, -2, 0, -1]
    np.testing.assert_array_equal(
        label_table(vocab.labels).lookup(tf.constant(labels)), [1, -2, 0, -1]
    )


def test_data_without_a_label_cannot_be_trained_on(treebanks):
    shutil.copy(treebanks / "xx_b-ud-train.conllu", treebanks / "xx_a-ud-dev.conllu")
    info = _prepare(treebanks, feats_unannotated=("xx_*",))
    data = Datasets([info])
    with pytest.raises(InputError) as error:
        data.check_labels(data.select(("train", "dev")), ("upos", "feats"), "do something")
    assert str(error.value) == (
        f"{info.directory}: no word of dev and train has a 'feats' label; do something"
    )
    data.check_labels(data.select(("train", "dev")), ("upos",), "")
