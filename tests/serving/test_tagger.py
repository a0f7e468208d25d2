import itertools
import json
import pickle
import shutil
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tensorflow.core.protobuf import saved_model_pb2

import minibert
from minibert.data.conllu_reader import read_conllu
from minibert.errors import InputError
from minibert.files import sha256
from minibert.inference import lite_backend
from tests.conftest import TESTDATA

_LITE = "model.tflite"
ENGLISH = TESTDATA / "ud" / "en_demo" / "en_demo-ud-dev.conllu"


@pytest.fixture(scope="module")
def paths(demo_model, demo_export):
    return {
        "run": demo_model,
        "versions": demo_export.parent,
        "export": demo_export,
        "tflite": demo_export / "model.tflite",
    }


@pytest.fixture(scope="module")
def sentences():
    words = [list(sentence.words) for sentence in read_conllu(ENGLISH)]
    return [[], *words, [], ["\u00ad"], words[0] * 20, ["a" * 10_000, "dog"], ["\ud800"]]


@pytest.fixture(scope="module")
def expected(paths, sentences):
    return minibert.Tagger.load(paths["run"]).tag(sentences)


@pytest.mark.parametrize("kind", ["versions", "export"])
def test_exports_answer_as_the_run(paths, sentences, expected, kind):
    tagger = minibert.Tagger.load(paths[kind])
    assert tagger.tasks == ("upos", "feats")
    for found, wanted in zip(tagger.tag(sentences), expected, strict=True):
        assert [(w.word, w.upos, w.feats) for w in found] == [
            (w.word, w.upos, w.feats) for w in wanted
        ]
        np.testing.assert_allclose(
            [w.feats_score for w in found], [w.feats_score for w in wanted], atol=1e-5
        )


RUSSIAN = TESTDATA / "ud" / "ru_demo" / "ru_demo-ud-dev.conllu"


@pytest.mark.parametrize("kind", ["run", "export", "tflite"])
def test_either_unicode_form_has_the_same_tags(paths, kind):
    composed = [list(sentence.words) for sentence in read_conllu(RUSSIAN)]
    decomposed = [[unicodedata.normalize("NFD", word) for word in words] for words in composed]
    assert decomposed != composed
    tagger = minibert.Tagger.load(paths[kind])
    answers = [list(tagger.tag(sentences)) for sentences in (composed, decomposed)]
    # Forms come back as they came.
    for sentences, answer in zip((composed, decomposed), answers, strict=True):
        assert [[word.word for word in words] for words in answer] == sentences
    tags = [[[word[1:] for word in words] for words in answer] for answer in answers]
    assert tags[0] == tags[1]


def test_model_that_does_not_normalize(paths, tmp_path):
    """As one of before there was a choice, of which no file says so; the export neither."""
    for name, file, version in (
        ("run", "model.json", 2),
        ("export", "assets.extra/minibert.json", 1),
    ):
        shutil.copytree(paths[name], tmp_path / name)
        path = tmp_path / name / file
        content = json.loads(path.read_text())
        assert content.pop("normalization") == "nfc"
        path.write_text(json.dumps({**content, "format_version": version}))
    composed = ["Мой", "ёжик", "живёт", "у", "новой", "реки", "."]
    decomposed = [unicodedata.normalize("NFD", word) for word in composed]
    for path in (tmp_path / "run", tmp_path / "export" / "model.tflite"):
        tagger = minibert.Tagger.load(path)
        one, two = tagger.tag([composed, decomposed])
        assert [word.feats_score for word in one] != [word.feats_score for word in two]


def test_eight_bits_answer_nearly_as_the_run(paths, sentences, expected):
    found = minibert.Tagger.load(paths["tflite"]).tag(sentences)
    pairs = [
        pair
        for one, other in zip(found, expected, strict=True)
        for pair in zip(one, other, strict=True)
    ]
    assert [one.word for one, _ in pairs] == [word for s in sentences for word in s]
    differences = [abs(one.upos_score - other.upos_score) for one, other in pairs]
    assert 0 < np.mean(differences) < 0.02
    assert np.mean([one.upos == other.upos for one, other in pairs]) > 0.97
    assert np.mean([one.feats == other.feats for one, other in pairs]) > 0.95


@pytest.mark.parametrize(
    ("kind", "size"), [("run", None), ("export", None), ("tflite", 16), ("tflite", 4096)]
)
def test_a_sentence_alone_and_among_others(paths, sentences, kind, size, monkeypatch):
    tagger = minibert.Tagger.load(paths[kind])
    together = tagger.tag(sentences)
    if size:
        monkeypatch.setattr(lite_backend, "_BATCH_SIZE", size)
    alone = [tagger.tag([words])[0] for words in sentences]
    for one, other in zip(alone, together, strict=True):
        assert [w.upos for w in one] == [w.upos for w in other]
        np.testing.assert_allclose(
            [w.upos_score for w in one], [w.upos_score for w in other], atol=2e-5
        )


