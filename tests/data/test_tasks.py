"""Tasks whose labels are of sentences, and what tasks say of their labels."""

from dataclasses import replace

import pytest
import tensorflow as tf

from minibert.data.corpus import scan_corpus
from minibert.data.dataset_info import DEV, DatasetInfo, Part, count_labels, load_dataset_info
from minibert.data.datasets import Datasets
from minibert.data.input_pipeline import Batching, InputPipeline, rows_of_labels
from minibert.data.label_vocab import LabelVocab
from minibert.data.prepared import TOOL, data_sha256
from minibert.data.records import parse, serialize, serialize_sentence
from minibert.data.sentence import Sentence
from minibert.data.shards import ShardWriter
from minibert.data.tasks import SENTENCE, TASKS
from minibert.errors import InputError
from minibert.text.normalization import NFC
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.wordpiece_features import WordpieceFeatures
from tests.conftest import TESTDATA

VOCABS = [LabelVocab("upos", ("DET", "NOUN", "PUNCT")), LabelVocab("genre", ("news", "blog"))]


@pytest.fixture(autouse=True)
def genre(monkeypatch):
    monkeypatch.setitem(TASKS, "genre", replace(TASKS["upos"], name="genre", level=SENTENCE))


@pytest.fixture
def sentences(genre):
    # Ninety words of one piece each are more than two windows of 38 pieces.
    return [
        Sentence(words, {"upos": upos, "genre": (genre,)}, treebank, str(number))
        for number, (words, upos, genre, treebank) in enumerate(
            [
                (("the", "dog"), ("DET", "NOUN"), "news", "xx_a"),
                ((".",) * 90, ("PUNCT",) * 90, "blog", "xx_a"),
                (("the",), ("DET",), "", "xx_b"),
                (("a", "."), ("DET", "PUNCT"), "poem", "xx_b"),
            ]
        )
    ]


def _part(directory, treebank, sentences, unlabeled):
    labels = [label for s in sentences for label in s.labels["upos"]]
    with ShardWriter(directory / DEV / treebank, num_shards=1, gzip=False) as writer:
        for sentence in sentences:
            writer.write(serialize_sentence(sentence))
    genres = [s.labels["genre"][0] for s in sentences if s.labels["genre"][0]]
    return Part(
        *(treebank, DEV, "a.conllu", "", writer.records, len(labels), 0),
        labels={
            "upos": {label: labels.count(label) for label in labels},
            "genre": {label: genres.count(label) for label in genres},
        },
        statistics={},
        shards=writer.describe(directory),
        unlabeled={"genre": unlabeled},
    )


@pytest.fixture
def info(tmp_path, sentences):
    parts = [
        _part(tmp_path, "xx_a", sentences[:2], unlabeled=0),
        _part(tmp_path, "xx_b", sentences[2:], unlabeled=1),
    ]
    DatasetInfo(TOOL, {}, False, ("upos", "genre"), parts, directory=tmp_path).save()
    return load_dataset_info(tmp_path)


def test_one_label_a_sentence():
    with pytest.raises(ValueError, match="sentence 5: 2 genre labels where there are 1"):
        Sentence(("a", "b"), {"genre": ("news", "blog")}, "xx_a", "5")


def test_records(sentences):
    records = tf.constant([serialize_sentence(sentence) for sentence in sentences])
    parsed = parse(records, ("genre", "upos"))
    assert parsed.labels["genre"].to_list() == [[b"news"], [b"blog"], [b""], [b"poem"]]
    assert parsed.labels["upos"].row_lengths().numpy().tolist() == [2, 90, 1, 2]
    bad = serialize({"words": ["a", "b"], "genre": ["news", "blog"], "treebank": ["xx_a"]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="too many genre labels or too few"):
        parse(tf.constant([bad]), ("genre",))


def test_description(info):
    assert count_labels(info.parts, "genre") == {"news": 1, "blog": 1, "poem": 1}
    assert [part.group for part in info.parts] == ["xx_a", "xx_b"]
    with pytest.raises(ValueError, match="2 sentences have not as many genre labels"):
        replace(info.parts[1], unlabeled={})
    with pytest.raises(InputError, match="no treebank 'xx_c' in this data set; it has xx_a xx_b"):
        info.select((DEV,), ("xx_c",))


def test_checksum_is_of_what_the_records_hold(info):
    shards = [part.shards[0] for part in info.parts]
    moved = replace(info, directory=info.directory / "elsewhere", tool="another")
    assert data_sha256(moved) == data_sha256(info)
    other = replace(info.parts[0], shards=[replace(shards[0], sha256=shards[1].sha256)])
    assert data_sha256(replace(info, parts=[other, info.parts[1]])) != data_sha256(info)


def test_batches(info):
    """A sentence of several windows counts in the first; unknown labels are as those of words."""
    featurizer = SubwordFeaturizer(
        WordpieceFeatures.from_file(TESTDATA / "vocab.txt", max_length=40, normalization=NFC)
    )
    corpus = scan_corpus(Datasets([info]).select((DEV,)), ("upos", "genre"), featurizer)
    windows = corpus.windows_per_sentence.tolist()
    assert windows[1] > 2
    assert windows[:1] + windows[2:] == [1, 1, 1]
    pipeline = InputPipeline(corpus, featurizer, VOCABS, Batching(40, windows=3))
    labels: dict[int, list[int]] = {0: [], 1: []}
    for batch in pipeline.evaluation_batches():
        assert batch["genre"].shape == [len(batch["group"]), 1]
        for label, group in zip(*rows_of_labels(batch, "genre"), strict=True):
            labels[int(group)].append(int(label))
        words, groups = rows_of_labels(batch, "upos")
        assert words.shape == groups.shape == [tf.math.count_nonzero(batch["word_positions"] >= 0)]
    assert sorted(labels[0]) == [-2] * (windows[1] - 1) + [0, 1]
    assert sorted(labels[1]) == [-2, -1]


@pytest.mark.parametrize(
    ("task", "label", "parts", "fault"),
    [
        ("upos", "NOUN", ["NOUN"], ""),
        ("upos", "A|B", ["A|B"], "unknown UPOS 'A|B'"),
        ("feats", "Case=Nom|Number=Sing", ["Case=Nom", "Number=Sing"], ""),
        ("feats", "Case", ["Case"], "malformed FEATS 'Case'"),
    ],
)
def test_labels(task, label, parts, fault):
    assert TASKS[task].parts(label) == parts
    assert TASKS[task].fault(label).startswith(fault)
    assert bool(TASKS[task].fault(label)) == bool(fault)
    columns = list("abcdefghij")
    TASKS[task].source.write(columns, label)
    assert TASKS[task].source.read([columns]) == [label]
    assert len(set(columns) - set("abcdefghij")) == 1
