"""From text to a student: the cache of a teacher's outputs, its batches, the loss, the job."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.input_pipeline import Batching
from minibert.data.teacher_outputs import (
    NUM_REST_TEMPERATURES,
    claim_outputs,
    load_outputs,
    load_outputs_info,
    output_file,
)
from minibert.data.text_corpus import read_text_shard, text_shards
from minibert.data.text_info import load_text_info
from minibert.errors import InputError
from minibert.files import sha256
from minibert.models.trained_model import load_trained_model
from minibert.text.encoding import encode_sentences, split_text, wordpiece_positions
from minibert.training.cache_config import CacheConfig
from minibert.training.cache_teacher_outputs import cache_teacher_outputs
from minibert.training.distill import project
from minibert.training.distill_config import DistillConfig
from minibert.training.distillation_loss import DistillationLoss
from minibert.training.outputs_pipeline import OutputsPipeline
from minibert.training.softened_cross_entropy import (
    REST_TEMPERATURES,
    softened_cross_entropy,
)
from minibert.training.teaching import kept_teaching, online_teaching
from tests.conftest import TESTDATA, run_script

VOCAB = TESTDATA / "vocab.txt"


@pytest.fixture(scope="module")
def transfer_dir(tmp_path_factory):
    """Unlabeled text of English and Russian in two shards for each split."""
    directory = tmp_path_factory.mktemp("text") / "text"
    result = run_script(
        "prepare_text",
        input=",".join(f"{TESTDATA}/ud/{name}_demo/*-train.conllu" for name in ("en", "ru")),
        output_dir=directory,
        held_out_fraction="0.2",
        num_shards="2",
    )
    assert result.returncode == 0, result.stderr
    return directory


@pytest.fixture(scope="module")
def outputs_dir(demo_model, transfer_dir, tmp_path_factory):
    """What the demo model says of it; of FEATS the greatest few logits alone."""
    directory = tmp_path_factory.mktemp("outputs") / "outputs"
    cache_teacher_outputs(_config(demo_model, transfer_dir, directory))
    return directory


def _config(demo_model, transfer_dir, directory, **options) -> CacheConfig:
    return CacheConfig(
        teacher_dir=str(demo_model),
        transfer_dir=str(transfer_dir),
        output_dir=str(directory),
        precision="float32",
        # So that the FEATS of the demo data are kept as those of real data are.
        **{"top_k": 5, "keep_all_up_to": 20, **options},
    )


def _pipeline(outputs_dir, split, **options) -> OutputsPipeline:
    info = load_outputs_info(outputs_dir)
    outputs = [pair for pair in load_outputs(outputs_dir, info) if pair[0].split == split]
    batching = Batching(info.max_seq_length, windows=16)
    return OutputsPipeline(
        outputs_dir, info, outputs, batching, **{"pad_id": 0, "seed": 1, **options}
    )


def _windows(batches) -> list[tuple[int, ...]]:
    """The ids of each window, without padding, with the language."""
    return sorted(key for batch in batches for key in _keys(batch))


def test_kept_outputs_are_those_of_the_teacher(demo_model, transfer_dir, outputs_dir):
    """For the windows of the text, each once."""
    model = load_trained_model(demo_model)
    text = load_text_info(transfer_dir)
    ids = []
    for shard in text_shards(text):
        if shard.split == "dev":
            for sentences in read_text_shard(text, shard, sentences=7):
                encoded = encode_sentences(model.tokenizer, split_text(sentences), 40)
                group = ["en", "ru"].index(shard.language)
                ids += [(group, *row) for row in encoded.input_ids.to_list()]
    pipeline = _pipeline(outputs_dir, "dev")
    assert pipeline.groups == ["en", "ru"]
    batches = list(pipeline.training_batches(0))
    assert _windows(batches) == sorted(ids)
    assert len(batches) == pipeline.num_steps(0)
    assert pipeline.num_wordpieces(0) == sum(len(row) - 1 for row in ids)
    for batch in batches:
        positions = batch["word_positions"]
        is_wordpiece = positions >= 0
        logits = model.tagger({"input_ids": batch["input_ids"], "word_positions": positions})
        kept = tf.boolean_mask(batch["upos/logits"], is_wordpiece).numpy()
        upos = logits["upos"].numpy()
        np.testing.assert_allclose(kept, upos - upos.max(1, keepdims=True), atol=2e-2)
        order = np.argsort(-logits["feats"].numpy(), axis=1, kind="stable")[:, :5]
        labels = tf.boolean_mask(batch["feats/labels"], is_wordpiece).numpy()
        # All but those of nearly the same logit.
        assert (labels == order).mean() > 0.98


def test_evaluation_batches_have_the_likeliest_labels(demo_model, outputs_dir):
    model = load_trained_model(demo_model)
    pipeline = _pipeline(outputs_dir, "dev")
    batches = list(pipeline.evaluation_batches())
    assert _windows(batches) == _windows(pipeline.training_batches(3))
    same = total = 0
    for batch in batches:
        logits = model.tagger({name: batch[name] for name in ("input_ids", "word_positions")})
        for task in ("upos", "feats"):
            labels = tf.boolean_mask(batch[task], batch["word_positions"] >= 0).numpy()
            same += (labels == logits[task].numpy().argmax(1)).sum()
            total += len(labels)
    assert same / total > 0.995


def test_order_is_that_of_seed_and_epoch(outputs_dir):
    def order(**options):
        epoch = options.pop("epoch", 0)
        batches = _pipeline(outputs_dir, "train", **options).training_batches(epoch)
        return [batch["input_ids"].numpy().tolist() for batch in batches]

    first = order()
    assert order() == first
    assert order(epoch=1) != first
    assert order(seed=2) != first
    skipped = list(_pipeline(outputs_dir, "train").training_batches(0, skip=3))
    assert [batch["input_ids"].numpy().tolist() for batch in skipped] == first[3:]


def test_stopped_job_goes_on(demo_model, transfer_dir, outputs_dir, tmp_path, capsys):
    """Two machines fill a directory; missing and cut shards are written again, the same."""
    expected = {path.name: path.read_bytes() for path in outputs_dir.rglob("*.tfrecord")}
    directory = tmp_path / "outputs"
    for index in range(2):
        config = _config(demo_model, transfer_dir, directory, shard_index=index, num_shards=2)
        cache_teacher_outputs(config)
    info = load_outputs_info(directory)
    assert len(load_outputs(directory, info)) == 8
    output_file(directory, info.shards[0]).unlink()
    cut = output_file(directory, info.shards[3])
    cut.write_bytes(cut.read_bytes()[:-9])
    (directory / "train" / "en-00000-of-00002.json").unlink()
    result = run_script(
        "distill", teacher_outputs_dir=directory, vocab_file=VOCAB, model_dir=tmp_path / "student"
    )
    assert result.returncode == 1
    assert "missing or cut short; run cache_teacher_outputs.py again" in result.stderr
    capsys.readouterr()
    cache_teacher_outputs(_config(demo_model, transfer_dir, directory))
    assert "5 of 8 shards were there already" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in directory.rglob("*.tfrecord")} == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_k": 6}, "holds outputs with another kept; name another --output_dir"),
        ({"max_seq_length": 30}, "holds outputs with another max_seq_length"),
        ({"max_seq_length": 41}, "--max_seq_length=41: the teacher has 40 positions"),
        ({"top_k": 0}, "--top_k=0: must be from 1 to 1024"),
        ({"shard_index": 1}, "--shard_index=1: must be from 0 to --num_shards - 1"),
        ({"teacher_dir": "/no/model"}, "/no/model: no model.json there"),
        ({"transfer_dir": "/no/text"}, "/no/text: no dataset.json there"),
    ],
)
def test_bad_options_of_the_cache(demo_model, transfer_dir, outputs_dir, options, message):
    flags = {
        "teacher_dir": demo_model,
        "transfer_dir": transfer_dir,
        "output_dir": outputs_dir,
        "top_k": 5,
        "keep_all_up_to": 20,
        "precision": "float32",
        **options,
    }
    result = run_script("cache_teacher_outputs", **flags)
    assert result.returncode == 1
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr


def _copy(outputs_dir, tmp_path):
    shutil.copytree(outputs_dir, tmp_path / "outputs")
    directory = tmp_path / "outputs"
    shard = load_outputs_info(directory).shards[1]
    return directory, output_file(directory, shard)


def _describe(path, **changes):
    """Changes the description of a shard; its checksums are those of the file as it is now."""
    description = path.with_suffix(".json")
    content = json.loads(description.read_text())
    content["shard"] |= {"bytes": path.stat().st_size, "sha256": sha256(path)}
    description.write_text(json.dumps(content | changes))


def _lengthen(path):
    """Makes the second record say that it is larger than any memory."""
    content = bytearray(path.read_bytes())
    second = 16 + int.from_bytes(content[:8], "little")
    content[second : second + 8] = (2**50).to_bytes(8, "little")
    path.write_bytes(content)
    _describe(path)


def _drop_record(path):
    content = path.read_bytes()
    path.write_bytes(content[16 + int.from_bytes(content[:8], "little") :])
    _describe(path)


def _damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_lengthen, "no whole record of a sentence behind record 1"),
        (_drop_record, "records of its description"),
        (_damage, "damaged, its checksum is another"),
        (lambda path: _describe(path, lengths={"3": 2**53}), "not of the file beside it"),
        (lambda path: _describe(path, lengths={"41": 1}), "windows of over 40 wordpieces"),
        (lambda path: _describe(path, lengths={"2": 1}), "Expected `int` >= 3"),
        (
            lambda path: _describe(path, shard={"path": "../x", "bytes": 1, "sha256": ""}),
            "leads out of the data set",
        ),
        (
            lambda path: _describe(path, shard={"path": "other", "bytes": 1, "sha256": ""}),
            "not of the file beside it",
        ),
    ],
)
def test_forged_outputs_are_refused(outputs_dir, tmp_path, change, message):
    directory, path = _copy(outputs_dir, tmp_path)
    change(path)
    with pytest.raises(InputError, match=message) as error:
        load_outputs(directory, load_outputs_info(directory))
    assert "\n" not in str(error.value)
    assert str(directory) in str(error.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": {"a/b": ["x"]}, "kept": {"a/b": 1}},
        {"kept": {"upos": 1}},
        {"kept": {"upos": 99, "feats": 1}},
        {"shards": [{"language": "en", "split": "dev", "path": "."}]},
        {"shards": [{"language": "en", "split": "dev", "path": "../x"}]},
        {"max_seq_length": 0},
    ],
)
def test_forged_description_of_outputs(outputs_dir, tmp_path, changes):
    directory, _ = _copy(outputs_dir, tmp_path)
    path = directory / "teacher_outputs.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(InputError, match=r"teacher_outputs\.json: not as it must be"):
        load_outputs_info(directory)


def test_claims_of_several_machines(outputs_dir, tmp_path):
    """At once, and after one was killed in it; with other outputs one of them is refused."""
    info = load_outputs_info(outputs_dir)
    directory = tmp_path / "outputs"
    directory.mkdir()
    (directory / ".teacher_outputs.json.1a2b").write_text("{")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: claim_outputs(directory, info), range(8)))
    assert load_outputs_info(directory) == info
    with pytest.raises(InputError, match="holds outputs with another teacher"):
        claim_outputs(directory, replace(info, teacher="other"))


def test_temperatures_are_as_many_as_on_disk():
    assert len(REST_TEMPERATURES) == NUM_REST_TEMPERATURES


def test_positions_of_wordpieces():
    input_ids = tf.constant([[2, 9, 8, 3, 0], [2, 7, 3, 0, 0], [2, 5, 6, 7, 3]])
    np.testing.assert_array_equal(
        wordpiece_positions(input_ids, 0),
        [[1, 2, -1, -1, -1], [1, -1, -1, -1, -1], [1, 2, 3, -1, -1]],
    )


def _kept_upos(batch):
    return {"upos": tf.boolean_mask(batch["upos/logits"], batch["word_positions"] >= 0)}


@pytest.mark.parametrize("scale", [False, True])
def test_loss_counts_wordpieces_and_nothing_else(demo_model, outputs_dir, scale):
    """Against the sum over single windows without padding, one wordpiece after the other."""
    description = load_trained_model(demo_model).description
    config = replace(
        description.bert_config, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    student = replace(description, bert_config=config).create_tagger(dropout=0.0)
    loss = DistillationLoss(student, _kept_upos, ["upos"], temperature=2.0, scale=scale)
    batch = next(iter(_pipeline(outputs_dir, "dev").training_batches(0)))
    total, count = loss(batch)["upos"]
    expected, wordpieces = 0.0, 0
    for row in range(len(batch["input_ids"])):
        length = int(tf.math.count_nonzero(batch["input_ids"][row]))
        logits = student(
            {
                "input_ids": batch["input_ids"][row : row + 1, :length],
                "word_positions": tf.range(1, length - 1)[tf.newaxis],
            }
        )["upos"]
        teacher = batch["upos/logits"][row, : length - 2]
        expected += float(tf.reduce_sum(softened_cross_entropy(teacher, logits, 2.0)))
        wordpieces += length - 2
    assert int(count) == wordpieces
    np.testing.assert_allclose(float(total), expected * (4.0 if scale else 1.0), rtol=1e-4)


def test_projection_is_the_singular_value_decomposition():
    table = np.random.default_rng(3).normal(size=[50, 8]).astype(np.float32)
    left, values, _ = np.linalg.svd(table, full_matrices=False)
    expected = left[:, :3] * values[:3]
    found = project(table, 3)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(project(table, 8) @ project(table, 8).T, table @ table.T, atol=1e-3)
    assert project(table, 11).shape == (50, 11)


@pytest.fixture(scope="module")
def student(outputs_dir, demo_model, tmp_path_factory):
    """A student of the demo model."""
    directory = tmp_path_factory.mktemp("student") / "run"
    result = run_script("distill", model_dir=directory, **_student_flags(outputs_dir, demo_model))
    assert result.returncode == 0, result.stderr
    return directory


def _student_flags(outputs_dir, demo_model) -> dict[str, str]:
    return {
        "teacher_outputs_dir": str(outputs_dir),
        "vocab_file": str(VOCAB),
        "bert_config": str(demo_model / "bert_config.json"),
        "epochs": "4",
        "batch_size": "16",
        "learning_rate": "3e-2",
        "init_embeddings": "svd",
        "teacher_dir": str(demo_model),
    }


def test_student_agrees_with_its_teacher(student):
    """More with each epoch; the agreement is by language."""
    epochs = json.loads((student / "history.json").read_text())["epochs"]
    assert set(epochs[0]["accuracy"]["upos"]["by_group"]) == {"en", "ru"}
    scores = [epoch["accuracy"]["upos"]["macro"] for epoch in epochs]
    assert scores[-1] > 0.5
    assert scores[-1] > scores[0]
    losses = [epoch["loss"]["feats"] for epoch in epochs]
    assert losses == sorted(losses, reverse=True)


def test_student_is_fine_tuned(student, tiny_options, tmp_path):
    options = {**tiny_options, "epochs": "1", "bert_config": student / "bert_config.json"}
    result = run_script(
        "fine_tune", model_dir=tmp_path / "tuned", init_checkpoint=student, **options
    )
    assert result.returncode == 0, result.stderr


def test_teacher_that_is_asked_anew(outputs_dir, demo_model, transfer_dir):
    """Says of each window what is kept of it."""
    config = DistillConfig(
        vocab_file=str(VOCAB),
        model_dir="",
        teacher_dir=str(demo_model),
        transfer_dir=str(transfer_dir),
        batch_size=16,
    )
    model = load_trained_model(demo_model)
    places = (str(demo_model), str(transfer_dir))
    online = online_teaching(config, model.tokenizer, *places)
    kept = kept_teaching(config, model.tokenizer, str(outputs_dir))
    assert online.vocab_sha256 == kept.vocab_sha256
    assert online.labels == {task: tuple(labels) for task, labels in kept.labels.items()}
    for one, two in ((online.training, kept.training), (online.validation, kept.validation)):
        assert one.groups == two.groups
        assert one.num_steps(0) == two.num_steps(0)
        assert one.num_wordpieces(0) == two.num_wordpieces(0)
        assert _windows(one.training_batches(0)) == _windows(two.training_batches(0))
    assert _said(online) == pytest.approx(_said(kept), abs=2e-2)
    assert (
        len(list(online.training.training_batches(0, skip=3))) == online.training.num_steps(0) - 3
    )
    same = total = 0
    labels = [_likeliest(teaching) for teaching in (online, kept)]
    assert labels[0].keys() == labels[1].keys()
    for window, of_online in labels[0].items():
        same += sum(a == b for a, b in zip(of_online, labels[1][window], strict=True))
        total += len(of_online)
    assert same / total > 0.995


def _said(teaching) -> dict[tuple, float]:
    """For each window, language and ids, the mean size of its relative UPOS logits."""
    said = {}
    for batch in teaching.validation.training_batches(0):
        logits = tf.cast(teaching.teacher(batch)["upos"], tf.float32)
        squares = tf.reduce_mean(
            (logits - tf.reduce_max(logits, axis=1, keepdims=True)) ** 2, axis=1
        )
        rows = tf.where(batch["word_positions"] >= 0)[:, 0]
        for row, key in enumerate(_keys(batch)):
            said[key] = float(tf.reduce_mean(tf.sqrt(squares[rows == row])))
    return said


def _likeliest(teaching) -> dict[tuple, list[int]]:
    """For each window the teacher's likeliest labels of both tasks."""
    found = {}
    for batch in teaching.validation.evaluation_batches():
        for row, key in enumerate(_keys(batch)):
            is_wordpiece = batch["word_positions"][row] >= 0
            found[key] = [
                label
                for task in ("upos", "feats")
                for label in batch[task][row][is_wordpiece].numpy().tolist()
            ]
    return found