@pytest.mark.parametrize("kind", ["export", "tflite"])
def test_several_threads(paths, sentences, kind):
    tagger = minibert.Tagger.load(paths[kind])
    texts = sentences[1:9]
    expected = [tagger.tag([words]) for words in texts]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            found = list(pool.map(lambda words: tagger.tag([words]), texts))
            for one, other in zip(found, expected, strict=True):
                assert [w.upos for w in one[0]] == [w.upos for w in other[0]]


def test_words_can_be_pickled(expected):
    copied = pickle.loads(pickle.dumps(expected[1]))
    assert copied == expected[1]
    assert copied[0].upos_top == expected[1][0].upos_top


@pytest.mark.parametrize("kind", ["run", "export", "tflite"])
def test_top_k(paths, kind):
    tagger = minibert.Tagger.load(paths[kind])
    ((word, *_),) = tagger.tag([["dog", "and", "cat"]], top_k=5)
    for task in ("upos", "feats"):
        top = getattr(word, f"{task}_top")
        assert len(dict(top)) == 5
        assert top[0] == (getattr(word, task), getattr(word, f"{task}_score"))
        scores = [score for _, score in top]
        assert scores == sorted(scores, reverse=True)
    ((word,),) = tagger.tag([["dog"]], top_k=2**40)
    assert len(word.upos_top) == 13
    assert sum(score for _, score in word.feats_top) == pytest.approx(1, abs=1e-4)


def test_streams_without_end(paths):
    tagger = minibert.Tagger.load(paths["tflite"])
    tagged = tagger.stream(["a", "dog", str(number)] for number in itertools.count())
    assert [words[2].word for words in itertools.islice(tagged, 3000)][-1] == "2999"


def test_strings_are_cut_when_asked_for(paths):
    tagger = minibert.Tagger.load(paths["tflite"])
    # A string is a sentence, whatever ends lines in it.
    texts = ["The old dog sleeps.", "", "The\u2028dog\x85\x0c\ud800", "\u200d \ufe0f"]
    words = [["The", "old", "dog", "sleeps", "."], [], ["The", "dog", "\ufffd"], []]
    found = tagger.tag(texts, segment=True)
    assert [[word.word for word in sentence] for sentence in found] == words
    assert found == tagger.tag(words)


def test_words_are_immutable(expected):
    with pytest.raises(AttributeError):
        expected[1][0].upos = "X"


@pytest.mark.parametrize(
    ("sentences", "segment", "message"),
    [
        ([["a", b"b"]], False, "a word is a string, this is bytes: b'b'"),
        (["a string"], False, "a list of words, this is a string: 'a string'"),
        ([["a", "list"]], True, "a sentence is a string, this is list"),
    ],
)
def test_strings_and_lists_are_not_mixed_up(paths, sentences, segment, message):
    with pytest.raises(TypeError, match=message):
        minibert.Tagger.load(paths["tflite"]).tag(sentences, segment=segment)


def test_top_k_below_one(paths):
    with pytest.raises(InputError, match="top_k=0: must be at least 1"):
        minibert.Tagger.load(paths["tflite"]).stream([["a"]], top_k=0)


def test_eight_bits_need_no_tensorflow(paths):
    code = (
        "import sys; sys.modules['tensorflow'] = None;"
        "import minibert; tagger = minibert.Tagger.load(sys.argv[1], num_threads=1);"
        "print(tagger.tag([['the', 'dog']])[0][1].upos);"
        "print([m for m in ('absl', 'matplotlib', 'tf_keras', 'jinja2') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(paths["tflite"])], capture_output=True, text=True
    )
    assert result.stdout.split("\n")[1:] == ["[]", ""], result.stderr
    assert result.stdout.startswith("NOUN")
    assert result.stderr == ""


def test_importing_the_package_imports_nothing_heavy():
    code = "import minibert, sys; print(sorted(m for m in sys.modules if m.startswith('minibert')))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "['minibert', 'minibert.errors']\n"


def _broken(export, tmp_path, change):
    directory = tmp_path / "1"
    shutil.copytree(export, directory)
    change(directory)
    return directory


def _truncate(path):
    path.write_bytes(path.read_bytes()[:-10])


def _change_info(directory, key, value):
    path = directory / "assets.extra" / "minibert.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), key: value}))


