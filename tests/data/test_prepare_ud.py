import gzip
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import tensorflow as tf

from minibert.data.corpus import scan_corpus
from minibert.data.dataset_info import load_dataset_info
from minibert.data.datasets import Datasets
from minibert.data.prepare_ud import prepare_ud
from minibert.data.prepare_ud_config import PrepareUdConfig
from minibert.data.records import parse, serialize
from minibert.data.sentence import Sentence, memory
from minibert.data.shards import count_records
from minibert.data.streams import shuffle
from minibert.data.treebank_reader import read_sentences
from minibert.errors import InputError
from minibert.files import atomic_directory, sha256
from minibert.text.normalization import NFC
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.wordpiece_features import WordpieceFeatures
from tests.conftest import TESTDATA, command, run_script

UD = TESTDATA / "ud"


def _prepare(output_dir, **options):
    options = {"input_dir": str(UD), "treebanks": ("en_demo", "tr_demo"), **options}
    prepare_ud(PrepareUdConfig(output_dir=str(output_dir), **options))
    return load_dataset_info(output_dir)


def _records(info, split, treebank):
    """Words and labels of the records of a part."""
    (part,) = info.select((split,), (treebank,))
    paths = info.shard_paths(part)
    dataset = tf.data.TFRecordDataset(paths, compression_type="GZIP" if info.gzip else "")
    parsed = parse(tf.stack(list(dataset)), ("upos", "feats"))
    assert set(parsed.treebank.numpy()) == {treebank.encode()}
    columns = (parsed.words, parsed.labels["upos"], parsed.labels["feats"])
    return [
        tuple(tuple(text.decode() for text in row) for row in rows)
        for rows in zip(*(column.to_list() for column in columns), strict=True)
    ]


def _source(split, treebank):
    path = UD / treebank / f"{treebank}-ud-{split}.conllu"
    return [(s.words, s.labels["upos"], s.labels["feats"]) for s in read_sentences(path, treebank)]


@pytest.mark.parametrize(("num_shards", "gzip"), [(1, False), (3, True)])
def test_records_hold_what_the_files_hold(tmp_path, capsys, num_shards, gzip):
    info = _prepare(tmp_path / "out", num_shards=num_shards, gzip=gzip)
    assert [(part.treebank, part.split) for part in info.parts] == [
        ("en_demo", "dev"),
        ("en_demo", "train"),
        ("tr_demo", "dev"),
        ("tr_demo", "train"),
    ]
    for part in info.parts:
        found = _records(info, part.split, part.treebank)
        expected = _source(part.split, part.treebank)
        assert sorted(found) == sorted(expected)
        assert part.sentences == len(expected)
        assert part.words == sum(len(words) for words, *_ in expected)
        assert len(part.shards) == num_shards
        upos = [label for _, labels, _ in expected for label in labels]
        assert part.labels["upos"] == {label: upos.count(label) for label in upos}
        for shard in part.shards:
            assert sha256(info.directory / shard.path) == shard.sha256
    if num_shards == 1:
        # Evaluation data keeps the order of its file; training data does not.
        assert _records(info, "dev", "en_demo") == _source("dev", "en_demo")
        assert _records(info, "train", "en_demo") != _source("train", "en_demo")
    content = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert content["label_inventory"]["upos"]["NOUN"] == sum(
        part.labels["upos"]["NOUN"] for part in info.parts
    )
    assert "all 2" in capsys.readouterr().out


def test_preflight_table(tmp_path, capsys):
    _prepare(tmp_path / "out", treebanks=("en_demo",), vocab_file=str(TESTDATA / "vocab.txt"))
    header, dev, train, *_ = capsys.readouterr().out.splitlines()
    assert header.split()[:7] == [
        "treebank",
        "split",
        "sentences",
        "words",
        "skipped",
        "withheld",
        "pieces/word",
    ]
    row = dict(zip(header.split()[:12], train.split(), strict=False))
    assert row["sentences"] == "240"
    assert row[">128"] == "1"
    assert row["longest"] == "148"
    assert row["[UNK]"] == "1"  # the soft hyphen
    assert dev.split()[2] == "40"


