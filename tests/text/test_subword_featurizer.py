import tensorflow as tf
from official.nlp.tools import tokenization

from minibert.text.feature_spec import WORD_POSITIONS
from minibert.text.normalization import NFC
from minibert.text.subword_features import INPUT_IDS
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.text_parts import split_text, split_words
from minibert.text.vocab import read_vocab
from minibert.text.wordpiece import WordpieceTokenizer
from minibert.text.wordpiece_features import WordpieceFeatures
from tests.conftest import TESTDATA

VOCAB = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "##b", "##c"]
CLS, SEP = 2, 3


def _encode(sentences, max_seq_length):
    words = tf.ragged.constant(sentences, dtype=tf.string, row_splits_dtype=tf.int64)
    return _featurizer(max_seq_length).featurize(words)


def _featurizer(max_length, vocab=VOCAB):
    return SubwordFeaturizer(WordpieceFeatures(max_length, NFC, vocab))


def test_short_sentences():
    encoded = _encode([["abc", "b"], ["a"]], 10)
    assert encoded.features[INPUT_IDS].to_list() == [[CLS, 4, 6, 7, 5, SEP], [CLS, 4, SEP]]
    assert encoded.word_positions.to_list() == [[1, 4], [1]]


def test_whole_sentences_are_encoded_as_windows_are():
    # Padding is not 0.
    featurizer = _featurizer(10, ["a", "b", "##b", "##c", "[SEP]", "[PAD]", "[UNK]", "[CLS]"])
    sentences = [["abc", "b"], ["a", "x", "abbc", "a"], ["\u00ad"]]
    words = tf.ragged.constant(sentences, dtype=tf.string, row_splits_dtype=tf.int64)
    expected = featurizer.featurize(words).inputs()
    whole = featurizer.whole(words)
    assert whole.longest() == 9
    inputs = whole.inputs()
    assert inputs.keys() == expected.keys()
    for name, pad in featurizer.spec.padding.items():
        assert inputs[name].numpy().tolist() == expected[name].to_tensor(pad).numpy().tolist()


def test_a_whole_sentence_without_words_is_a_row():
    words = tf.ragged.constant([[], ["a", "b"], []], tf.string, row_splits_dtype=tf.int64)
    inputs = _featurizer(10).whole(words).inputs()
    assert inputs[INPUT_IDS].numpy().tolist() == [
        [CLS, SEP, 0, 0],
        [CLS, 4, 5, SEP],
        [CLS, SEP, 0, 0],
    ]
    assert inputs[WORD_POSITIONS].numpy().tolist() == [[-1, -1], [1, 2], [-1, -1]]


def test_windows_and_labels():
    # Windows of four pieces; see test_windows for who owns what.
    encoded = _encode([["a", "b", "a", "b", "a", "b", "a"], ["b"]], 6)
    assert encoded.features[INPUT_IDS].to_list() == [
        [CLS, 4, 5, 4, 5, SEP],
        [CLS, 4, 5, 4, 5, SEP],
        [CLS, 4, 5, 4, SEP],
        [CLS, 5, SEP],
    ]
    assert encoded.word_positions.to_list() == [[1, 2, 3], [2, 3], [2, 3], [1]]
    labels = tf.ragged.constant([[10, 11, 12, 13, 14, 15, 16], [17]])
    assert encoded.select(labels).to_list() == [[10, 11, 12], [13, 14], [15, 16], [17]]


def test_word_longer_than_a_window_keeps_its_first_pieces():
    encoded = _encode([["abbbbbb", "a"]], 5)
    assert encoded.features[INPUT_IDS].to_list() == [[CLS, 4, 6, 6, SEP], [CLS, 4, SEP]]
    assert encoded.word_positions.to_list() == [[1], [1]]


def test_parts_of_text_have_the_wordpieces_of_the_whole():
    tokenizer = WordpieceTokenizer(read_vocab(TESTDATA / "vocab.txt"), normalization=NFC)
    files = sorted((TESTDATA / "text").glob("*.txt"))
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    lines += ["人々は, 私の学校😀で。", "a\u3000b\u2009c \u00ad\u200b d", "[UNK] 한국어 ไทย"]
    text = tf.constant(lines)
    parts = split_text(text)
    pieces = tokenizer.tokenize(parts.flat_values)
    whole = tokenizer.tokenize(text)
    for row, expected in zip(parts.with_values(pieces).merge_dims(1, 2), whole, strict=True):
        # A part that is deleted has [UNK] for itself, where the whole has nothing.
        found = [piece for piece in row.numpy().tolist() if piece != tokenizer.unk_id]
        assert found == [piece for piece in expected.numpy().tolist() if piece != tokenizer.unk_id]
    japanese = [part.decode() for part in parts[len(lines) - 3].numpy()]
    assert japanese == ["人", "々は,", "私", "の", "学", "校", "😀で。"]
    assert max(len(row) for row in parts.to_list()) > 10


def test_words_are_the_tokens_of_the_public_tokenizer():
    public = tokenization.BasicTokenizer(do_lower_case=False)
    files = sorted((TESTDATA / "text").glob("*.txt"))
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    lines += ["人々は, 私の学校😀で。", "a\u3000b\u2009c d", "it's $3.50 (+x^2)|~`<a>=—«»", ""]
    # Which deletes joiners; ours, when it makes pieces.
    lines = [line.replace("\u200c", "") for line in lines]
    found = [[word.decode() for word in words] for words in split_words(lines).to_list()]
    assert found == [public.tokenize(line) for line in lines]


def test_text_loses_no_wordpiece():
    """Of a sentence with a word of seven pieces, in windows of four; of an empty one nothing."""
    text = tf.constant(["a abbbbbb b", "", "ab"])
    encoded = _featurizer(6).featurize_text(text)
    windows = [
        (sentence, ids[1:-1])
        for sentence, ids in zip(
            encoded.windows.sentence.numpy(), encoded.features[INPUT_IDS].to_list(), strict=True
        )
    ]
    assert windows == [(0, [4]), (0, [4, 6, 6, 6]), (0, [6, 6, 6, 5]), (2, [4, 6])]
    assert encoded.word_positions.to_list() == [[1], [1], [1, 4], [1]]


def test_positions_of_wordpieces():
    input_ids = tf.constant([[2, 9, 8, 3, 0], [2, 7, 3, 0, 0], [2, 5, 6, 7, 3]])
    windows = tf.RaggedTensor.from_tensor(input_ids, padding=0)
    positions = _featurizer(6).all_positions({INPUT_IDS: windows})
    assert positions.to_tensor(-1, shape=[3, 5]).numpy().tolist() == [
        [1, 2, -1, -1, -1],
        [1, -1, -1, -1, -1],
        [1, 2, 3, -1, -1],
    ]
