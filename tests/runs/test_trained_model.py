import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.label_vocab import LabelVocab
from minibert.errors import InputError
from minibert.files import sha256
from minibert.runs.best_epoch import keep_best, read_best
from minibert.runs.trained_model import load_trained_model, load_weights
from minibert.weights.checkpoint_files import read_checkpoint


@pytest.fixture
def copy(demo_model, tmp_path):
    directory = tmp_path / "model"
    shutil.copytree(demo_model, directory, ignore=shutil.ignore_patterns("checkpoints"))
    return directory


def _weights(directory):
    (data,) = directory.glob("weights-*.data-*")
    return data


def test_weights_of_another_model_with_some_of_its_labels(demo_model):
    """The encoder whole; of the heads what both have, by the name of the label."""
    model = load_trained_model(demo_model)
    upos, _ = model.description.label_vocabs
    labels = ("NEW", *reversed(upos.labels[3:]))
    description = replace(
        model.description, label_vocabs=[LabelVocab("upos", labels), LabelVocab("ner", ("O",))]
    )
    other = description.create_tagger()
    before = {task: [w.numpy() for w in head.weights] for task, head in other.heads.items()}
    assert load_weights(other, description, demo_model) == {"upos": len(labels) - 1}
    for one, two in zip(other.encoder.weights, model.tagger.encoder.weights, strict=True):
        np.testing.assert_array_equal(one, two)
    for one, two in zip(other.heads["ner"].weights, before["ner"], strict=True):
        np.testing.assert_array_equal(one, two)
    source, target = model.tagger.heads["upos"], other.heads["upos"]
    for index, label in enumerate(labels):
        if label == "NEW":
            expected, bias = before["upos"][0][:, index], before["upos"][1][index]
        else:
            position = upos.labels.index(label)
            expected, bias = source.kernel[:, position], source.bias[position]
        np.testing.assert_array_equal(target.kernel[:, index], expected)
        assert target.bias[index] == bias


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: (d / "model.json").unlink(), "no model.json there, so no model"),
        (lambda d: (d / "model.json").write_text('{"format_version": 1}'), "format version 1"),
        (lambda d: (d / "model.json").write_text('{"format_version": 2}'), "missing required"),
        (lambda d: _change(d / "model.json", max_seq_length=5.9), "Expected `int`"),
        (lambda d: _change(d / "model.json", max_seq_length=4000), "has 40 positions"),
        (
            lambda d: _change(d / "model.json", encoder="roberta"),
            "'roberta', this release has bert",
        ),
        (
            lambda d: _change(d / "model.json", features="chars"),
            "'chars', this release has sentencepiece",
        ),
        (lambda d: _change(d / "model.json", labels={}), "length >= 1"),
        (lambda d: _change(d / "model.json", labels={"upos": "NOUN"}), "Expected `array`"),
        (
            lambda d: _change(d / "model.json", labels={"upos": ["X", "X"]}),
            "model.json: the labels",
        ),
        (lambda d: _change(d / "model.json", labels={"upos": ["X\tY"]}), "no white space"),
        (lambda d: (d / "train_words.int64").write_bytes(b"12345678"), "not the file"),
        (lambda d: _cut_words(d), "7 bytes, not whole hashes"),
        (lambda d: (d / "bert_config.json").write_text("{}"), "not the file"),
        (lambda d: _fifo(d / "vocab.txt"), "not a regular file"),
        (lambda d: _fifo(d / "best.json"), "not a regular file"),
        (lambda d: _fifo(_weights(d)), "not a regular file"),
        (lambda d: (d / "best.json").unlink(), "no best.json there"),
        (lambda d: _change(d / "best.json", scores=None), "best.json: not as it must be"),
        (lambda d: _change(d / "best.json", scores={"upos": "1"}), "best.json: not as it must be"),
        (lambda d: _change(d / "best.json", score=float("nan")), "best.json: not as it must be"),
        (lambda d: _change(d / "best.json", score=5.0), "best.json: not as it must be"),
        (lambda d: _change(d / "best.json", weights="../weights-00001"), "best.json: not as"),
        (lambda d: _change(d / "best.json", weights="/weights-00001"), "best.json: not as"),
        (lambda d: _forge_graph(d, b"\xff"), "cannot load"),
        (lambda d: _forge_graph(d, 7), "cannot load"),
        (lambda d: _forge_graph(d, [b"x"] * 9), "where one string is expected"),
        (lambda d: (d / "train_words.int64").unlink(), "train_words.int64: cannot read"),
        (lambda d: _weights(d).unlink(), "cannot load the checkpoint"),
        (lambda d: _weights(d).write_bytes(_weights(d).read_bytes()[:999]), "cut short"),
        (lambda d: next(d.glob("weights-*.index")).write_bytes(b"x" * 100), "cannot load"),
        (lambda d: _add_label(d), "of another model"),
        (lambda d: _add_piece(d), "has vocab_size"),
        (lambda d: _configure(d, hidden_size=24), "of another model"),
        (lambda d: _configure(d, num_hidden_layers=1), "of another model"),
        (lambda d: _configure(d, num_hidden_layers=3), "of another model"),
    ],
)
def test_damaged_models_are_refused(copy, change, message):
    change(copy)
    with pytest.raises(InputError, match=message) as error:
        load_trained_model(copy)
    assert str(copy) in str(error.value)
    assert "\n" not in str(error.value)


