"""Tokens of raw text, and what of them is no token."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from minibert.text.characters import split_start

NO_SPACE_AFTER = "SpaceAfter=No"
_NOTHING = "_"


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


def _with_marks(token: RawToken, marks: str, misc: str | None) -> RawToken:
    """A token with marks behind it and, if they were a token, with the white space behind that."""
    if misc is not None:
        entries = [e for e in token.misc.split("|") if e != NO_SPACE_AFTER] + misc.split("|")
        misc = "|".join(e for e in entries if e != _NOTHING) or _NOTHING
    return replace(token, form=token.form + marks, misc=misc or token.misc)


def _seen_words(words: Iterable[str]) -> tuple[str, ...]:
    forms = tuple(form for word in words if (form := split_start(word)[1]))
    return forms if len(forms) > 1 else ()
