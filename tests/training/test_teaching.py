"""What a student is taught with: some tasks of a teacher's outputs, which are read once."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.input_pipeline import Batching
from minibert.data.teacher_outputs import load_outputs, load_outputs_info, output_file
from minibert.data.text_corpus import text_shards
from minibert.data.text_info import load_text_info
from minibert.errors import InputError
from minibert.runs.trained_model import load_trained_model
from minibert.training.cache_teacher_outputs import cache_teacher_outputs
from minibert.training.distill_config import DistillConfig
from minibert.training.language_pipeline import LanguagePipeline
from minibert.training.language_records import LanguageRecords
from minibert.training.sentence_windows import SentenceWindows
from minibert.training.teaching import kept_teaching, online_teaching
from tests.conftest import run_script
from tests.training.conftest import VOCAB, cache_config


@pytest.mark.parametrize("task", ["upos", "feats"])
def test_outputs_of_two_tasks_teach_one(task, demo_model, outputs_dir):
    config = DistillConfig(
        teacher_outputs_dir=str(outputs_dir), vocab_file=str(VOCAB), model_dir="", batch_size=16
    )
    features = load_trained_model(demo_model).description.features
    both, one = (
        kept_teaching(replace(config, tasks=tasks), features, str(outputs_dir))
        for tasks in (("upos", "feats"), (task,))
    )
    assert list(both.labels) == ["upos", "feats"]
    assert list(one.labels) == [task]
    for of_both, of_one in zip(both.load_batches(), one.load_batches(), strict=True):
        batches = [
            list(pipeline.training_batches(0).as_numpy_iterator()) for pipeline in (of_both, of_one)
        ]
        assert len(batches[0]) == len(batches[1]) > 1
        for first, second in zip(*batches, strict=True):
            assert first.keys() - second.keys()
            assert not any(
                name.startswith("feats" if task == "upos" else "upos") for name in second
            )
            for name, value in second.items():
                np.testing.assert_array_equal(first[name], value, err_msg=name)
        assert one.teacher(next(iter(of_one.training_batches(0)))).keys() == {task}


def _damaged(outputs_dir, tmp_path, change):
    directory = tmp_path / "outputs"
    shutil.copytree(outputs_dir, directory)
    info = load_outputs_info(directory)
    shard = next(s for s in info.shards if (s.language, s.split) == ("ru", "train"))
    path = output_file(directory, shard)
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)
    return directory, path, info


def _flip(content):
    content[len(content) // 2] ^= 1


def _lengthen(content):
    """Makes the first record say that it is larger than any memory."""
    content[:8] = (2**50).to_bytes(8, "little")


def test_outputs_are_not_read_to_begin(outputs_dir, tmp_path):
    """They may be larger than a disk reads in an hour, and every worker begins."""
    directory, _, info = _damaged(
        outputs_dir, tmp_path, lambda c: c.__setitem__(slice(0, 99), b"x" * 99)
    )
    assert load_outputs(directory, info) == load_outputs(outputs_dir, info)


@pytest.mark.parametrize("change", [_flip, _lengthen], ids=["flip", "lengthen"])
def test_damaged_outputs_are_named_when_they_are_read(
    change, outputs_dir, student_options, tmp_path
):
    directory, path, _ = _damaged(outputs_dir, tmp_path, change)
    options = {**student_options, "teacher_outputs_dir": directory, "epochs": "1"}
    result = run_script("distill", model_dir=tmp_path / "run", **options)
    assert result.returncode == 1
    assert result.stderr.strip().splitlines()[-1] == (
        f"error: {path}: damaged, its checksum is another than when it was written; remove it, and "
        "run cache_teacher_outputs.py again"
    )
    assert "Traceback" not in result.stderr


def test_teacher_is_asked_once_about_what_was_held_out(demo_model, transfer_dir):
    model = load_trained_model(demo_model)
    text = load_text_info(transfer_dir)
    asked = tf.Variable(0)

    def likeliest(batch):
        asked.assign_add(1)
        return {"upos": batch["word_positions"]}

    shards = [shard for shard in text_shards(text) if shard.split == "dev"]
    records = LanguageRecords(text.directory, shards, compressed=text.gzip, remedy="")
    windows = SentenceWindows(model.featurizer)
    pipeline = LanguagePipeline(
        records,
        windows,
        Batching(model.description.features.max_length, windows=16),
        lengths=records.count_windows(windows),
        seed=1,
        likeliest=likeliest,
    )
    batches = pipeline.evaluation_batches()
    epochs = [list(batches.as_numpy_iterator()) for _ in range(3)]
    assert int(asked) == len(epochs[0]) == pipeline.num_steps(0) > 1
    for one, two, three in zip(*epochs, strict=True):
        for name, value in one.items():
            np.testing.assert_array_equal(value, two[name])
            np.testing.assert_array_equal(value, three[name])


def test_words_teach_a_student_of_another_vocabulary(demo_model, transfer_dir, tmp_path):
    """The same rows in the same order; wordpieces, as they are by default, do not."""
    directory = tmp_path / "outputs"
    cache_teacher_outputs(cache_config(demo_model, transfer_dir, directory, positions="words"))
    model = load_trained_model(demo_model)
    features = model.description.features
    vocab = [p for p in features.vocab if not p.startswith("##") or len(p) == 3]
    other = replace(features, vocab=vocab)
    assert len(vocab) < len(features.vocab)
    config = DistillConfig(
        teacher_outputs_dir=str(directory), vocab_file="V", model_dir="", batch_size=16
    )
    same, another = (
        kept_teaching(config, features, str(directory)),
        kept_teaching(config, other, str(directory)),
    )
    rows = []
    for teaching in (same, another):
        for pipeline in teaching.load_batches():
            batches = list(pipeline.training_batches(0))
            assert len(batches) == pipeline.num_steps(0)
            rows.append(
                np.concatenate([teaching.teacher(batch)["upos"].numpy() for batch in batches])
            )
    # Windows of long sentences are others, and so is what is beside them.
    for ours, theirs in zip(rows[:2], rows[2:], strict=True):
        np.testing.assert_array_equal(np.sort(ours, axis=0), np.sort(theirs, axis=0))
    for batch in same.load_batches()[1].training_batches(0):
        logits = model.tagger.logits(batch)["upos"]
        relative = logits - tf.reduce_max(logits, axis=1, keepdims=True)
        np.testing.assert_allclose(same.teacher(batch)["upos"], relative, atol=2e-2)


def test_wordpieces_teach_no_student_of_another_vocabulary(outputs_dir, demo_model):
    features = load_trained_model(demo_model).description.features
    other = replace(features, vocab=features.vocab[:-1])
    config = DistillConfig(teacher_outputs_dir=str(outputs_dir), vocab_file="V", model_dir="")
    with pytest.raises(InputError, match="V: not the vocabulary of the teacher; give that of"):
        kept_teaching(config, other, str(outputs_dir))


def test_words_of_a_version_before_teach_no_more(outputs_dir, tmp_path):
    """They had the punctuation behind them; wordpieces are what they were."""
    directory = tmp_path / "outputs"
    shutil.copytree(outputs_dir, directory)
    path = directory / "teacher_outputs.json"
    content = {**json.loads(path.read_text()), "format_version": 4}
    path.write_text(json.dumps(content))
    assert load_outputs_info(directory).positions == "wordpieces"
    path.write_text(json.dumps({**content, "positions": "words"}))
    with pytest.raises(InputError, match="of words with the punctuation behind them, as a version"):
        load_outputs_info(directory)


@pytest.mark.parametrize("positions", ["wordpieces", "words"])
def test_a_teacher_is_asked_anew_at_words_too(demo_model, transfer_dir, positions, capsys):
    config = DistillConfig(
        teacher_dir=str(demo_model),
        transfer_dir=str(transfer_dir),
        positions=positions,
        vocab_file=str(VOCAB),
        model_dir="",
        batch_size=16,
    )
    model = load_trained_model(demo_model)
    teaching = online_teaching(
        config, model.description.features, str(demo_model), str(transfer_dir)
    )
    assert f"learns at {positions}" in capsys.readouterr().err
    batch = next(iter(teaching.load_batches()[0].training_batches(0)))
    ids = batch["input_ids"].numpy()
    count = int((batch["word_positions"].numpy() >= 0).sum())
    of_text = int((~np.isin(ids, range(4))).sum() + (ids == 1).sum())
    assert (count == of_text) == (positions == "wordpieces")
    assert teaching.teacher(batch)["upos"].shape[0] == count
    other = replace(model.description.features, vocab=model.description.features.vocab[:-1])
    with pytest.raises(InputError, match=r"or keep its outputs with cache_teacher_outputs\.py"):
        online_teaching(config, other, str(demo_model), str(transfer_dir))