def _keys(batch) -> list[tuple]:
    return [
        (int(group), *ids[ids != 0].tolist())
        for ids, group in zip(batch["input_ids"].numpy(), batch["group"].numpy(), strict=True)
    ]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"temperature": "0"}, "--temperature=0.0: must be greater than 0, and finite"),
        ({"temperature": "inf"}, "--temperature=inf: must be greater than 0"),
        ({"tasks": "ner"}, "has no 'ner', only upos feats"),
        ({"teacher_outputs_dir": "/no/dir"}, "/no/dir: no teacher_outputs.json there"),
        ({"teacher_dir": "/no/model"}, "/no/model: no model.json there"),
        ({"init_embeddings": "random"}, "needed for --transfer_dir and --init_embeddings=svd, and"),
        ({"transfer_dir": "x"}, "give either --teacher_outputs_dir, or --teacher_dir and"),
        ({"init_checkpoint": "x"}, "--init_embeddings=svd: the weights of --init_checkpoint"),
        ({"vocab_file": "other"}, "not the vocabulary of the teacher"),
    ],
)
def test_bad_options_of_a_student(outputs_dir, demo_model, tmp_path, flags, message):
    other = tmp_path / "other"
    shutil.copy(VOCAB, other)
    other.write_text(other.read_text(encoding="utf-8").replace("##s\n", "##ꙮ\n"), encoding="utf-8")
    flags = {name: str(other) if value == "other" else value for name, value in flags.items()}
    flags = {**_student_flags(outputs_dir, demo_model), **flags}
    result = run_script("distill", model_dir=tmp_path / "run", **flags)
    assert result.returncode == 1
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert not (tmp_path / "run").exists()