def _change(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _sign(directory):
    """Writes the checksums that belong to changed files."""
    names = json.loads((directory / "model.json").read_text())["sha256"]
    _change(directory / "model.json", sha256={name: sha256(directory / name) for name in names})


def _cut_words(directory):
    (directory / "train_words.int64").write_bytes(b"1234567")
    _sign(directory)


def _fifo(path):
    path.unlink()
    os.mkfifo(path)


def _forge_graph(directory, graph):
    """Writes another object graph into the checkpoint."""
    prefix = str(directory / json.loads((directory / "best.json").read_text())["weights"])
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=["_CHECKPOINTABLE_OBJECT_GRAPH"],
        shape_and_slices=[""],
        tensors=[tf.constant(graph)],
    )


def _add_label(directory):
    content = json.loads((directory / "model.json").read_text())
    content["labels"]["upos"].append("NEW")
    (directory / "model.json").write_text(json.dumps(content))


def _add_piece(directory):
    with open(directory / "vocab.txt", "a", encoding="utf-8") as file:
        file.write("anotherpiece\n")
    _sign(directory)


def _configure(directory, **changes):
    _change(directory / "bert_config.json", **changes)
    _sign(directory)


def test_checkpoint_that_says_it_is_larger_than_its_file(copy):
    """As an index whose shapes were changed; the values are not read for it."""
    checkpoint = tf.train.Checkpoint(tagger=tf.train.Checkpoint(v=tf.Variable(tf.zeros([500]))))
    prefix = checkpoint.write(str(copy / "forged-1"))
    (copy / "forged-1.data-00000-of-00001").write_bytes(b"")
    with pytest.raises(InputError, match=r"tensors of \d,\d+ bytes in files of 0"):
        read_checkpoint(checkpoint, prefix, remedy="mend it")


def test_worse_epoch_is_not_kept_and_what_a_kill_left_is_removed(copy):
    tagger = load_trained_model(copy).tagger
    best = read_best(copy)
    (copy / "weights-00001_temp").mkdir()
    (copy / "weights-99998.index").write_text("x")
    for name in ("weights-foo", "weights-00001_template", "weights-00003.index.bak"):
        (copy / name).write_text("x")
    keep_best(copy, tagger, epoch=99, score=best.score, scores={})
    assert read_best(copy) == best
    found = {path.name for path in copy.glob("weights-*")}
    own = {f"{best.weights}.index", f"{best.weights}.data-00000-of-00001"}
    assert found == {*own, "weights-foo", "weights-00001_template", "weights-00003.index.bak"}


def test_pipe_and_directory_in_the_place_of_a_checkpoint(tmp_path):
    checkpoint = tf.train.Checkpoint(v=tf.Variable(tf.zeros([500])))
    os.mkfifo(tmp_path / "forged-1")
    with pytest.raises(InputError, match="cannot load the checkpoint"):
        read_checkpoint(checkpoint, tmp_path / "forged-1", remedy="mend it")
    prefix = checkpoint.write(str(tmp_path / "forged-2"))
    (tmp_path / "forged-2.data-00000-of-00001").write_bytes(b"")
    good = tf.train.Checkpoint(v=tf.Variable(0.0)).write(str(tmp_path / "good"))
    (tmp_path / "forged-2").mkdir()
    (tmp_path / "forged-2" / "checkpoint").write_text(f'model_checkpoint_path: "{good}"')
    with pytest.raises(InputError, match=r"tensors of \d,\d+ bytes in files of 0"):
        read_checkpoint(checkpoint, prefix, remedy="mend it")


def test_directory_that_is_a_pattern(copy):
    with pytest.raises(InputError, match=r"no checkpoint in a directory with \["):
        load_trained_model(copy.rename(copy.parent / "model[1]"))


def test_encoder_of_another_shape_is_refused(copy):
    model = load_trained_model(copy)
    _configure(copy, hidden_size=24)
    with pytest.raises(InputError, match="its encoder has another shape or vocabulary"):
        load_weights(model.tagger, model.description, copy)


def test_model_of_another_inventory_is_refused(demo_model):
    model = load_trained_model(demo_model)
    description = replace(model.description, label_vocabs=[LabelVocab("upos", ("AA", "BB"))])
    with pytest.raises(InputError, match="none of its upos labels is one of the data, it has "):
        load_weights(description.create_tagger(), description, demo_model)


def test_best_weights_are_written_beside_those_that_count(copy):
    """Also where runs that were killed have left weights of both names of the epoch."""
    tagger = load_trained_model(copy).tagger
    for name in ("weights-00009", "weights-00009b"):
        (copy / f"{name}.index").write_bytes(b"torn")
    names = []
    for score in (0.97, 0.98, 0.99):
        keep_best(copy, tagger, epoch=9, score=score, scores={"upos": score})
        names.append(read_best(copy).weights)
        assert {path.stem for path in copy.glob("weights-*")} == {names[-1]}
        load_trained_model(copy)
    assert names == ["weights-00009", "weights-00009b", "weights-00009"]
