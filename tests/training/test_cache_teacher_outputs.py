"""What is kept of a teacher: against the teacher itself, resumed, shared, damaged, forged."""

import json
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.output_records import Field
from minibert.data.teacher_outputs import (
    claim_outputs,
    kept_bytes,
    load_outputs,
    load_outputs_info,
    output_file,
)
from minibert.data.text_corpus import read_text_shard, text_shards
from minibert.data.text_info import load_text_info
from minibert.errors import InputError
from minibert.files import sha256
from minibert.runs.best_epoch import keep_best
from minibert.runs.trained_model import load_trained_model
from minibert.training.cache_teacher_outputs import cache_teacher_outputs, share
from minibert.training.distill_config import DistillConfig
from minibert.training.softened_cross_entropy import REST_TEMPERATURES
from minibert.training.teaching import kept_teaching
from tests.conftest import command, mistake_of, run_script
from tests.training.conftest import VOCAB, cache_config, outputs_pipeline, sorted_keys
from tests.warm_processes import started_warm


def test_kept_outputs_are_those_of_the_teacher(demo_model, transfer_dir, outputs_dir):
    """For the windows of the text, each once."""
    model = load_trained_model(demo_model)
    text = load_text_info(transfer_dir)
    ids = []
    for shard in text_shards(text):
        if shard.split == "dev":
            for sentences in read_text_shard(text, shard, sentences=7):
                encoded = model.featurizer.featurize_text(sentences)
                group = ["en", "ru"].index(shard.language)
                ids += [(group, *row) for row in encoded.features["input_ids"].to_list()]
    pipeline = outputs_pipeline(outputs_dir, "dev")
    assert pipeline.groups == ["en", "ru"]
    batches = list(pipeline.training_batches(0))
    assert sorted_keys(batches) == sorted(ids)
    assert len(batches) == pipeline.num_steps(0)
    assert pipeline.num_wordpieces(0) == sum(len(row) - 1 for row in ids)
    for batch in batches:
        positions = batch["word_positions"]
        is_wordpiece = positions >= 0
        logits = model.tagger({"input_ids": batch["input_ids"], "word_positions": positions})
        kept = tf.boolean_mask(batch["upos/logits"], is_wordpiece).numpy()
        upos = logits["upos"].numpy()
        np.testing.assert_allclose(kept, upos - upos.max(1, keepdims=True), atol=2e-2)
        offset = tf.boolean_mask(batch["upos/offset"], is_wordpiece).numpy()
        # A float16 has 11 digits.
        np.testing.assert_allclose(offset, upos.max(1, keepdims=True), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(kept.astype(np.float32) + offset, upos, atol=3e-2)
        feats = logits["feats"].numpy().astype(np.float64)
        offset = tf.boolean_mask(batch["feats/offset"], is_wordpiece).numpy()
        np.testing.assert_allclose(offset, feats.max(1, keepdims=True), rtol=1e-5, atol=1e-5)
        order = np.argsort(-feats, axis=1, kind="stable")[:, :5]
        labels = tf.boolean_mask(batch["feats/labels"], is_wordpiece).numpy()
        # All but those of nearly the same logit.
        assert (labels == order).mean() > 0.98
        relative = feats - feats.max(1, keepdims=True)
        kept = tf.boolean_mask(batch["feats/logits"], is_wordpiece).numpy()
        np.testing.assert_allclose(kept, np.take_along_axis(relative, labels, 1), atol=2e-2)
        np.put_along_axis(relative, labels, -np.inf, axis=1)
        sums = [np.log(np.exp(relative / t).sum(1)) for t in REST_TEMPERATURES]
        rest = tf.boolean_mask(batch["feats/rest"], is_wordpiece).numpy()
        np.testing.assert_allclose(rest, np.stack(sums, axis=1), atol=2e-2)


def test_evaluation_batches_have_the_likeliest_labels(demo_model, outputs_dir):
    model = load_trained_model(demo_model)
    config = DistillConfig(
        teacher_outputs_dir=str(outputs_dir), vocab_file=str(VOCAB), model_dir="", batch_size=16
    )
    teaching = kept_teaching(config, model.description.features, str(outputs_dir))
    _, pipeline = teaching.load_batches()
    batches = list(pipeline.evaluation_batches())
    assert set(batches[0]) == {"input_ids", "word_positions", "group", "upos", "feats"}
    assert sorted_keys(batches) == sorted_keys(pipeline.training_batches(3))
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
        batches = outputs_pipeline(outputs_dir, "train", **options).training_batches(epoch)
        return [batch["input_ids"].numpy().tolist() for batch in batches]

    first = order()
    assert order() == first
    assert order(epoch=1) != first
    assert order(seed=2) != first
    skipped = list(outputs_pipeline(outputs_dir, "train").training_batches(0, skip=3))
    assert [batch["input_ids"].numpy().tolist() for batch in skipped] == first[3:]


def test_stopped_job_goes_on(demo_model, transfer_dir, outputs_dir, tmp_path, capsys):
    """Two machines fill a directory; missing and cut shards are written again, the same."""
    expected = {path.name: path.read_bytes() for path in outputs_dir.rglob("*.tfrecord")}
    directory = tmp_path / "outputs"
    for index in range(2):
        config = cache_config(demo_model, transfer_dir, directory, shard_index=index, num_shards=2)
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
    cache_teacher_outputs(cache_config(demo_model, transfer_dir, directory))
    assert "5 of 8 shards were there already" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in directory.rglob("*.tfrecord")} == expected