def test_limit_keeps_evaluation_data_whole_and_draws_from_all(tmp_path, monkeypatch):
    # A buffer of about five sentences.
    monkeypatch.setattr("minibert.data.streams._SHUFFLE_BUFFER_BYTES", 10_000)
    info = _prepare(tmp_path / "out", max_sentences_per_treebank=50)
    assert len(_records(info, "train", "en_demo")) == 50
    assert len(_records(info, "dev", "en_demo")) == 40
    assert set(_records(info, "train", "en_demo")) <= set(_source("train", "en_demo"))
    places = [_source("train", "en_demo").index(row) for row in _records(info, "train", "en_demo")]
    assert 80 < sum(places) / 50 < 160  # of 240


@pytest.mark.parametrize("long_text", ["id", "word", "label"])
def test_shuffling_takes_bounded_memory(monkeypatch, long_text):
    monkeypatch.setattr("minibert.data.streams._SHUFFLE_BUFFER_BYTES", 10_000)
    text = {name: "x" * 1000 if name == long_text else "x" for name in ("id", "word", "label")}
    pulled = 0

    def endless():
        nonlocal pulled
        while True:
            pulled += 1
            yield Sentence((text["word"],), {"feats": (text["label"],)}, "xx_a", text["id"])

    next(shuffle(endless(), random.Random(1), memory))
    assert pulled <= 10


def test_same_command_again_and_other_command(tmp_path, capsys):
    _prepare(tmp_path / "out")
    _prepare(tmp_path / "out")
    assert "prepared already" in capsys.readouterr().out
    with pytest.raises(InputError, match="prepared with seed=1, not 2"):
        _prepare(tmp_path / "out", seed=2)
    with pytest.raises(InputError, match="from other files"):
        _prepare(tmp_path / "out", input_dir=_changed_copy(tmp_path))


def test_another_vocabulary_needs_no_other_records(tmp_path, capsys):
    _prepare(tmp_path / "out")
    _prepare(tmp_path / "out", vocab_file=str(TESTDATA / "vocab.txt"))
    assert "the records fit any vocabulary" in capsys.readouterr().out


def test_file_that_is_none_and_name_that_cannot_be_printed(tmp_path):
    directory = tmp_path / "in"
    directory.mkdir()
    os.mkfifo(directory / "a-ud-train.conllu")
    with pytest.raises(InputError, match=r"a-ud-train.conllu': not a regular file"):
        _prepare(tmp_path / "out", input_dir=str(directory), treebanks=())
    (directory / "a-ud-train.conllu").unlink()
    (directory / os.fsdecode(b"\xff-ud-train.conllu")).touch()
    with pytest.raises(InputError, match=r"udcff-ud-train.conllu': a name that cannot be printed"):
        _prepare(tmp_path / "out", input_dir=str(directory), treebanks=())


