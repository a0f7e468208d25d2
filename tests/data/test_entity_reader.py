import pytest

from minibert.data.entity_reader import EntityFormat, EntityReader
from minibert.data.sentence import Sentence, Skipped
from minibert.errors import InputError


def _read(tmp_path, text, **options):
    path = tmp_path / "train.txt"
    path.write_text(text, encoding="utf-8")
    return list(EntityReader(EntityFormat(**options)).read(path, "en_ner"))


def _conllu(*words) -> str:
    lines = [
        f"{number}\t{word}" + "\t_" * 7 + f"\t{misc}"
        for number, (word, misc) in enumerate(words, start=1)
    ]
    return "\n".join([*lines, "", ""])


def test_columns(tmp_path):
    text = (
        "-DOCSTART- -X- O O\n\nNew NNP I-NP B-LOC\nYork NNP I-NP I-LOC\n\n\n"
        "hi UH O O\nAnn NNP O B-PER\n"
    )
    first, second, third = _read(tmp_path, text)
    assert first is Skipped.NO_WORDS
    assert second.words == ("New", "York")
    assert second.labels == {"ner": ("B-LOC", "I-LOC")}
    assert (second.id, second.treebank) == ("train.txt:3", "en_ner")
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
        (
            "Ann _ O B-PER\nNew York _ O B-LOC\n",
            ":2: 5 columns where the lines before have 4: 'New York _ O B-LOC'; a token",
        ),
        ("a\tO\nb\tO\tB-LOC\n", ":2: 3 columns where the lines before have 2"),
        ("de:Bonn\tB-LOC\n\nde:::\tO\n", "with a language, de:; give --language_prefix=tok"),
        ("de:Bonn\tB-LOC\nfr:ruht\tO\n", "begins with a language, de:, fr:; give"),
    ],
)
def test_bad_columns(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        _read(tmp_path, text)


def test_lines(tmp_path):
    first, second = _read(tmp_path, "New York\tB-LOC I-LOC\n\nhi\tO\n", layout="lines")
    assert first == Sentence(("New", "York"), {"ner": ("B-LOC", "I-LOC")}, "en_ner", "train.txt:1")
    assert second.id == "train.txt:3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("New York B-LOC I-LOC\n", ":1: expected TOKENS<TAB>TAGS"),
        ("hi\tO\nNew  York\tB-LOC I-LOC\n", ":2: expected TOKENS<TAB>TAGS, single spaces"),
        ("New York\tB-LOC\n", ":1: 2 tokens and 1 tags"),
        ("hi\tO\n\nNew York\tB-LOC I-PER\n", ":3: tag 'I-PER' after 'B-LOC'"),
    ],
)
def test_bad_lines(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        _read(tmp_path, text, layout="lines")


def test_languages_on_tokens(tmp_path):
    (sentence,) = _read(tmp_path, "de:Bonn\tB-LOC\nde:::\tO\nde:a:b\tO\n", prefixed="tokens")
    assert sentence.words == ("Bonn", "::", "a:b")


def test_languages_on_tags(tmp_path):
    (sentence,) = _read(tmp_path, "Ann b\tpt:B-PER pt:O\n", layout="lines", prefixed="tags")
    assert sentence.labels["ner"] == ("B-PER", "O")


@pytest.mark.parametrize("prefixed", ["tokens", "tags"])
def test_no_language_where_one_was_said_to_be(tmp_path, prefixed):
    with pytest.raises(InputError, match=r":2: .* without a language in front"):
        _read(tmp_path, "de:Bonn\tde:B-LOC\nam\tO\n", prefixed=prefixed)


def test_a_token_with_a_colon_is_no_language(tmp_path):
    (sentence,) = _read(tmp_path, "re:Bonn\tO\nam\tO\n")
    assert sentence.words == ("re:Bonn", "am")


def test_misc_of_conllu(tmp_path):
    text = _conllu(("New", "name=B-LOC"), ("York", "SpaceAfter=No|name=I-LOC"), (".", "name=O"))
    text += _conllu(("x", "_"), ("y", "name=-"), ("z", "name=B-PER"))
    first, second = _read(tmp_path, text, layout="conllu", misc_key="name")
    assert first.labels["ner"] == ("B-LOC", "I-LOC", "O")
    assert second.labels["ner"] == ("", "", "B-PER")


def test_no_key_in_misc(tmp_path):
    with pytest.raises(InputError, match=r"no word has NER= in MISC; give another --ner_misc_key"):
        _read(tmp_path, _conllu(("New", "name=B-LOC")), layout="conllu")


def test_repaired_tags_are_counted(tmp_path):
    path = tmp_path / "train.txt"
    path.write_text("a\tI-PER\nb\tO\nc\tI-LOC\n")
    reader = EntityReader(EntityFormat(repair=True))
    (sentence,) = reader.read(path, "x")
    assert sentence.labels["ner"] == ("B-PER", "O", "B-LOC")
    assert reader.repaired == {str(path): 2}


def test_real_files_are_read_whole(real_data):
    paths = sorted((real_data / "ner41").glob("*/*/dev.txt"))
    assert len(paths) > 40
    for path in paths:
        lines = path.read_text(encoding="utf-8").split("\n")
        found = [s for s in EntityReader(EntityFormat()).read(path, "x") if s]
        assert sum(len(s.words) for s in found) == sum(bool(line.strip()) for line in lines), path
