"""Reads the Hindi-English treebank: a JSON object, from the numbers of tweets to parallel lists.

Bhat et al. 2018, *Universal Dependency Parsing for Hindi-English Code-Switching*.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from minibert.data.tasks import UNIVERSAL_POS_TAGS
from minibert.errors import InputError
from minibert.json_files import read_json

# Of a word; `univ` is of none, `ne` a name, `acro` an acronym, `mixed` of both.
LANGUAGES = frozenset({"hi", "en", "univ", "ne", "acro", "mixed"})
_NO_FORM = "_"
_REMEDY = "give a file of the code-mixed treebank, as it is published"


@dataclass(frozen=True)
class CodemixedSentence:
    """A tweet.

    Attributes:
      id: its number.
      words: its words.
      upos: their tags.
      languages: of `LANGUAGES`, that of each.
      is_whole: whether it has whole words. Of the others the publishers gave first letters only,
        but for the normalized forms.
    """

    id: str
    words: tuple[str, ...]
    upos: tuple[str, ...]
    languages: tuple[str, ...]
    is_whole: bool


@dataclass(frozen=True)
class _Tweet:
    tweet: Sequence[str]
    norm: Sequence[str]
    pos: Sequence[str]
    lid: Sequence[str]
    deleted: bool

    def __post_init__(self) -> None:
        lengths = {len(column) for column in (self.tweet, self.norm, self.pos, self.lid)}
        if len(lengths) != 1:
            raise ValueError("the lists tweet, norm, pos and lid of a tweet differ in length")
        if not all(self.tweet):
            raise ValueError("an empty word in a tweet")


def read_codemixed(path: str | Path, *, raw: bool = False) -> Iterator[CodemixedSentence]:
    """Reads the tweets of a file, in order.

    Args:
      path: the file.
      raw: words as in the tweets, in Latin script. Else they are the normalized forms, Hindi in
        Devanagari, of the words that have one.

    Raises:
      InputError: the file cannot be read, is another, or has a tag that is not universal.
    """
    tweets: Mapping[str, _Tweet] = read_json(path, dict[str, _Tweet], _REMEDY)
    if not tweets:
        raise InputError(f"{path}: no tweet in it; {_REMEDY}")
    for number, tweet in tweets.items():
        for tag in tweet.pos:
            if tag not in UNIVERSAL_POS_TAGS:
                raise InputError(f"{path}: tweet {number}: {tag!r} is no universal tag; {_REMEDY}")
        for language in tweet.lid:
            if language not in LANGUAGES:
                raise InputError(f"{path}: tweet {number}: {language!r} is no language; {_REMEDY}")
        forms = zip(tweet.tweet, tweet.norm, strict=True)
        words = [word if raw or form in ("", _NO_FORM) else form for word, form in forms]
        if words:
            yield CodemixedSentence(
                number, tuple(words), tuple(tweet.pos), tuple(tweet.lid), tweet.deleted
            )
