"""Raw text through UDPipe and through the simple segmenter."""

import unicodedata

import pytest

from minibert.data.conllu_reader import MISC, read_conllu
from minibert.text.udpipe import UdpipeSegmenter
from tests.conftest import TESTDATA, mistake_of, run_script

PARAGRAPHS = "The dog barks. It is old.\nA cat sleeps.\n\nThe end."


def _tag(model, text, tmp_path, **flags):
    (tmp_path / "in.txt").write_text(text, encoding="utf-8")
    output = tmp_path / "out.conllu"
    result = run_script(
        "tag",
        model=model,
        input=tmp_path / "in.txt",
        output=output,
        input_format="text",
        **flags,
    )
    assert result.returncode == 0, result.stderr
    return list(read_conllu(output))


def test_udpipe_cuts_paragraphs(demo_export, udpipe_model, tmp_path):
    sentences = _tag(
        demo_export / "model.tflite",
        PARAGRAPHS,
        tmp_path,
        segmenter="udpipe",
        udpipe_model=udpipe_model,
    )
    assert [sentence.words for sentence in sentences] == [
        ("The", "dog", "barks", "."),
        ("It", "is", "old", "."),
        ("A", "cat", "sleeps", "."),
        ("The", "end", "."),
    ]
    assert [sentence.text for sentence in sentences][:2] == ["The dog barks.", "It is old."]
    assert sentences[0].columns[2][MISC] == "SpaceAfter=No"
    assert all(columns[3] != "_" for sentence in sentences for columns in sentence.columns)


def test_a_word_that_udpipe_splits(demo_export, udpipe_model, tmp_path):
    (sentence,) = _tag(
        demo_export,
        "The old dog doesn't see Anna.",
        tmp_path,
        segmenter="udpipe",
        udpipe_model=udpipe_model,
    )
    assert sentence.words == ("The", "old", "dog", "does", "n't", "see", "Anna", ".")
    assert "4-5\tdoesn't" in "\n".join(sentence.block.lines)
    assert sentence.text == "The old dog doesn't see Anna."
    assert all(columns[3] != "_" for columns in sentence.columns)


def test_simple_cuts_lines(demo_export, tmp_path):
    text = " The old dog, 3.14!  \n\nСлон спит.\n"
    sentences = _tag(demo_export / "model.tflite", text, tmp_path)
    assert [sentence.words for sentence in sentences] == [
        ("The", "old", "dog", ",", "3.14", "!"),
        ("Слон", "спит", "."),
    ]
    assert [sentence.text for sentence in sentences] == ["The old dog, 3.14!", "Слон спит."]
    # What stands between the words is in MISC.
    joined = "".join(
        columns[1] + ("" if columns[MISC] == "SpaceAfter=No" else " ")
        for columns in sentences[0].columns
    )
    assert joined.strip() == "The old dog, 3.14!"


# A variation selector and a mark that UDPipe makes words of, and a byte order mark inside the text.
UNSEEN = (
    "The dog \ufe0f is old\u0301.\n\u200c\nA cat doesn't\u200e sleep.\u200f \u00ad\n\u200b\ufeff"
)
SEPARATED = "\x0c".join(
    [
        "The dog\u2028It\u2029barks\x85A\x0bcat\u2028",
        "The\x1cend\x1d.\x1e",
        "\u2028",
        " is\x1fold.\n",
    ]
)


def test_udpipe_makes_no_words_of_what_is_not_seen(demo_export, udpipe_model, tmp_path):
    flags = {"segmenter": "udpipe", "udpipe_model": udpipe_model}
    first, second = _tag(demo_export / "model.tflite", UNSEEN, tmp_path, **flags)
    assert first.words == ("The", "dog", "is", "old\u0301", ".")
    assert first.text == "The dog is old\u0301."
    assert [columns[MISC] for columns in first.columns] == [
        *("_", "SpacesAfter=\\s\\s", "_", "SpaceAfter=No", "SpacesAfter=\\n\\n")
    ]
    assert second.words == ("A", "cat", "does", "n't", "sleep", ".\u200f")
    assert "3-4\tdoesn't\u200e\t" in "\n".join(second.block.lines)
    assert second.text == "A cat doesn't\u200e sleep.\u200f"


