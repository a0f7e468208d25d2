import gzip
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from minibert.benchmark.memory import peak_memory
from minibert.data.conllu_reader import FEATS, MISC, UPOS, ConlluSentence, read_conllu
from minibert.data.line_reader import Block
from minibert.data.tasks import check_tasks
from minibert.errors import InputError
from minibert.inference.graph_backend import GraphBackend
from minibert.inference.predictor import Predictor
from minibert.runs.trained_model import load_trained_model
from minibert.serving import tag_file as tag_module
from minibert.serving.tag_config import TagConfig
from minibert.serving.tag_file import tag_file
from minibert.serving.tag_input import read_words
from tests.conftest import TESTDATA, command, run_script

ENGLISH = TESTDATA / "ud" / "en_demo" / "en_demo-ud-dev.conllu"


def _tag(model_dir, source, output, **options):
    tag_file(TagConfig(model=str(model_dir), input=str(source), output=str(output), **options))
    return output.read_bytes().decode("utf-8")


def _without_tags(text, columns=(UPOS, FEATS)):
    lines = []
    for line in text.split("\n"):
        cells = line.split("\t")
        if len(cells) == 10 and cells[0].isdecimal():
            for column in columns:
                cells[column] = "?"
        lines.append("\t".join(cells))
    return lines


def test_everything_but_the_tags_stays(demo_model, tmp_path):
    source = ENGLISH.read_text(encoding="utf-8")
    assert "-" in source
    assert "\n5.1\t" in source
    tagged = _tag(demo_model, ENGLISH, tmp_path / "out.conllu")
    assert _without_tags(tagged) == _without_tags(source)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\n\n" + text.replace("\n\n", "\n \n\n"),
        lambda text: text.rstrip("\n"),
        lambda text: "# only comments\n\n" + text + "# and at the end\n",
    ],
    ids=["crlf", "blank lines", "no line end at the end", "blocks without words"],
)
def test_bytes_between_sentences_stay(demo_model, tmp_path, change):
    text = change("".join(ENGLISH.read_text(encoding="utf-8").partition("\n\n")[:2]))
    (tmp_path / "in.conllu").write_bytes(text.encode())
    tagged = _tag(demo_model, tmp_path / "in.conllu", tmp_path / "out.conllu")
    assert _without_tags(tagged) == _without_tags(text)


def test_tags_are_those_of_the_predictor(demo_model, tmp_path):
    _tag(demo_model, ENGLISH, tmp_path / "out.conllu")
    model = load_trained_model(demo_model)
    gold = list(read_conllu(ENGLISH))
    predictions = Predictor(GraphBackend.of_model(model)).predict(
        sentence.words for sentence in gold
    )
    tagged = read_conllu(tmp_path / "out.conllu")
    for sentence, predicted in zip(tagged, predictions, strict=True):
        for vocab, column in zip(model.description.label_vocabs, (UPOS, FEATS), strict=True):
            labels = [vocab.labels[index] for index in predicted[vocab.task].ids[:, 0]]
            assert [columns[column] for columns in sentence.columns] == labels


def test_scores_and_alternatives_go_into_misc(demo_model, tmp_path):
    _tag(demo_model, ENGLISH, tmp_path / "out.conllu", scores=True, top_k=3)
    for before, sentence in zip(
        read_conllu(ENGLISH), read_conllu(tmp_path / "out.conllu"), strict=True
    ):
        for old, columns in zip(before.columns, sentence.columns, strict=True):
            entries = columns[MISC].split("|")
            if old[MISC] != "_":
                assert entries.pop(0) == old[MISC]
            values = dict(entry.split("=", 1) for entry in entries)
            assert list(values) == ["UposScore", "UposTop", "FeatsScore", "FeatsTop"]
            upos = [part.rsplit(":", 1) for part in values["UposTop"].split(";")]
            assert len(upos) == 3
            assert upos[0] == [columns[UPOS], values["UposScore"]]
            assert float(upos[0][1]) >= float(upos[1][1]) >= float(upos[2][1])
            feats = values["FeatsTop"].split(";")[0].rsplit(":", 1)[0]
            assert feats.replace("&", "|") == columns[FEATS]


