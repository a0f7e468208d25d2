import gzip
import json
import lzma
import shutil
from collections import Counter

import pytest
import tensorflow as tf

from minibert.data.prepare_text import prepare_text
from minibert.data.prepare_text_config import PrepareTextConfig
from minibert.data.records import parse_text
from minibert.data.text_info import load_text_info
from minibert.data.text_reader import read_text
from minibert.errors import InputError
from tests.conftest import mistake_of

DECOMPOSED = "Cafe\u0301 au lait, deux fois"


@pytest.fixture
def texts(tmp_path):
    """Files of two languages: 300 sentences of German, some of French in three formats."""
    directory = tmp_path / "in"
    directory.mkdir()
    lines = [f"Das ist der Satz mit der Nummer {number}.\n" for number in range(300)]
    (directory / "de.txt").write_text("".join(["zu kurz\n", "  \n", *lines, lines[7]]))
    with gzip.open(directory / "fr.txt.gz", "wt", encoding="utf-8") as file:
        file.write(f"  {DECOMPOSED}\t\n")
    with lzma.open(directory / "fr_x-ud-train.conllu.xz", "wt", encoding="utf-8") as file:
        file.write(
            "# sent_id = s1\n# text = Il y a du pain  ici.\n"
            "1\tIl" + "\t_" * 8 + "\n\n"
            "1-2\tdu\t" + "_\t" * 7 + "_\n"
            "1\tde\t" + "_\t" * 7 + "_\n"
            "2\tle\t" + "_\t" * 7 + "_\n"
            "2.1\tvide\t" + "_\t" * 7 + "_\n"
            "3\tpain blanc\t" + "_\t" * 7 + "SpaceAfter=No\n"
            "4\t.\t" + "_\t" * 7 + "_\n\n"
            "# text = rien\n\n"
        )
    return directory


def _prepare(texts, **options):
    output = texts.parent / "out"
    prepare_text(PrepareTextConfig(input=(f"{texts}/*",), output_dir=str(output), **options))
    return load_text_info(output)


def _records(info) -> dict[tuple[str, str], list[str]]:
    found = {}
    for part in info.parts:
        paths = [str(info.directory / shard.path) for shard in part.shards]
        dataset = tf.data.TFRecordDataset(paths, compression_type="GZIP" if info.gzip else "")
        text, language = parse_text(tf.constant(list(dataset.as_numpy_iterator())))
        assert set(language.numpy()) == {part.language.encode()}
        found[part.language, part.split] = [value.decode() for value in text.numpy()]
        assert len(text) == part.sentences
        assert sum(map(len, found[part.language, part.split])) == part.characters
    return found


def test_text_of_all_formats(texts):
    info = _prepare(texts, held_out_fraction=1e-9)
    assert info.counts == {
        "de": {"read": 302, "too_short": 1, "duplicates": 0, "not_drawn": 0, "withheld": 0},
        "fr": {"read": 3, "too_short": 0, "duplicates": 0, "not_drawn": 0, "withheld": 0},
    }
    found = _records(info)
    assert sorted(found["fr", "train"]) == [DECOMPOSED, "Il y a du pain  ici.", "du pain blanc."]
    assert len(found["de", "train"]) == 301


def test_sentences_end_where_lines_do_and_something_is_seen_in_them(tmp_path):
    path = tmp_path / "xx.txt"
    separated = "a b\u2028c\u2029d\x85e\x0bf\x0cg\x1ch\x1di\x1ej"
    path.write_bytes(f"{separated}\r\n \u200d\ufe0f\u2800\n\u200b k \n".encode())
    assert [(sentence.text, sentence.source_id) for sentence in read_text(path, "xx")] == [
        *((text, "xx.txt:1") for text in ("a b", *"cdefghij")),
        ("\u200b k", "xx.txt:3"),
    ]
    path = tmp_path / "xx.conllu"
    line = "\t".join(["1", "\u2028", *["_"] * 8])
    path.write_text(f"# sent_id = s\n# text = a\u2028b\n{line}\n\n{line}\n\n", encoding="utf-8")
    assert [(sentence.text, sentence.source_id) for sentence in read_text(path, "xx")] == [
        ("a", "s"),
        ("b", "s"),
    ]


