import lzma
import re

import pytest
import tensorflow as tf

from minibert.data.dataset_info import load_dataset_info
from minibert.data.prepare_ner import prepare_ner
from minibert.data.prepare_ner_config import PrepareNerConfig
from minibert.data.records import parse
from minibert.errors import InputError
from tests.conftest import mistake_of, run_script

GERMAN = "Ann\tB-PER\nSmith\tI-PER\nwohnt\tO\n.\tO\n\nBonn\tB-LOC\nruht\tO\n\n"
FRENCH = "Le\tO\nMans\tI-LOC\n\n"


@pytest.fixture
def input_dir(tmp_path):
    directory = tmp_path / "ner"
    for language in ("de", "fr"):
        (directory / language).mkdir(parents=True)
    (directory / "de" / "train.txt").write_text(GERMAN)
    (directory / "de" / "valid.tsv").write_text("Köln\tB-LOC\n")
    with lzma.open(directory / "fr" / "train.conll.xz", "wt") as file:
        file.write(FRENCH)
    return directory


def _prepare(input_dir, **options):
    output = input_dir.parent / "out"
    prepare_ner(PrepareNerConfig(input_dir=str(input_dir), output_dir=str(output), **options))
    return load_dataset_info(output)


def _records(info, split, language):
    (part,) = info.select((split,), (language,))
    parsed = parse(tf.stack(list(tf.data.TFRecordDataset(info.shard_paths(part)))), ("ner",))
    assert set(parsed.treebank.numpy()) == {language.encode()}
    return sorted(
        (tuple(w.decode() for w in words), tuple(t.decode() for t in tags))
        for words, tags in zip(parsed.words.to_list(), parsed.labels["ner"].to_list(), strict=True)
    )


def test_records(input_dir, capsys):
    info = _prepare(input_dir, repair=True)
    assert info.tasks == ["ner"]
    assert _records(info, "train", "de") == [
        (("Ann", "Smith", "wohnt", "."), ("B-PER", "I-PER", "O", "O")),
        (("Bonn", "ruht"), ("B-LOC", "O")),
    ]
    assert _records(info, "dev", "de") == [(("Köln",), ("B-LOC",))]
    assert _records(info, "train", "fr") == [(("Le", "Mans"), ("O", "B-LOC"))]
    (part,) = info.select(("train",), ("de",))
    assert part.labels == {"ner": {"O": 3, "B-PER": 1, "I-PER": 1, "B-LOC": 1}}
    assert "train.conll.xz: 1 tags repaired" in capsys.readouterr().out


def test_it_is_prepared_once(input_dir, capsys):
    _prepare(input_dir, languages=("de",))
    _prepare(input_dir, languages=("de",))
    assert "prepared already from the same files" in capsys.readouterr().out
    with pytest.raises(InputError, match="prepared with repair=False, not True"):
        _prepare(input_dir, languages=("de",), repair=True)


def test_sets_of_languages(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "ner" / name / "de").mkdir(parents=True)
        (tmp_path / "ner" / name / "de" / "train.txt").write_text(GERMAN)
    info = _prepare(tmp_path / "ner")
    assert [part.treebank for part in info.parts] == ["de_a", "de_b"]


def test_conllu(tmp_path):
    (tmp_path / "ner").mkdir()
    row = "1\tBonn" + "\t_" * 7 + "\tname=B-LOC\n\n"
    (tmp_path / "ner" / "de_x-ud-train.conllu").write_text(row)
    info = _prepare(tmp_path / "ner", layout="conllu", ner_misc_key="name")
    assert _records(info, "train", "de_x") == [(("Bonn",), ("B-LOC",))]


def test_the_script(input_dir, tmp_path):
    result = run_script(
        "prepare_ner", input_dir=input_dir, output_dir=tmp_path / "out", languages="de"
    )
    assert result.returncode == 0, result.stderr
    assert "3 sentences" in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "train.conll.xz:2: tag 'I-LOC' after 'O': in IOB2 an entity starts with B-"),
        ({"languages": "de,it"}, "--languages: no 'it' in .*, which has de fr"),
        ({"ner_misc_key": "x"}, "--ner_misc_key=x: is for --layout=conllu"),
        (
            {"scheme": "bioes", "languages": "de"},
            r"valid.tsv:1: tag 'B-LOC': the entity has no end, E-",
        ),
    ],
)
def test_mistakes(input_dir, tmp_path, options, message):
    found = mistake_of("prepare_ner", input_dir=input_dir, output_dir=tmp_path / "o", **options)
    assert re.search(message, found)
    assert not (tmp_path / "o").exists()


def test_a_language_without_training_data(input_dir, tmp_path):
    (input_dir / "it").mkdir()
    (input_dir / "it" / "dev.txt").write_text(GERMAN)
    message = mistake_of("prepare_ner", input_dir=input_dir, output_dir=tmp_path / "o")
    assert "it has no train file; add it or leave it out with --languages" in message


def test_no_files(tmp_path):
    message = mistake_of("prepare_ner", input_dir=tmp_path, output_dir=tmp_path / "o")
    assert "no file LANGUAGE/SPLIT.txt in it, such as de/train.txt" in message


def test_a_split_twice(input_dir, tmp_path):
    (input_dir / "de" / "dev.txt").write_text(GERMAN)
    message = mistake_of("prepare_ner", input_dir=input_dir, output_dir=tmp_path / "o")
    assert "de has a dev file already" in message