def test_lines_of_words(demo_model):
    result = run_script(
        "tag",
        model=demo_model,
        input_format="words",
        stdin="a dog  sees Anna .\n\n10 000\tdogs\n",
    )
    assert result.returncode == 0, result.stderr
    blocks = result.stdout.split("\n\n")
    forms = [[line.split("\t")[:2] for line in block.splitlines()] for block in blocks]
    assert forms[0] == [["1", "a"], ["2", "dog"], ["3", "sees"], ["4", "Anna"], ["5", "."]]
    assert [["1", "10 000"], ["2", "dogs"]] in [
        [line.split("\t")[:2] for line in block.strip("\n").splitlines()] for block in blocks
    ]
    assert "1 without words" in result.stderr


def test_scores_of_an_earlier_run_are_replaced(demo_model, tmp_path):
    once = _tag(demo_model, ENGLISH, tmp_path / "once.conllu", scores=True)
    again = _tag(demo_model, tmp_path / "once.conllu", tmp_path / "twice.conllu", scores=True)
    assert again == once
    plain = _tag(demo_model, ENGLISH, tmp_path / "plain.conllu")
    assert _tag(demo_model, tmp_path / "once.conllu", tmp_path / "without.conllu") == plain


def test_scores_in_an_empty_misc(demo_model, tmp_path):
    (tmp_path / "in.conllu").write_text("1\ta" + "\t_" * 7 + "\t\n\n")
    text = _tag(demo_model, tmp_path / "in.conllu", tmp_path / "out.conllu", scores=True)
    assert text.split("\t")[-1].startswith("UposScore=")


def test_model_of_another_task_is_refused(demo_model, tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(demo_model, copy)
    path = copy / "model.json"
    path.write_text(path.read_text().replace('"feats"', '"genre"'))
    # The checkpoint has a head of the old name.
    with pytest.raises(InputError, match="of another model"):
        _tag(copy, ENGLISH, tmp_path / "out.conllu")
    with pytest.raises(InputError, match=r"model: the model has the task 'genre', which"):
        check_tasks(["upos", "genre"], str(copy))


def test_compressed_output_is_refused(demo_model, tmp_path):
    with pytest.raises(InputError, match=r"--output=out\.conllu\.gz: output is not compressed"):
        _tag(demo_model, ENGLISH, "out.conllu.gz")


@pytest.mark.parametrize("stream", ["stdin", "stdout"])
def test_closed_streams_are_named(demo_model, monkeypatch, stream):
    monkeypatch.setattr(sys, stream, None)
    with pytest.raises(InputError, match="is closed; open it"):
        tag_file(TagConfig(model=str(demo_model)))


def test_reads_ahead_by_a_bounded_number_of_characters(demo_model, tmp_path, monkeypatch):
    """However long the comments are."""
    monkeypatch.setattr(tag_module, "_CHUNK_CHARACTERS", 10_000)
    most = waiting = 0

    def read(config):
        nonlocal most, waiting
        for _ in range(50):
            waiting += 1
            most = max(most, waiting)
            yield ConlluSentence(Block(config.input, 1, ["#" * 3000], ["\n"], "", "\n"), [], [])

    def format_sentence(*_):
        nonlocal waiting
        waiting -= 1
        return ""

    monkeypatch.setattr(tag_module, "input_sentences", read)
    monkeypatch.setattr(tag_module, "_format", format_sentence)
    tag_file(TagConfig(model=str(demo_model), output=str(tmp_path / "out.conllu")))
    assert waiting == 0
    assert most == 4


def test_an_empty_word_between_tabs_is_refused(tmp_path):
    (tmp_path / "in").write_text("a b\na\t\tb\n")
    with pytest.raises(InputError, match=":2: an empty word between tabs"):
        list(read_words(str(tmp_path / "in")))


def test_words_of_a_compressed_file(tmp_path):
    with gzip.open(tmp_path / "in.gz", "wt") as file:
        file.write("a b\r\nc\td e\n")
    sentences = list(read_words(str(tmp_path / "in.gz")))
    assert [sentence.words for sentence in sentences] == [("a", "b"), ("c", "d e")]


def test_lines_of_words_end_where_readers_of_the_output_end_them(tmp_path):
    (tmp_path / "in").write_bytes(
        "a b\u2028c\td e\u2029\x85f\x0b\x0cg\x1ch\x1di\x1ej\r\nk \u00a0\u200d\n".encode()
    )
    sentences = list(read_words(str(tmp_path / "in")))
    assert [sentence.words for sentence in sentences] == [
        *(("a", "b"), ("c", "d e"), (), ("f",), (), ("g",), ("h",), ("i",), ("j",)),
        ("k", "\u00a0\u200d"),
    ]
    assert [sentence.block.first_line for sentence in sentences] == [1] * 9 + [2]


def test_conllu_keeps_its_bytes(demo_model, tmp_path):
    """Whatever characters its comments and forms have."""
    line = "\t".join(["1", "\ufe0fa\u2028\x85b\u2800", *["_"] * 8])
    source = f"# text = \u200d\u2028 \x0c\n{line}\n{line.replace('1', '2', 1)}\n\n"
    (tmp_path / "in.conllu").write_bytes(source.encode())
    tagged = _tag(demo_model, tmp_path / "in.conllu", tmp_path / "out.conllu")
    assert _without_tags(tagged) == _without_tags(source)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1\ta\t_\t_\t_\t_\t_\t_\t_\n", ":1: 9 columns"),
        (ENGLISH.read_bytes() + b"1\t\xff" + b"\t_" * 8 + b"\n", "not UTF-8 at byte 3"),
        (b"", "no sentence"),
    ],
)
def test_bad_input_leaves_no_output(demo_model, tmp_path, content, message):
    (tmp_path / "in.conllu").write_bytes(content)
    with pytest.raises(InputError, match=message):
        _tag(demo_model, tmp_path / "in.conllu", tmp_path / "out.conllu")
    assert [path.name for path in tmp_path.iterdir()] == ["in.conllu"]