def _changed_copy(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(UD, copy)
    path = copy / "tr_demo" / "tr_demo-ud-dev.conllu"
    path.write_text(path.read_text().replace("eski", "yeni"))
    return str(copy)


def test_layout_of_a_release(tmp_path):
    release = tmp_path / "ud-treebanks-v2.2"
    for treebank, name in (("en_demo", "UD_English-Demo"), ("tr_demo", "UD_Turkish-Demo")):
        shutil.copytree(UD / treebank, release / name)
    assert {part.treebank for part in _prepare(tmp_path / "out", input_dir=str(release)).parts} == {
        "en_demo",
        "tr_demo",
    }


def test_sentence_without_words_is_skipped_and_counted(tmp_path):
    copy = tmp_path / "in"
    shutil.copytree(UD / "tr_demo", copy / "tr_demo")
    path = copy / "tr_demo" / "tr_demo-ud-dev.conllu"
    path.write_text("# text = nothing\n\n" + path.read_text())
    info = _prepare(tmp_path / "out", input_dir=str(copy), treebanks=())
    assert [part.skipped for part in info.parts] == [1, 0]
    assert info.parts[0].sentences == 40


def test_killed_run_leaves_nothing_that_looks_whole(tmp_path):
    big = tmp_path / "in" / "en_demo"
    big.mkdir(parents=True)
    text = (UD / "en_demo" / "en_demo-ud-train.conllu").read_text()
    (big / "en_demo-ud-train.conllu").write_text(text * 200)
    output = tmp_path / "out"
    process = subprocess.Popen(
        command("prepare_ud", input_dir=tmp_path / "in", output_dir=output),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not list(tmp_path.glob(".out.partial/train/*")) and process.poll() is None:
        time.sleep(0.01)
    assert process.poll() is None, "too quick to be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not output.exists()
    with pytest.raises(InputError, match="no prepared data"):
        load_dataset_info(output)
    info = _prepare(output, input_dir=str(tmp_path / "in"), treebanks=())
    assert info.parts[0].sentences == 240 * 200
    assert not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: (d / "xx-ud-dev.conllu").write_text("x"), "treebank xx has no train file"),
        (lambda d: (d / "tr_demo-ud-train.conllu").write_text("1\ta\n\n"), ":1: 2 columns"),
        (lambda d: (d / "tr_demo-ud-train.conllu").write_text(""), ":1: no sentence"),
        (lambda d: (d / "tr_demo-ud-train.conllu").write_text("# x\n\n"), "no sentence with words"),
        (lambda d: shutil.copytree(d, d.parent / "again"), "tr_demo has a dev file already"),
        (lambda d: [p.unlink() for p in d.glob("*")], "no file TREEBANK-ud-SPLIT.conllu"),
    ],
)
def test_bad_input(tmp_path, change, message):
    directory = tmp_path / "in" / "tr_demo"
    shutil.copytree(UD / "tr_demo", directory)
    change(directory)
    result = run_script("prepare_ud", input_dir=tmp_path / "in", output_dir=tmp_path / "out")
    assert result.returncode == 1
    assert message in result.stderr
    assert [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_skip_without_train(tmp_path):
    directory = tmp_path / "in" / "tr_demo"
    shutil.copytree(UD / "tr_demo", directory)
    (directory / "xx-ud-dev.conllu").write_text("x")
    options = {"input_dir": str(tmp_path / "in"), "treebanks": (), "skip_without_train": True}
    assert len(_prepare(tmp_path / "out", **options).parts) == 2


def test_unknown_treebank(tmp_path):
    with pytest.raises(
        InputError, match="no treebank 'xx_y' in the input directory; it has en_demo"
    ):
        _prepare(tmp_path / "out", treebanks=("xx_y",))


def test_damaged_data_sets_are_refused(tmp_path):
    info = _prepare(tmp_path / "out")
    shard = tmp_path / "out" / info.parts[0].shards[0].path
    content = shard.read_bytes()
    shard.write_bytes(content[:-5])
    with pytest.raises(InputError, match=f"{len(content) - 5} bytes, not {len(content)}"):
        load_dataset_info(tmp_path / "out")
    shard.unlink()
    with pytest.raises(InputError, match="missing"):
        load_dataset_info(tmp_path / "out")
    for text in ("{", "[]", "{}", '{"format_version": 1, "parts": [{}]}'):
        (tmp_path / "out" / "dataset.json").write_text(text)
        with pytest.raises(InputError, match="prepare the data again"):
            load_dataset_info(tmp_path / "out")


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("parts.0.sentences", "240", "Expected `int`, got `str` - at `$.parts[0].sentences`"),
        ("parts.0.sentences", 240.5, "Expected `int`"),
        ("parts.0.sentences", -5, "Expected `int` >= 1"),
        ("parts.0.words", 10**30, "not as it must be"),
        ("parts.0.words", float("nan"), "not as it must be"),
        ("parts.0.words", 1, "1 words have not as many upos labels"),
        ("parts.0.labels", [], "Expected `object`"),
        ("parts.0.labels", {}, "a part has labels of other tasks than upos feats"),
        ("parts.0.treebank", None, "Expected `str`"),
        ("parts.0.shards", [], "length >= 1"),
        ("parts.0.shards.0.path", "../a", "the path '../a' leads out of the data set"),
        ("parts.0.shards.0.path", "/a", "leads out"),
        ("parts.0.shards.0.sha256", None, "Expected `str`"),
        ("tasks", None, "Expected `array`"),
        ("parts", [], "length >= 1"),
        ("gzip", 1, "Expected `bool`"),
    ],
)
def test_forged_descriptions_are_refused(tmp_path, place, value, message):
    _prepare(tmp_path / "out", treebanks=("en_demo",))
    path = tmp_path / "out" / "dataset.json"
    content = json.loads(path.read_text())
    *keys, last = (int(key) if key.isdecimal() else key for key in place.split("."))
    inner = content
    for key in keys:
        inner = inner[key]
    inner[last] = value
    path.write_text(json.dumps(content))
    with pytest.raises(InputError) as error:
        load_dataset_info(tmp_path / "out")
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_unwritable_directory(tmp_path):
    """Below /proc nobody may write, root neither."""
    result = run_script("prepare_ud", input_dir=UD, output_dir="/proc/out")
    assert result.returncode == 1
    assert re.fullmatch(r"error: /proc/\S+: .+\n", result.stderr)