def test_normal_form_and_duplicates(texts):
    (texts / "fr.txt").write_text("Caf\u00e9 au lait, deux fois\n")
    info = _prepare(texts, nfc=True, drop_duplicates=True)
    assert info.counts["fr"] == {
        "read": 4,
        "too_short": 0,
        "duplicates": 1,
        "not_drawn": 0,
        "withheld": 0,
    }
    assert info.counts["de"]["duplicates"] == 1
    texts = [text for split in _records(info).values() for text in split]
    assert max(Counter(texts).values()) == 1
    assert DECOMPOSED not in texts


def test_held_out_part_is_the_same_in_every_order(texts):
    first = _records(_prepare(texts, held_out_fraction=0.2))
    assert 30 < len(first["de", "dev"]) < 90
    assert not set(first["de", "dev"]) & set(first["de", "train"])
    lines = (texts / "de.txt").read_text().splitlines()
    (texts / "de.txt").write_text("\n".join(reversed(lines)))
    (texts.parent / "out").rename(texts.parent / "first")
    second = _records(_prepare(texts, held_out_fraction=0.2, seed=2))
    assert sorted(second["de", "dev"]) == sorted(first["de", "dev"])
    assert second["de", "train"] != first["de", "train"]


def test_limit_shards_and_compression(texts):
    info = _prepare(texts, max_sentences_per_language=50, num_shards=2, gzip=True)
    assert info.counts["de"]["not_drawn"] == 251
    assert sum(part.sentences for part in info.parts if part.language == "de") == 50
    assert {len(part.shards) for part in info.parts} == {2}
    _records(info)


def test_shards_by_size(texts, monkeypatch):
    """As many as the input is large, of the held-out part in proportion."""
    monkeypatch.setattr("minibert.data.prepare_text._SHARD_BYTES", 2000)
    info = _prepare(texts, held_out_fraction=0.3)
    size = (texts / "de.txt").stat().st_size
    shards = {part.split: len(part.shards) for part in info.parts if part.language == "de"}
    assert shards == {"train": 1 + size // 2000, "dev": 1 + int(0.3 * size) // 2000}
    _records(info)


def test_one_language_by_flag(texts):
    info = _prepare(texts, language="xx")
    assert set(info.counts) == {"xx"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: (d / "de.txt").write_bytes(b"gut genug hier\n\xff\n"), "de.txt:2: not UTF-8"),
        (lambda d: (d / "de.txt").write_bytes(b"a\0"), "de.txt:1: a NUL at byte 2"),
        (lambda d: (d / "bad name.txt").write_text("x"), "'bad name' is no name of a language"),
        (lambda d: (d / "dir").mkdir(), "dir is not a regular file"),
        (lambda d: (d / "fr.txt.gz").write_bytes(b"x"), "fr.txt.gz:1: cannot read on"),
        (lambda d: [path.unlink() for path in d.iterdir()], "no such file"),
        (
            lambda d: [p.unlink() for p in d.iterdir() if p.suffix != ".xz"],
            "no sentence of 100 characters or more to train on",
        ),
    ],
)
def test_bad_input(texts, change, message):
    change(texts)
    options = {"input": f"{texts}/*", "output_dir": texts.parent / "out", "min_characters": 100}
    assert message in mistake_of("prepare_text", **options)
    assert not (texts.parent / "out").exists()


def test_damaged_text_is_refused(texts):
    info = _prepare(texts)
    path = info.directory / "dataset.json"
    content = json.loads(path.read_text())
    (info.directory / info.parts[0].shards[0].path).write_bytes(b"")
    with pytest.raises(InputError, match="0 bytes, not"):
        load_text_info(info.directory)
    for change in ({"text_parts": []}, {"gzip": None}, {"format_version": 9}):
        path.write_text(json.dumps({**content, **change}))
        with pytest.raises(InputError, match="prepare the text again"):
            load_text_info(info.directory)
    path.unlink()
    with pytest.raises(InputError, match="no prepared text"):
        load_text_info(info.directory)


def test_variation_is_of_the_training_part_alone(texts):
    options = {"held_out_fraction": 0.2, "min_characters": 10}
    plain = _records(_prepare(texts, **options))
    shutil.rmtree(texts.parent / "out")
    varied = _records(_prepare(texts, **options, variation=0.5))
    assert varied["de", "dev"] == plain["de", "dev"]
    found = varied["de", "train"]
    assert len(found) == len(plain["de", "train"])
    for fraction in (
        sum(text.startswith("das") for text in found) / len(found),
        sum(not text.endswith(".") for text in found) / len(found),
    ):
        assert 0.4 < fraction < 0.6
    assert {text.lower().rstrip(".") for text in found} == {
        text.lower().rstrip(".") for text in plain["de", "train"]
    }