def test_simple_makes_no_words_of_what_is_not_seen(demo_export, tmp_path):
    sentences = _tag(demo_export / "model.tflite", UNSEEN, tmp_path)
    assert [(sentence.text, sentence.words) for sentence in sentences] == [
        ("The dog is old\u0301.", ("The", "dog", "is", "old\u0301", ".")),
        (
            "A cat doesn't\u200e sleep.\u200f",
            ("A", "cat", "doesn't\u200e", "sleep", ".\u200f"),
        ),
    ]


@pytest.mark.parametrize("segmenter", ["simple", "udpipe"])
def test_line_separators_end_sentences(demo_export, udpipe_model, tmp_path, segmenter):
    flags = {"segmenter": segmenter}
    if segmenter == "udpipe":
        flags["udpipe_model"] = udpipe_model
    sentences = _tag(demo_export / "model.tflite", SEPARATED, tmp_path, **flags)
    texts = ["The dog", "It", "barks", "A", "cat", "The", "end", ".", "is old."]
    assert [sentence.text for sentence in sentences] == texts
    assert sentences[-1].words == ("is", "old", ".")
    # Every reader has the same lines.
    content = (tmp_path / "out.conllu").read_bytes().decode()
    assert content.splitlines() == content.removesuffix("\n").split("\n")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"segmenter": "udpipe"}, "--segmenter=udpipe needs a model; train_udpipe.py makes one"),
        ({"segmenter": "udpipe", "udpipe_model": "/nonexistent"}, "/nonexistent: no such file"),
        (
            {"segmenter": "udpipe", "udpipe_model": str(TESTDATA / "vocab.txt")},
            "vocab.txt: no model of UDPipe",
        ),
        ({"udpipe_model": "/nonexistent"}, "is for --input_format=text --segmenter=udpipe"),
        (
            {"input_format": "words", "segmenter": "udpipe"},
            "--segmenter=udpipe: is for --input_format=text",
        ),
    ],
)
def test_bad_flags(demo_export, flags, message):
    options = {"input_format": "text", "model": demo_export / "model.tflite", **flags}
    result = run_script("tag", stdin="A text.", **options)
    assert result.returncode == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"output": "/nonexistent/model"}, "/nonexistent/model: cannot write: no directory"),
        ({"conllu": "DEV"}, "no train file in it; name a file of it"),
    ],
)
def test_bad_flags_of_training(tmp_path, flags, message):
    if flags.get("conllu") == "DEV":
        (tmp_path / "en_demo-ud-dev.conllu").touch()
        flags = {"conllu": tmp_path}
    options = {"conllu": TESTDATA / "ud" / "en_demo", "output": tmp_path / "model", **flags}
    assert message in mistake_of("train_udpipe", **options)


def test_training_on_what_is_no_treebank(tmp_path):
    (tmp_path / "x_y-ud-train.conllu").write_text("1\tword\n")
    result = run_script("train_udpipe", conllu=tmp_path, output=tmp_path / "model")
    assert result.returncode == 1
    assert "x_y-ud-train.conllu:1: 2 columns, CoNLL-U has 10" in result.stderr
    assert not (tmp_path / "model").exists()


def test_decomposed_text_is_cut_as_composed_text_is(udpipe_model):
    """And its tokens have the characters of the text, marks that nothing composes included."""
    text = (
        "Caf\u00e9 vu. The na\u00efve \u1ead x\u0323 dog isn't there!\n\nTie\u0302\u0301ng \ud55c."
    )
    segment = UdpipeSegmenter(udpipe_model)
    composed, decomposed = (
        list(segment(unicodedata.normalize(form, text))) for form in ("NFC", "NFD")
    )
    assert len(composed) > 1
    assert [[token.misc for token in tokens] for tokens in decomposed] == [
        [token.misc for token in tokens] for tokens in composed
    ]
    assert [
        [unicodedata.normalize("NFC", token.form) for token in tokens] for tokens in decomposed
    ] == [[token.form for token in tokens] for tokens in composed]
    written = "".join(token.form for tokens in decomposed for token in tokens)
    assert written == "".join(unicodedata.normalize("NFD", text).split())
