"""Text that is left out of a treebank: licensed treebanks are distributed with `_` for each FORM.

Of some treebanks that is all of the text, of others the text of some documents.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from minibert.data.conllu_reader import UPOS, ConlluSentence, read_conllu
from minibert.data.treebank_files import TreebankFile
from minibert.errors import InputError

_UNDERSCORE = "_"
# What an underscore that stands in the text itself is.
_LITERAL_TAGS = frozenset({"PUNCT", "SYM", "X"})
# A file with so many sentences of text is worth its place, whatever else is in it.
_ENOUGH = 100
# Of the sentences that are withheld, the part that others must be for the file to be read.
_LEAST = 0.01
WITHHELD_REMEDY = "add it as the README of the treebank says, or leave the treebank out"


def is_withheld(sentence: ConlluSentence) -> bool:
    """Whether the text of a sentence is left out.

    It is if more tokens are underscores than have a letter, since numbers and punctuation may be
    there still. A token does not count that is an underscore of the text itself, by its tag, nor
    do underscores for the words of a multiword token whose form is there.
    """
    if not any(word[0] == _UNDERSCORE for word in sentence.words):
        return False
    hidden = written = word = 0
    for token in sentence.tokens():
        tags = {columns[UPOS] for columns in sentence.columns[word : word + token.words]}
        word += token.words
        if token.form.strip(_UNDERSCORE):
            written += _has_letter(token.form)
        else:
            hidden += not tags <= _LITERAL_TAGS
    return hidden > written


def has_text(sentence: ConlluSentence) -> bool:
    """Whether a sentence has words, and their text."""
    return bool(sentence.columns) and not is_withheld(sentence)


def withheld_sentences(path: str | Path) -> int:
    """How many sentences of a file are withheld, if next to nothing of its text is left; else 0.

    Raises:
      InputError: as `read_conllu`; of a file with text, only what is wrong at its beginning.
    """
    withheld = written = 0
    for sentence in read_conllu(path):
        if is_withheld(sentence):
            withheld += 1
        elif any(map(_has_letter, sentence.words)):
            written += 1
            if written == _ENOUGH:
                return 0
    return withheld if written < _LEAST * withheld else 0


def skip_withheld(
    files: Iterable[TreebankFile],
) -> tuple[list[TreebankFile], dict[TreebankFile, int]]:
    """Leaves out files whose text is withheld; each is named on standard error.

    Returns:
      The other files, and those left out with the number of their sentences.

    Raises:
      InputError: there is no other; or as `withheld_sentences`.
    """
    withheld = {file: withheld_sentences(file.path) for file in files}
    readable = [file for file, sentences in withheld.items() if not sentences]
    left_out = {file: sentences for file, sentences in withheld.items() if sentences}
    for file, sentences in left_out.items():
        message = f"its text is withheld, FORM is _ in {sentences:,} sentences"
        if not readable:
            raise InputError(f"{file.path}: {message}; {WITHHELD_REMEDY}")
        print(f"{file.path}: skipped, {message}; {WITHHELD_REMEDY}", file=sys.stderr)
    return readable, left_out


def refuse_withheld(sentences: Iterable[ConlluSentence]) -> Iterator[ConlluSentence]:
    """Yields sentences as they are.

    Raises:
      InputError: the text of one is withheld.
    """
    for sentence in sentences:
        if is_withheld(sentence):
            raise sentence.block.error(
                0, f"the text of the sentence is withheld, FORM is _; {WITHHELD_REMEDY}"
            )
        yield sentence


def _has_letter(form: str) -> bool:
    return any(map(str.isalpha, form))
