"""SentencePiece in graph and in Python, and the ids of fairseq."""

import io
import sys

import pytest
import sentencepiece
import tensorflow as tf

from minibert.errors import InputError
from minibert.text.feature_kinds import features_of_vocab, read_features
from minibert.text.feature_spec import Piece
from minibert.text.normalization import NFC, NONE, NORMALIZATIONS
from minibert.text.subword_features import INPUT_IDS
from tests.conftest import TESTDATA

ODD = [
    "",
    "\u00ad",
    "\u200b",
    " ",
    "▁",
    "▁▁",
    "😀",
    "a b",
    "\0",
    "\ufffd",
    "ａ",
    "n\u0303",
    "ñ",
    "語",
]


def _features(sentencepiece_file, *, max_length=40, normalization=NFC):
    return features_of_vocab(sentencepiece_file, max_length=max_length, normalization=normalization)


def _differences(features, words):
    in_graph = features.tokenizer().tokenize(tf.constant(words)).to_list()
    tokenizer = features.python_tokenizer()
    in_python = [list(tokenizer.tokenize(word)) for word in words]
    assert all(in_graph)
    return [pair for pair in zip(words, in_graph, in_python, strict=True) if pair[1] != pair[2]]


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_in_python_as_in_graph(sentencepiece_file, normalization):
    lines = [line for path in (TESTDATA / "text").glob("*.txt") for line in path.open()]
    words = sorted({word for line in lines for word in line.split()})
    features = _features(sentencepiece_file, normalization=normalization)
    assert _differences(features, [*words, *ODD]) == []


def test_all_words_of_ud(encoder_dir, ud_words):
    features = _features(encoder_dir / "sentencepiece.bpe.model")
    assert _differences(features, [*ud_words, *ODD]) == []


def test_ids_are_those_of_fairseq(sentencepiece_file):
    """The pieces of SentencePiece moved up by one, and its unknown piece in the place of ours."""
    processor = sentencepiece.SentencePieceProcessor()
    processor.load(str(sentencepiece_file))
    features = _features(sentencepiece_file)
    special = [Piece(name, is_special=True) for name in ("<s>", "<pad>", "</s>", "<unk>")]
    assert features.pieces[:4] == special
    assert features.pieces[-1] == Piece("<mask>", is_special=True)
    assert len(features.pieces) == features.num_pieces == processor.get_piece_size() + 2
    tokenizer = features.python_tokenizer()
    for word in ("boat", "Bootes", "q語q"):
        expected = [i + 1 if i else 3 for i in processor.encode(word)]
        assert list(tokenizer.tokenize(word)) == expected
        pieces = [features.pieces[i] for i in expected]
        assert [piece.starts_word for piece in pieces[1:]] == [
            piece.is_special for piece in pieces[1:]
        ]
        if 3 not in expected:
            assert "".join(piece.text for piece in pieces) == word
    assert 3 in tokenizer.tokenize("q語q")
    assert features.pad_values == {INPUT_IDS: 1}


def test_words_without_a_piece(sentencepiece_file):
    features = _features(sentencepiece_file)
    for word in ("", "\u200b", " ", "▁"):
        assert features.python_tokenizer().tokenize(word) == (3,)
    assert features.tokenizer().tokenize(tf.constant(["", "▁"])).to_list() == [[3], [3]]


def test_each_word_begins_as_behind_a_space(sentencepiece_file):
    """Whatever stands before it: pieces of sentences are those of their words."""
    features = _features(sentencepiece_file)
    words = ["the", "boat", "x", "."]
    found = features.in_graph().featurize(tf.ragged.constant([words])).features[INPUT_IDS].to_list()
    tokenizer = features.python_tokenizer()
    expected = [i for word in words for i in tokenizer.tokenize(word)]
    assert found == [[0, *expected, 2]]
    assert found == [w.features[INPUT_IDS] for w in features.in_python().featurize(words)]


def test_long_sentences_are_windows(sentencepiece_file):
    """A sentence of 514 pieces in windows of 512."""
    features = _features(sentencepiece_file, max_length=512)
    count = len(features.python_tokenizer().tokenize("boat"))
    words = ["boat"] * (512 // count + 1)
    featurized = features.in_graph().featurize(tf.ragged.constant([words]))
    assert featurized.features[INPUT_IDS].nrows() == 2
    assert max(featurized.features[INPUT_IDS].row_lengths().numpy()) <= 512
    assert featurized.word_positions.flat_values.shape == [len(words)]


def test_text_has_the_pieces_of_the_whole(sentencepiece_file):
    features = _features(sentencepiece_file, max_length=512)
    text = "The boat,  red\u3000as\twine; 語語 isn't here."
    found = features.in_graph().featurize_text(tf.constant([text])).features[INPUT_IDS].to_list()
    processor = sentencepiece.SentencePieceProcessor()
    processor.load(str(sentencepiece_file))
    assert found == [[0, *(i + 1 if i else 3 for i in processor.encode(text)), 2]]


def test_is_kept_in_a_directory(sentencepiece_file, tmp_path):
    features = _features(sentencepiece_file, normalization=NONE)
    features.write(tmp_path)
    found = read_features("sentencepiece", tmp_path, max_length=40, normalization=NONE)
    assert found == features
    assert found.sha256 == features.sha256


def test_in_a_saved_model(sentencepiece_file, tmp_path):
    tokenizer = _features(sentencepiece_file).tokenizer()
    module = tf.Module()
    module.tokenizer = tokenizer
    module.tokenize = tf.function(
        lambda words: tokenizer.tokenize(words).to_tensor(-1),
        input_signature=[tf.TensorSpec([None], tf.string)],
    )
    tf.saved_model.save(module, str(tmp_path / "saved"))
    loaded = tf.saved_model.load(str(tmp_path / "saved"))
    words = tf.constant(["boat", "", "Bootes"])
    expected = tokenizer.tokenize(words).to_tensor(-1).numpy().tolist()
    assert loaded.tokenize(words).numpy().tolist() == expected


def test_files_that_are_no_such_model(tmp_path, monkeypatch, sentencepiece_file):
    path = tmp_path / "spm.model"
    with pytest.raises(InputError, match=r"spm.model: cannot read the vocabulary"):
        _features(path)
    for content in (b"", b"not a model", sentencepiece_file.read_bytes()[:997]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"spm.model: no model of SentencePiece; give"):
            _features(path)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d"] * 10),
        model_writer=model,
        vocab_size=9,
        pad_id=0,
        unk_id=1,
        bos_id=2,
        eos_id=3,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    path.write_bytes(model.getvalue())
    with pytest.raises(InputError, match="begins with the pieces <pad> <unk> <s> where"):
        _features(path)
    with pytest.raises(InputError, match=r"tokenizer.json: .*give the vocab.txt or"):
        _features(tmp_path / "tokenizer.json")
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(InputError, match=r"a vocabulary of SentencePiece: .*; pip install"):
        _features(sentencepiece_file)
