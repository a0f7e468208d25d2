import pytest

from minibert.data.iob_reader import read_sentences
from minibert.data.sentence import Skipped
from minibert.errors import InputError


def _read(tmp_path, text):
    path = tmp_path / "train.txt"
    path.write_text(text, encoding="utf-8")
    return list(read_sentences(path, "en_ner"))


def test_columns(tmp_path):
    text = "-DOCSTART- -X- O O\n\nNew NNP I-NP B-LOC\nYork NNP I-NP I-LOC\n\n\nhi\tO\nAnn\tB-PER\n"
    first, second, third = _read(tmp_path, text)
    assert first is Skipped.NO_WORDS
    assert second.words == ("New", "York")
    assert second.labels == {"ner": ("B-LOC", "I-LOC")}
    assert second.id == "train.txt:3"
    assert third.words == ("hi", "Ann")
    assert third.labels["ner"] == ("O", "B-PER")


def test_token_with_a_space(tmp_path):
    (sentence,) = _read(tmp_path, "25 000\tO\nthing\tO\n")
    assert sentence.words == ("25 000", "thing")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word\n", ":1: expected TOKEN<TAB>TAG, found 'word'"),
        ("a\tO\n\tO\n", ":2: expected TOKEN<TAB>TAG"),
        ("a\tPER\n", ":1: tag 'PER' is not IOB2"),
        ("a\tO\nb\tI-PER\n", ":2: tag 'I-PER' after 'O'"),
        ("a\tB-LOC\nb\tI-PER\n", ":2: tag 'I-PER' after 'B-LOC'"),
        ("", ":1: no sentence"),
    ],
)
def test_bad_input(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        _read(tmp_path, text)


def test_real_files_are_read_whole(real_data):
    paths = sorted((real_data / "ner").glob("*/*.txt"))
    assert paths
    for path in paths:
        lines = path.read_text(encoding="utf-8").split("\n")
        found = [sentence for sentence in read_sentences(path, "x") if sentence]
        assert sum(len(s.words) for s in found) == sum(bool(line.strip()) for line in lines), path