def test_output_below_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    result = run_script("prepare_ud", input_dir=UD, output_dir=tmp_path / "file" / "out")
    assert result.returncode == 1
    assert result.stderr.strip().startswith("error:")


def test_full_disk(tmp_path):
    """A file size limit stands in for a full disk: writes fail in the same way."""
    script = " ".join(command("prepare_ud", input_dir=UD, output_dir=tmp_path / "out"))
    result = subprocess.run(
        ["bash", "-c", f"trap '' XFSZ; ulimit -f 8; {script}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stderr
    assert "error:" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_second_process_is_refused(tmp_path):
    with (
        atomic_directory(tmp_path / "out"),
        pytest.raises(InputError, match="another process is writing it"),
    ):
        _prepare(tmp_path / "out")
    assert (tmp_path / "out").is_dir()


def test_pieces_of_a_split(tmp_path):
    directory = tmp_path / "in"
    directory.mkdir()
    shutil.copy(UD / "tr_demo" / "tr_demo-ud-dev.conllu", directory / "tr_demo-ud-train-a.conllu")
    shutil.copy(UD / "tr_demo" / "tr_demo-ud-train.conllu", directory / "tr_demo-ud-train-b.conllu")
    info = _prepare(tmp_path / "out", input_dir=str(directory), treebanks=())
    assert [(part.treebank, part.split, part.sentences) for part in info.parts] == [
        ("tr_demo", "train", 40),
        ("tr_demo", "train", 240),
    ]
    assert len({shard.path for part in info.parts for shard in part.shards}) == 2


def test_damaged_shard_is_named_when_it_is_read(tmp_path):
    info = _prepare(tmp_path / "out")
    shard = tmp_path / "out" / info.select(("train",))[1].shards[0].path
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 255
    shard.write_bytes(content)
    features = WordpieceFeatures.from_file(TESTDATA / "vocab.txt", max_length=40, normalization=NFC)
    with pytest.raises(InputError, match=f"{shard}: damaged, its checksum"):
        scan_corpus(Datasets([info]).select(("train",)), ("upos",), SubwordFeaturizer(features))


def _record(**features) -> bytes:
    texts = {"words": ["a", "b"], "upos": ["X", "X"], "treebank": ["en_demo"]}
    return serialize({**texts, **features})


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"no example", "record 2 has not the words, labels and treebank of a sentence"),
        (_record(upos=["X"]), "record 2 has not the words"),
        (_record(treebank=[]), "record 2 has not the words"),
        (_record(words=[], upos=[]), "record 2 has not the words"),
        (_record(treebank=["xx_other"]), "the records are not those that dataset.json counts"),
        (None, "the records are not those that dataset.json counts"),
    ],
)
def test_forged_records_are_refused(tmp_path, bad, message):
    good, shard = _dev_shard(tmp_path)
    forged = [] if bad is None else [good[0], bad, *good[2:]]
    with tf.io.TFRecordWriter(str(shard)) as writer:
        for record in forged:
            writer.write(record)
    with pytest.raises(InputError, match=message) as error:
        _scan_forged(tmp_path, shard)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [2**62, 2**40])