@pytest.mark.parametrize(
    ("sizes", "num_shares", "expected"),
    [
        ([3, 9, 4, 4], 1, [[0, 1, 2, 3]]),
        # 9 goes to the first, 4 and 4 to the second, which has less, and 3 to the second again.
        ([3, 9, 4, 4], 2, [[1], [0, 2, 3]]),
        ([3, 9, 4, 4], 3, [[1], [0, 2], [3]]),
        ([3, 9, 4, 4], 5, [[1], [2], [3], [0], []]),
        ([2, 2, 2], 2, [[0, 2], [1]]),
        ([], 2, [[], []]),
    ],
)
def test_shares(sizes, num_shares, expected):
    assert [share(sizes, num_shares, index) for index in range(num_shares)] == expected


@pytest.mark.parametrize("num_shares", [2, 3, 4, 7])
def test_shares_are_of_about_one_size(num_shares):
    """Together all; none is larger than another by more than the largest size."""
    sizes = np.random.default_rng(1).integers(1, 1000, 50).tolist()
    shares = [share(sizes, num_shares, index) for index in range(num_shares)]
    assert sorted(index for own in shares for index in own) == list(range(50))
    totals = [sum(sizes[index] for index in own) for own in shares]
    assert max(totals) - min(totals) <= max(sizes)


def test_killed_job_goes_on(demo_model, transfer_dir, outputs_dir, tmp_path):
    """Killed in its first shard and in a later one."""
    directory = tmp_path / "outputs"
    flags = vars(cache_config(demo_model, transfer_dir, directory))
    for wanted in (1, 4):
        with started_warm(command("cache_teacher_outputs", **flags)) as process:
            while process.is_alive() and len(list(directory.rglob("*.tfrecord*"))) < wanted:
                time.sleep(0.005)
            process.kill()
            process.join()
        assert process.exitcode == -signal.SIGKILL
    result = run_script("cache_teacher_outputs", **flags)
    assert result.returncode == 0, result.stderr
    names, expected = (
        sorted(path.relative_to(place) for path in place.rglob("*"))
        for place in (directory, outputs_dir)
    )
    assert names == expected
    info = load_outputs_info(outputs_dir)
    assert load_outputs_info(directory) == info
    for (_, one), (_, two) in zip(
        load_outputs(directory, info), load_outputs(outputs_dir, info), strict=True
    ):
        assert one.lengths == two.lengths
        paths = [str(place / one.shard.path) for place in (directory, outputs_dir)]
        for records in zip(*map(tf.data.TFRecordDataset, paths), strict=True):
            found, wanted = map(_features, records)
            assert found.keys() == wanted.keys() == {"text", "language", *info.kept}
            assert found["text"] == wanted["text"]
            # Another process rounds otherwise.
            logits = [np.frombuffer(kept["upos/logits"], "<f2") for kept in (found, wanted)]
            np.testing.assert_allclose(*logits, atol=2e-2)


