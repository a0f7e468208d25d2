import gzip
import lzma

import pytest

from minibert.data.conllu_reader import read_conllu
from minibert.data.sentence import Sentence, Skipped
from minibert.data.treebank_reader import read_sentences
from minibert.errors import InputError


def _line(number, form, upos="NOUN", feats="_"):
    return f"{number}\t{form}\t_\t{upos}\t_\t{feats}\t_\t_\t_\t_\n"


SENTENCE = (
    "# sent_id = s-1\n"
    "# text = vámonos  al\n"
    "1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_\n"
    + _line(1, "vamos", "VERB", "Mood=Imp|Number=Plur")
    + _line(2, "nos", "PRON", "Case=Acc,Dat|Number[psor]=Plur")
    + "2.1\tempty\t_\t_\t_\t_\t_\t_\t_\t_\n"
    + _line(3, "a  b", "X")
    + "\n"
)
EXPECTED = Sentence(
    words=("vamos", "nos", "a  b"),
    labels={
        "upos": ("VERB", "PRON", "X"),
        "feats": ("Mood=Imp|Number=Plur", "Case=Acc,Dat|Number[psor]=Plur", "_"),
    },
    treebank="es_x",
    id="s-1",
)


def _read(path, text):
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(read_sentences(path, "es_x"))


def test_words_ranges_empty_nodes_and_spaces(tmp_path):
    assert _read(tmp_path / "a.conllu", SENTENCE) == [EXPECTED]


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE.replace("\n", "\r\n"),
        "\ufeff" + SENTENCE,
        "\n\n" + SENTENCE + "\n \n",
        SENTENCE.rstrip("\n"),
    ],
    ids=["crlf", "byte order mark", "blank lines", "no line end at the end"],
)
def test_line_ends(tmp_path, text):
    assert _read(tmp_path / "a.conllu", text) == [EXPECTED]


@pytest.mark.parametrize(("suffix", "opener"), [("gz", gzip.open), ("xz", lzma.open)])
def test_compressed(tmp_path, suffix, opener):
    path = tmp_path / f"a.conllu.{suffix}"
    with opener(path, "wt", encoding="utf-8") as file:
        file.write(SENTENCE)
    assert list(read_sentences(path, "es_x")) == [EXPECTED]
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(InputError, match=r"a.conllu.*: cannot read on: .*is the file whole\?"):
        list(read_sentences(path, "es_x"))


def test_id_without_sent_id(tmp_path):
    text = _line(1, "a") + "\n\n\n# text = b\n" + _line(1, "b")
    assert [s.id for s in _read(tmp_path / "a.conllu", text)] == ["a.conllu:1", "a.conllu:5"]


def test_block_without_words_is_reported(tmp_path):
    assert _read(tmp_path / "a.conllu", "# text = nothing\n\n" + SENTENCE) == [
        Skipped.NO_WORDS,
        EXPECTED,
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n" + _line(1, "a") + "2\tb\t_\tNOUN\t_\t_\t_\t_\t_\n", ":3: 9 columns"),
        (_line(1, "a") + "2 b _ NOUN _ _ _ _ _ _\n", ":2: 1 columns"),
        (_line(1, "a", "NOON"), ":1: unknown UPOS 'NOON'; it must be one of ADJ ADP"),
        (_line(1, "a", "_"), ": no word has UPOS or FEATS, so none can be learned"),
        (_line(1, "a", "NOUN", "Case"), ":1: malformed FEATS 'Case'"),
        (_line(1, "a", "NOUN", "Case=Nom|"), ":1: malformed FEATS"),
        (_line(1, "a", "NOUN", "Case=" + 2000 * "N"), ":1: FEATS of over 2,000 characters"),
        (_line(1, ""), ":1: empty FORM"),
        (_line(1, "a") + _line(3, "b"), ":2: ID '3' where word 2"),
        (_line(1, "a") + _line(1, "b"), ":2: ID '1' where word 2"),
        (_line("x", "a"), ":1: ID 'x'"),
        (_line("2-1", "a"), ":1: ID '2-1'"),
        (_line(1, "a") + _line("5.1", "b"), ":2: ID '5.1'"),
        (_line("9" * 5000 + "-9", "a"), ":1: ID '9999"),
        (_line(1, "a") + _line("1.1", "b") + _line("1.1", "c"), ":3: ID '1.1'"),
        (_line("1-2", "a") + _line(1, "b") + _line("2-3", "c"), ":3: ID '2-3'"),
        (_line(1, "a") + _line("2-3", "b") + _line(2, "c"), ":2: a range to word 3, but the last"),
        (_line(1, "a") + _line(2, "\0"), ":2: a NUL at byte 3 of the line; is this text"),
        (_line(1, "a\rb"), ":1: a carriage return at byte 4 of the line; convert"),
        (_line(1, "a", "N" * 5000), ":1: unknown UPOS 'NNN"),
        (_line(1, "a") + "\n" + _line(1, "b") + _line(2, "\udcff"), ":4: not UTF-8 at byte 3"),
        ("", ":1: no sentence in the file"),
        ("\n\n", ":1: no sentence in the file"),
    ],
)
def test_bad_input_is_named_by_file_and_line(tmp_path, text, message):
    path = tmp_path / "bad.conllu"
    with pytest.raises(InputError) as error:
        _read(path, text.encode("utf-8", "surrogateescape"))
    assert f"{path}{message}" in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < len(str(path)) + 300


def test_long_line_and_long_sentence_are_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=":1: line of over 1 MiB"):
        _read(tmp_path / "a.conllu", "x" * (2**20 + 1))
    monkeypatch.setattr("minibert.data.line_reader.MAX_BLOCK_BYTES", 100)
    with pytest.raises(InputError, match=":5: over 0 MiB in one sentence"):
        _read(tmp_path / "a.conllu", "".join(_line(i, "a") for i in range(1, 100)))


def test_too_many_labels_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("minibert.data.treebank_reader._MAX_DISTINCT", 3)
    lines = [_line(i, "a", "NOUN", f"Case={i}") for i in range(1, 4)]
    assert len(_read(tmp_path / "a.conllu", "".join(lines[:2]))) == 1
    with pytest.raises(InputError, match=r":3: .* over 3 different ones"):
        _read(tmp_path / "a.conllu", "".join(lines))


def test_missing_file():
    with pytest.raises(InputError, match=r"/no/such\.conllu: cannot open: No such file"):
        list(read_conllu("/no/such.conllu"))


def test_all_of_ud_is_read(real_data):
    """Sentence counts are those of the index, and no word line is lost."""
    index = (real_data / "ud22" / "INDEX.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in index[1:]]
    assert len(rows) > 140
    for treebank, _, _, split, sentences, *_ in rows:
        path = real_data / "ud22" / treebank / f"{treebank}-ud-{split}.conllu"
        found = list(read_sentences(path, treebank))
        assert not any(isinstance(sentence, Skipped) for sentence in found)
        assert len(found) == int(sentences), path
        with open(path, encoding="utf-8", newline="\n") as file:
            word_lines = sum(line.split("\t")[0].isdecimal() for line in file if "\t" in line)
        assert sum(len(sentence.words) for sentence in found) == word_lines, path
