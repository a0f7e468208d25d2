import itertools
from collections import Counter

import pytest

from minibert.data.prepare_text import prepare_text
from minibert.data.prepare_text_config import PrepareTextConfig
from minibert.data.train_vocab import count_tokens, make_pieces
from minibert.errors import InputError
from minibert.text.normalization import NFC, NFC_STRAIGHT
from minibert.text.python_wordpiece import PythonWordpieceTokenizer
from minibert.text.vocab import read_vocab
from tests.conftest import TESTDATA, mistake_of, run_script

WORDS = Counter({"lower": 50, "lowest": 27, "newer": 61, "wider": 30, "new": 12, "low": 7})


def _reference(words: Counter[str], merges: int) -> list[str]:
    """Byte-pair encoding by its definition: the most frequent pair becomes a piece, and again."""
    split = {word: [("", word[0]), *(("##", c) for c in word[1:])] for word in words}
    pieces = []
    for _ in range(merges):
        pairs: Counter[tuple] = Counter()
        for word, parts in split.items():
            for pair in itertools.pairwise(parts):
                pairs[pair] += words[word]
        (best, count), (_, second) = pairs.most_common(2)
        assert count > second, "the example must have no ties"
        (mark, left), (_, right) = best
        pieces.append(f"{mark}{left}{right}")
        for word, parts in split.items():
            joined = []
            for part in parts:
                if joined and (joined[-1], part) == best:
                    joined[-1] = (mark, left + right)
                else:
                    joined.append(part)
            split[word] = joined
    return pieces


def test_pieces_are_those_of_byte_pair_encoding():
    single = {"##d", "##e", "##i", "##o", "##r", "##s", "##t", "##w", "l", "n", "w"}
    size = 5 + len(single) + 4
    pieces = make_pieces(WORDS, size, coverage=1.0)
    assert pieces[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert set(pieces[5:-4]) == single
    assert pieces[-4:] == _reference(WORDS, 4)


def test_rare_characters_have_no_piece():
    words = WORDS + Counter({"ζ": 1, "wζ": 1})
    pieces = make_pieces(words, 30, coverage=0.99)
    assert not any("ζ" in piece for piece in pieces)
    assert "ζ" in make_pieces(words, 30, coverage=1.0)


def test_no_tokens_that_are_unknown_anyway():
    assert count_tokens(["a " + "b" * 801, "a"], NFC) == {"a": 2}


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (15, "too few, the wordpieces of one character are 11; give more"),
        (5000, "more than the .* wordpieces that can be made of this text"),
    ],
)
def test_sizes_that_cannot_be(size, message):
    with pytest.raises(InputError, match=message):
        make_pieces(WORDS, size, coverage=1.0)


@pytest.fixture(scope="module")
def text_dir(tmp_path_factory):
    directory = tmp_path_factory.mktemp("text") / "out"
    prepare_text(PrepareTextConfig(input=(f"{TESTDATA}/text/*.txt",), output_dir=str(directory)))
    return directory


def test_the_vocabulary_of_a_text(text_dir, tmp_path):
    """It can be read, has pieces for every word of the text, and is the same each time."""
    for name in ("a", "b"):
        result = run_script(
            "train_vocab",
            text_dir=text_dir,
            output=tmp_path / name,
            vocab_size="900",
            character_coverage="1",
        )
        assert result.returncode == 0, result.stderr
        assert "900 wordpieces of" in result.stdout
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    vocab = read_vocab(tmp_path / "a")
    assert len(vocab) == len(set(vocab)) == 900
    tokenizer = PythonWordpieceTokenizer(vocab, normalization=NFC)
    lines = [line for path in (TESTDATA / "text").glob("*.txt") for line in path.open()]
    words = [word for line in lines for word in line.split()]
    # The sentences that are held out may have a character of their own.
    unknown = [word for word in words if tokenizer.unk_id in tokenizer.tokenize(word)]
    assert len(unknown) < 0.001 * len(words)
    pieces = sum(len(tokenizer.tokenize(word)) for word in words)
    assert pieces < 2.5 * len(words)


def test_a_form_of_words():
    tokens = count_tokens(["l’eau lʼe\u0301te\u0301"], NFC_STRAIGHT)
    assert tokens == {"l": 2, "'": 2, "eau": 1, "été": 1}


def test_no_text(tmp_path):
    message = mistake_of("train_vocab", text_dir=tmp_path, output=tmp_path / "vocab.txt")
    assert "no dataset.json there" in message
    assert not (tmp_path / "vocab.txt").exists()