def test_record_longer_than_memory_is_refused(tmp_path, length):
    """Its length has the right checksum, so TensorFlow would make room for it."""
    good, shard = _dev_shard(tmp_path)
    header = length.to_bytes(8, "little")
    content = shard.read_bytes()
    second = 16 + len(good[0])
    shard.write_bytes(content[:second] + header + _masked_crc(header) + content[second + 12 :])
    with pytest.raises(InputError, match=r"no whole record of at most .* bytes behind record 1;"):
        _scan_forged(tmp_path, shard)


@pytest.mark.parametrize("compressed", [False, True])
def test_records_are_counted_and_a_cut_one_is_found(tmp_path, compressed):
    info = _prepare(tmp_path / "out", treebanks=("en_demo",), gzip=compressed)
    (part,) = info.select(("dev",))
    (path,) = info.shard_paths(part)
    assert count_records(path, compressed=compressed, most=part.sentences) == part.sentences
    assert count_records(path, compressed=compressed, most=5) == 6
    opened = gzip.open if compressed else open
    with opened(path, "rb") as file:
        content = file.read()
    for cut in (1, 4, 30):
        with opened(path, "wb") as file:
            file.write(content[:-cut])
        with pytest.raises(InputError, match=f"{path}: no whole record .* {part.sentences - 1};"):
            count_records(path, compressed=compressed, most=part.sentences)


def test_other_compression_than_the_description_says(tmp_path):
    _, shard = _dev_shard(tmp_path)
    index = tmp_path / "out" / "dataset.json"
    index.write_text(index.read_text().replace('"gzip": false', '"gzip": true'))
    with pytest.raises(InputError, match=f"{shard}: cannot read on: Not a gzipped file"):
        _scan_forged(tmp_path, shard)


def _dev_shard(tmp_path) -> tuple[list[bytes], Path]:
    """The records of a prepared data set's one shard of dev data, and its path."""
    info = _prepare(tmp_path / "out", treebanks=("en_demo",))
    shard = tmp_path / "out" / info.select(("dev",))[0].shards[0].path
    return list(tf.data.TFRecordDataset(str(shard)).as_numpy_iterator()), shard


def _scan_forged(tmp_path, shard) -> None:
    """Scans the dev data after its description was changed to have the shard as it is now."""
    index = tmp_path / "out" / "dataset.json"
    content = json.loads(index.read_text())
    (entry,) = (e for p in content["parts"] for e in p["shards"] if shard.match(e["path"]))
    entry.update(bytes=shard.stat().st_size, sha256=sha256(shard))
    index.write_text(json.dumps(content))
    info = load_dataset_info(tmp_path / "out")
    features = WordpieceFeatures.from_file(TESTDATA / "vocab.txt", max_length=40, normalization=NFC)
    scan_corpus(Datasets([info]).select(("dev",)), ("upos",), SubwordFeaturizer(features))


def _masked_crc(data: bytes) -> bytes:
    """The checksum of the TFRecord format: CRC-32C, rotated, plus a constant."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    masked = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    return masked.to_bytes(4, "little")


def test_variation(tmp_path):
    """Of training sentences alone; labels stay with their words, and what is there is counted."""
    plain = _prepare(tmp_path / "plain")
    varied = _prepare(tmp_path / "varied", variation=0.5)
    assert _records(varied, "dev", "en_demo") == _records(plain, "dev", "en_demo")
    before = _records(plain, "train", "en_demo")
    after = _records(varied, "train", "en_demo")
    labels = {tuple(word.lower() for word in words): of_both for words, *of_both in before}
    lost = 0
    for words, *of_both in after:
        letters = tuple(word.lower() for word in words)
        forms = [letters, *((*letters, mark) for mark in ".!?")]
        whole = next(form for form in forms if form in labels)
        lost += whole != letters
        assert of_both == [of_task[: len(words)] for of_task in labels[whole]]
    assert 0.3 < lost / len(after) < 0.7
    (part,) = varied.select(("train",), ("en_demo",))
    assert part.words == sum(len(words) for words, *_ in after)
    assert sum(part.labels["upos"].values()) == part.words


def test_other_variation_is_another_data_set(tmp_path):
    _prepare(tmp_path / "out")
    with pytest.raises(InputError, match=r"prepared with variation=0\.0, not 0\.5"):
        _prepare(tmp_path / "out", variation=0.5)