def test_memory_does_not_grow_with_the_input(demo_model):
    """Six times the input takes no more than a little more memory."""

    def peak(copies):
        words = "the old dog sees a red boat in the garden .\n" * 2000
        flags = [f"--model={demo_model}", "--input_format=words", "--output=/dev/null"]
        return peak_memory("tag", flags, stdin=words * copies)

    assert peak(30) < peak(5) + 40


@contextmanager
def _endless_job(model):
    """`tag.py` on a stream of sentences that does not end."""
    with subprocess.Popen(
        command("tag", model=model, input_format="words"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whatever the tests themselves were started with.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:

        def feed():
            with suppress(BrokenPipeError), process.stdin:
                while True:
                    process.stdin.write(b"the old dog sleeps .\n" * 1000)

        feeder = threading.Thread(target=feed)
        feeder.start()
        yield process
        feeder.join()


def test_what_was_written_when_it_is_interrupted_is_whole_sentences(demo_export):
    with _endless_job(demo_export / "model.tflite") as process:
        # A reader that is slow, so that the job waits in the middle of a write.
        text = os.read(process.stdout.fileno(), 4096)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        time.sleep(1)
        text += process.stdout.read()
        messages = process.stderr.read().decode()
    assert process.returncode == 130
    assert messages.endswith(
        "error: interrupted; a job that can go on does so with the same command\n"
    )
    *sentences, end = text.decode().split("\n\n")
    assert end == ""
    for sentence in sentences:
        lines = sentence.split("\n")
        assert [line.split("\t")[1] for line in lines] == ["the", "old", "dog", "sleeps", "."]
        assert {len(line.split("\t")) for line in lines} == {10}


def test_standard_error_may_be_closed(demo_export):
    flags = command("tag", model=demo_export / "model.tflite", input_format="words")
    result = subprocess.run(
        ["sh", "-c", '"$@" 2>&-', "sh", *flags], input="a dog\n", capture_output=True, text=True
    )
    assert result.returncode == 0
    assert [line.split("\t")[1] for line in result.stdout.splitlines() if line] == ["a", "dog"]


def test_top_k_beyond_the_labels(demo_export):
    model = demo_export / "model.tflite"
    result = run_script("tag", model=model, input_format="words", top_k="14", stdin="a dog\n")
    assert result.returncode == 1
    assert result.stderr.startswith("error: --top_k=14: the model has 13 labels of upos")
    assert result.stdout == ""


def test_a_reader_that_leaves_is_no_error(demo_export):
    with _endless_job(demo_export / "model.tflite") as process:
        assert process.stdout.read(1000)
        process.stdout.close()
        messages = process.stderr.read().decode()
    assert process.returncode == 1
    assert "rror" not in messages
