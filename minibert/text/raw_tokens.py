"""Tokens of raw text, and what of them is no token."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from minibert.errors import InputError
from minibert.text.characters import is_seen, split_start

NO_SPACE_AFTER = "SpaceAfter=No"
_NOTHING = "_"
_WHITE_SPACE = re.compile(r"\s")


@dataclass(frozen=True)
class RawToken:
    """A token of a text.

    Attributes:
      form: as in the text.
      misc: what CoNLL-U has in MISC, `_` for nothing: whether white space follows, and which.
      words: the words that it is, if they are several.
    """

    form: str
    misc: str = _NOTHING
    words: tuple[str, ...] = ()


def text_of(tokens: Iterable[RawToken]) -> str:
    """The text of tokens; what white space there is between two of them is one space."""
    return "".join(
        token.form if NO_SPACE_AFTER in token.misc.split("|") else f"{token.form} "
        for token in tokens
    ).rstrip()


def with_marks_joined(sentences: Iterable[list[RawToken]]) -> Iterator[list[RawToken]]:
    """Yields the sentences of a text so that each token begins with a character that is seen.

    What stands before it becomes the end of the token before, if need be of the sentence before.
    A token or sentence that is nothing else is left out.
    """
    before: list[RawToken] = []
    for sentence in sentences:
        tokens: list[RawToken] = []
        for token in sentence:
            marks, form = split_start(token.form)
            last = tokens or before
            if marks and last:
                last[-1] = _with_marks(last[-1], marks, token.misc if not form else None)
            if form:
                tokens.append(replace(token, form=form, words=_seen_words(token.words)))
        if tokens:
            if before:
                yield before
            before = tokens
    if before:
        yield before


def as_written(sentences: Iterable[list[RawToken]], text: str) -> Iterator[list[RawToken]]:
    """Yields the sentences of a composed text with the forms that their tokens have in the text.

    Args:
      sentences: of the text in NFC.
      text: the text as it was written.

    Raises:
      InputError: the tokens are not those of the text.
    """
    position = 0
    for sentence in sentences:
        tokens = []
        for token in sentence:
            while position < len(text) and not is_seen(text[position]):
                position += 1
            end = _end_of(token.form, text, position)
            tokens.append(replace(token, form=text[position:end]))
            position = end
        yield tokens


def _end_of(form: str, text: str, start: int) -> int:
    """Where in a text the characters end that a form is composed of."""
    wanted = _WHITE_SPACE.sub("", form)
    # A character is composed of a few; the longest, of Hangul and Greek, of three and four.
    for end in range(start + 1, min(len(text), start + 4 * len(form)) + 1):
        if unicodedata.normalize("NFC", _WHITE_SPACE.sub("", text[start:end])) == wanted:
            return end
    raise InputError(
        f"the segmenter gives {form!r}, which is not what the text has; bring the text into NFC"
    )


def _with_marks(token: RawToken, marks: str, misc: str | None) -> RawToken:
    """A token with marks behind it and, if they were a token, with the white space behind that."""
    if misc is not None:
        entries = [e for e in token.misc.split("|") if e != NO_SPACE_AFTER] + misc.split("|")
        misc = "|".join(e for e in entries if e != _NOTHING) or _NOTHING
    return replace(token, form=token.form + marks, misc=misc or token.misc)


def _seen_words(words: Iterable[str]) -> tuple[str, ...]:
    forms = tuple(form for word in words if (form := split_start(word)[1]))
    return forms if len(forms) > 1 else ()
