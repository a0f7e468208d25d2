"""Sentences of CoNLL-U made of tokens."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from minibert.data.conllu_reader import (
    FORM,
    ID,
    MISC,
    NUM_COLUMNS,
    ConlluSentence,
    sentence_of_lines,
)
from minibert.text.raw_tokens import RawToken, text_of


def sentence_of_tokens(
    path: str | Path, number: int, tokens: Sequence[RawToken], *, with_text: bool = True
) -> ConlluSentence:
    """A sentence with nothing but ID, FORM and MISC.

    Args:
      path: the file that the tokens are of.
      number: the line in it where the sentence begins.
      tokens: its tokens.
      with_text: whether it has the comment `text`.
    """
    lines = [f"# text = {text_of(tokens)}"] if with_text else []
    return sentence_of_lines(path, number, [*lines, *_token_lines(tokens)])


def _token_lines(tokens: Sequence[RawToken]) -> Iterator[str]:
    word = 1
    for token in tokens:
        if token.words:
            yield _line(f"{word}-{word + len(token.words) - 1}", token.form, token.misc)
            for form in token.words:
                yield _line(str(word), form)
                word += 1
        else:
            yield _line(str(word), token.form, token.misc)
            word += 1


def _line(word_id: str, form: str, misc: str = "_") -> str:
    columns = ["_"] * NUM_COLUMNS
    columns[ID], columns[FORM], columns[MISC] = word_id, form, misc
    return "\t".join(columns)
