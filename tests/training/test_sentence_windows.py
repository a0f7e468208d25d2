"""Rows that are kept of a teacher and positions of a student: the same words, whatever windows."""

import numpy as np
import pytest
import tensorflow as tf

from minibert.data.output_positions import WORDPIECES, WORDS
from minibert.data.output_records import OUTPUTS, Field, serialize_outputs, unpack_outputs
from minibert.data.shards import Shard
from minibert.data.text_corpus import TextShard
from minibert.errors import InputError
from minibert.files import sha256
from minibert.text.normalization import NFC
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.vocab import SPECIAL_PIECES
from minibert.text.wordpiece_features import WordpieceFeatures
from minibert.training.language_records import LanguageRecords
from minibert.training.sentence_windows import SentenceWindows, featurize_positions

LETTERS = "abcdefghijklm中文字กขค"
# Words to their number of parts: each Chinese character is one, Thai without spaces is one, and a
# lone soft hyphen is one although it has no piece.
TEXTS = {
    " ".join("abcdefghijklm"[i * i % 13] * (1 + i % 3) for i in range(91)): 91,
    "中文a字b c": 6,
    "กขค" * 17 + " a": 2,
    "a \u00ad b": 3,
    "k": 1,
}
FIELDS = {"upos/logits": Field("float16", 3), "feats/labels": Field("uint16", 2)}


def _featurizer(vocab, max_length):
    return SubwordFeaturizer(WordpieceFeatures(max_length, NFC, [*SPECIAL_PIECES, *vocab]))


# Of letters, every one a piece; and of the first letters of words alone, the others unknown words.
OF_LETTERS = [*LETTERS, *(f"##{letter}" for letter in LETTERS)]
OF_WORDS = [
    *LETTERS[::-1],
    *(2 * letter for letter in LETTERS),
    *(3 * letter for letter in LETTERS),
]


@pytest.mark.parametrize("max_length", [5, 11, 40])
@pytest.mark.parametrize("vocab", [OF_LETTERS, OF_WORDS], ids=["letters", "words"])
def test_words_do_not_depend_on_vocabulary_or_window(vocab, max_length):
    found = featurize_positions(_featurizer(vocab, max_length), WORDS, tf.constant([*TEXTS]))
    rows = np.bincount(found.windows.sentence, found.word_positions.row_lengths())
    assert rows.tolist() == [*TEXTS.values()]
    assert (found.features["input_ids"].row_lengths().numpy() <= max_length).all()


def test_wordpieces_are_all_of_every_window():
    """A part of 51 letters and one of 1 are windows of 9, 9, … pieces; none is cut away."""
    found = featurize_positions(
        _featurizer(OF_LETTERS, 11), WORDPIECES, tf.constant(["กขค" * 17 + " a", "ab c"])
    )
    lengths = found.features["input_ids"].row_lengths().numpy()
    assert (found.word_positions.row_lengths().numpy() == lengths - 2).all()
    for row, length in zip(found.word_positions.to_list(), lengths, strict=True):
        assert row == list(range(1, length - 1))
    of_sentence = np.bincount(found.windows.sentence, lengths - 2)
    assert of_sentence[0] >= 52
    assert of_sentence[1] == 3


def _record(text, rows):
    """Of a row the numbers 3 n, 3 n + 1, 3 n + 2, and n, 2 n, of its number."""
    numbers = np.arange(rows)[:, np.newaxis]
    return serialize_outputs(
        text.encode(),
        "en",
        {
            "upos/logits": (3 * numbers + np.arange(3)).astype(np.float16),
            "feats/labels": (numbers * [1, 2]).astype(np.uint16),
        },
    )


@pytest.mark.parametrize("max_length", [5, 11, 40])
@pytest.mark.parametrize("vocab", [OF_LETTERS, OF_WORDS], ids=["letters", "words"])
def test_rows_come_to_their_words(vocab, max_length):
    featurizer = _featurizer(vocab, max_length)
    windows, sentence = SentenceWindows(featurizer, WORDS, FIELDS)(
        tf.constant([_record(text, rows) for text, rows in TEXTS.items()])
    )
    found = {number: [] for number in range(len(TEXTS))}
    for index, of_sentence in enumerate(sentence.numpy()):
        fields = unpack_outputs(windows[OUTPUTS][index], FIELDS)
        logits = fields["upos/logits"]
        labels = fields["feats/labels"]
        assert logits.dtype == tf.float16
        assert labels.dtype == tf.int32
        numbers = labels[:, 0].numpy()
        np.testing.assert_array_equal(labels[:, 1], 2 * numbers)
        np.testing.assert_array_equal(logits, 3 * numbers[:, np.newaxis] + np.arange(3))
        positions = windows["word_positions"][index].numpy()
        assert len(positions) == len(numbers)
        ids = windows["input_ids"][index].numpy()[positions]
        found[of_sentence] += zip(numbers, ids, strict=True)
    for (text, rows), pairs in zip(TEXTS.items(), found.values(), strict=True):
        assert [number for number, _ in pairs] == list(range(rows))
        if rows == 91:
            # The first pieces of the words themselves.
            pieces = [featurizer.tokenizer.vocab[id_] for _, id_ in pairs]
            assert [piece[0] for piece in pieces] == [word[0] for word in text.split()]


@pytest.mark.parametrize("rows", [2, 4])
def test_outputs_of_other_text_are_named(rows, tmp_path):
    """Three words with another number of rows, in one file of two."""
    shards = []
    for name, number in (("good", 3), ("bad", rows)):
        path = tmp_path / name
        with tf.io.TFRecordWriter(str(path)) as writer:
            writer.write(_record("a b c", number))
        shard = Shard(name, path.stat().st_size, sha256(path))
        shards.append(TextShard("en", "train", shard, 1))
    windows = SentenceWindows(_featurizer(OF_LETTERS, 11), WORDS, FIELDS)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not one row of upos/logits for each"):
        windows(tf.constant([_record("a b c", rows)]))
    records = LanguageRecords(tmp_path, shards, compressed=False, remedy="mend it")
    for read in (records.verify, records.count_windows):
        with pytest.raises(InputError, match="/bad: a record is not as it must be; mend it"):
            read(windows)


def test_text_without_outputs():
    windows, sentence = SentenceWindows(_featurizer(OF_LETTERS, 11))(
        tf.constant([_record("ab c", 3), _record("中a", 2)])
    )
    assert set(windows) == {"input_ids", "word_positions"}
    assert windows["word_positions"].to_list() == [[1, 2, 3], [1, 2]]
    assert sentence.numpy().tolist() == [0, 1]