@pytest.mark.parametrize(
    ("change", "file", "message"),
    [
        (lambda d: None, "none", "none: no model; give"),
        (lambda d: (d / _LITE).unlink(), _LITE, "model.tflite: no model; give"),
        (lambda d: _truncate(d / _LITE), _LITE, "not the file that was exported"),
        (lambda d: _truncate(d / "variables" / "variables.index"), "", "not the file that was"),
        (lambda d: (d / "saved_model.pb").unlink(), "", "saved_model.pb: cannot read: No such"),
        (lambda d: _truncate(d / "assets/vocab.txt"), _LITE, "vocab.txt: not the file"),
        (lambda d: (d / "assets/labels.upos.txt").unlink(), "", "labels.upos.txt: cannot read"),
        (
            lambda d: _change_info(d, "format_version", 7),
            "",
            "version 7, this release reads",
        ),
        (lambda d: _change_info(d, "max_seq_length", -1), "", "minibert.json: not as it must be"),
        (lambda d: shutil.rmtree(d / "assets.extra"), _LITE, "keep the files of an export"),
        (lambda d: shutil.rmtree(d / "assets.extra"), "", "so no export of minibert"),
        (lambda d: _change_info(d, "tasks", ["upos", "x/../../y"]), "", "minibert.json: not as"),
        (lambda d: _change_info(d, "tasks", ["upos", "upos"]), _LITE, "stands there twice"),
        (lambda d: _change_info(d, "tasks", ["upos"]), _LITE, "other inputs, outputs or tasks"),
        (lambda d: (d / _LITE).rename(d / "b.tflite"), "b.tflite", "no model; give"),
    ],
)
def test_what_is_no_model(demo_export, tmp_path, change, file, message):
    directory = _broken(demo_export, tmp_path, change)
    with pytest.raises(InputError, match=message):
        minibert.Tagger.load(directory / file)


def _forge_checksum(directory, name):
    info = json.loads((directory / "assets.extra" / "minibert.json").read_text())
    _change_info(directory, "sha256", {**info["sha256"], name: sha256(directory / name)})


def _forge_labels(directory, text):
    (directory / "assets" / "labels.upos.txt").write_text(text)
    _forge_checksum(directory, "assets/labels.upos.txt")


@pytest.mark.parametrize("file", [_LITE, ""])
def test_files_of_another_model_with_checksums_that_agree(demo_export, tmp_path, file):
    directory = _broken(demo_export, tmp_path, lambda d: _forge_labels(d, "X\nY\n"))
    tagger = minibert.Tagger.load(directory / file)
    with pytest.raises(InputError, match="more upos labels than the 2 that are named"):
        tagger.tag([["the", "dog", "sees", "Anna", "."]])


def test_a_window_that_the_network_has_not(demo_export, tmp_path):
    directory = _broken(demo_export, tmp_path, lambda d: _change_info(d, "max_seq_length", 60000))
    with pytest.raises(InputError, match="does not fit the files around it"):
        minibert.Tagger.load(directory / _LITE).tag([["dog"] * 600])


def test_number_of_threads(paths):
    for number in (0, 1025, 2**31):
        with pytest.raises(InputError, match=f"num_threads={number}: must be from 1 to 1024"):
            minibert.Tagger.load(paths["tflite"], num_threads=number)


def test_more_alternatives_than_labels_in_the_files(demo_export, tmp_path):
    directory = _broken(demo_export, tmp_path, lambda d: _forge_labels(d, "X\n"))
    tagger = minibert.Tagger.load(directory / _LITE)
    with pytest.raises(InputError, match=r"the model gives \(1, 3\) labels"):
        tagger.tag([["dog"]], top_k=3)


def test_functions_of_another_kind(demo_export, tmp_path):
    directory = _broken(demo_export, tmp_path, lambda d: None)
    saved_model = saved_model_pb2.SavedModel()
    saved_model.ParseFromString((directory / "saved_model.pb").read_bytes())
    children = saved_model.meta_graphs[0].object_graph_def.nodes[0].children
    encode, classify = (c for c in children if c.local_name in ("encode", "classify"))
    encode.node_id, classify.node_id = classify.node_id, encode.node_id
    (directory / "saved_model.pb").write_bytes(saved_model.SerializeToString())
    _forge_checksum(directory, "saved_model.pb")
    with pytest.raises(InputError, match="not the functions of an export"):
        minibert.Tagger.load(directory)


def test_raw_text_without_tensorflow(paths):
    code = (
        "import sys; sys.modules['tensorflow'] = None; import minibert;"
        "tagger = minibert.Tagger.load(sys.argv[1]);"
        "print([word.word for word in tagger.tag(['A dog.'], segment=True)[0]])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(paths["tflite"])], capture_output=True, text=True
    )
    assert result.stdout == "['A', 'dog', '.']\n", result.stderr


def test_an_empty_directory(tmp_path):
    with pytest.raises(InputError, match="no model in it; give the --model_dir of"):
        minibert.Tagger.load(tmp_path)
