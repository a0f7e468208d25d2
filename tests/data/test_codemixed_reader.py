import json

import pytest

from minibert.data.codemixed_reader import read_codemixed
from minibert.errors import InputError

TWEET = {
    "tweet": ["Yeh", "film", "boring", "thi", "!"],
    "norm": ["ये", "_", "_", "थी", ""],
    "pos": ["DET", "NOUN", "ADJ", "AUX", "PUNCT"],
    "lid": ["hi", "en", "en", "hi", "univ"],
    "deleted": True,
    "ids": ["1", "2", "3", "4", "5"],
}


def _write(tmp_path, content):
    path = tmp_path / "tweets.json"
    path.write_text(json.dumps(content))
    return path


def test_words_and_what_they_are(tmp_path):
    empty = {**TWEET, **{key: [] for key in ("tweet", "norm", "pos", "lid")}}
    path = _write(tmp_path, {"17": TWEET, "18": {**TWEET, "deleted": False}, "19": empty})
    first, second = read_codemixed(path)
    assert first.id == "17"
    assert first.words == ("ये", "film", "boring", "थी", "!")
    assert first.upos == ("DET", "NOUN", "ADJ", "AUX", "PUNCT")
    assert first.languages == ("hi", "en", "en", "hi", "univ")
    assert first.is_whole
    assert not second.is_whole
    assert next(read_codemixed(path, raw=True)).words == ("Yeh", "film", "boring", "thi", "!")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "not as it must be"),
        ({}, "no tweet in it"),
        ({"1": {"tweet": ["a"]}}, "not as it must be"),
        ({"1": {**TWEET, "lid": ["hi"]}}, "the lists tweet, norm, pos and lid of a tweet differ"),
        ({"1": {**TWEET, "tweet": ["a", "", "b", "c", "d"]}}, "an empty word in a tweet"),
        ({"1": {**TWEET, "pos": ["NN", *TWEET["pos"][1:]]}}, "tweet 1: 'NN' is no universal tag"),
    ],
)
def test_other_files(tmp_path, content, message):
    path = _write(tmp_path, content)
    with pytest.raises(InputError, match=message):
        list(read_codemixed(path))


def test_the_treebank_itself(real_data):
    tweets = list(read_codemixed(real_data / "codemixed" / "dev-annot.json"))
    assert len(tweets) == 225
    assert sum(len(tweet.words) for tweet in tweets) == 3411
    assert sum(tweet.is_whole for tweet in tweets) == 28