def _features(record) -> dict[str, bytes]:
    features = tf.train.Example.FromString(record.numpy()).features.feature
    return {name: feature.bytes_list.value[0] for name, feature in features.items()}


def test_teacher_whose_logits_are_no_numbers(demo_model, transfer_dir, tmp_path):
    model = load_trained_model(demo_model)
    model.tagger.heads["feats"].bias.assign(np.nan * model.tagger.heads["feats"].bias)
    (tmp_path / "teacher").mkdir()
    model.description.save(tmp_path / "teacher")
    keep_best(tmp_path / "teacher", model.tagger, epoch=1, score=0.5, scores={})
    with pytest.raises(InputError, match="the teacher's outputs for it are not finite"):
        cache_teacher_outputs(
            cache_config(tmp_path / "teacher", transfer_dir, tmp_path / "outputs")
        )
    left = [path.name for path in (tmp_path / "outputs").rglob("*") if path.is_file()]
    assert left == ["teacher_outputs.json"]


def test_text_of_which_nothing_was_held_out(demo_model, transfer_dir, tmp_path):
    """Is refused before the teacher has read it."""
    shutil.copytree(transfer_dir, tmp_path / "text")
    path = tmp_path / "text" / "dataset.json"
    content = json.loads(path.read_text())
    content["text_parts"] = [part for part in content["text_parts"] if part["split"] == "train"]
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="text: no text for the split dev; prepare more"):
        cache_teacher_outputs(cache_config(demo_model, tmp_path / "text", tmp_path / "outputs"))
    assert not (tmp_path / "outputs").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_k": 6}, "holds outputs with another kept, {'upos/logits': "),
        ({"positions": "words"}, "holds outputs with another positions, wordpieces; name another"),
        ({"max_seq_length": 30}, "holds outputs with another max_seq_length, 40; name another"),
        ({"precision": "bfloat16"}, "holds outputs with another precision, float32; name another"),
        ({"max_seq_length": 41}, "windows of 41 wordpieces: the teacher has 40 positions"),
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
    assert message in mistake_of("cache_teacher_outputs", **flags)


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: _describe(path, lengths={"41": 1}), "windows of over 40 wordpieces"),
        (lambda path: _describe(path, lengths={"0": 1}), "Expected `int` >= 1"),
        (lambda path: _describe(path, lengths={}), "Expected `object` of length >= 1"),
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
        {"labels": {"a/b": ["x"]}},
        {"kept": {"upos": 1}},
        {"kept": {}},
        {"kept": {"upos/logits": {"dtype": "float16", "width": 0}}},
        {"kept": {"upos/logits": {"dtype": "int7", "width": 1}}},
        {"positions": "letters"},
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


def test_table_of_fields(outputs_dir):
    """Of UPOS all, of FEATS the greatest five; with the bytes that they take."""
    info = load_outputs_info(outputs_dir)
    upos = len(info.labels["upos"])
    assert info.positions == "wordpieces"
    assert info.kept == {
        "upos/logits": Field("float16", upos),
        "upos/offset": Field("float32", 1),
        "feats/logits": Field("float16", 5),
        "feats/offset": Field("float32", 1),
        "feats/labels": Field("uint16", 5),
        "feats/rest": Field("float16", len(REST_TEMPERATURES)),
    }
    assert kept_bytes(info) == 2 * (upos + 2 + 5 + 2 + 5 + 5)


def test_outputs_of_an_old_form_are_not_filled(outputs_dir, tmp_path):
    info = load_outputs_info(outputs_dir)
    directory, _ = _copy(outputs_dir, tmp_path)
    path = directory / "teacher_outputs.json"
    path.write_text(path.read_text().replace('"format_version": 5', '"format_version": 3'))
    with pytest.raises(InputError, match="format version 3, this release reads 4 to 5") as error:
        claim_outputs(directory, info)
    assert str(error.value).endswith("; name another --output_dir")
