"""The input of `tag.py`: CoNLL-U, lines of words, or raw text, as sentences of CoNLL-U."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from minibert.data.conllu_reader import ConlluSentence, read_conllu
from minibert.data.line_reader import decode_line, read_blocks, read_lines
from minibert.data.raw_sentence import sentence_of_tokens
from minibert.errors import InputError
from minibert.serving.tag_config import CONLLU, UDPIPE, WORDS, TagConfig
from minibert.text.python_segmentation import SegmentedWord, segment
from minibert.text.raw_tokens import NO_SPACE_AFTER, RawToken
from minibert.text.udpipe import UdpipeSegmenter


def input_sentences(config: TagConfig) -> Iterator[ConlluSentence]:
    """The sentences of the input.

    Raises:
      InputError: it cannot be read; a segmenter cannot be loaded.
    """
    if config.input_format == CONLLU:
        return read_conllu(config.input)
    if config.input_format == WORDS:
        return read_words(config.input)
    if config.segmenter == UDPIPE:
        assert config.udpipe_model is not None
        return read_paragraphs(config.input, UdpipeSegmenter(config.udpipe_model))
    return read_text(config.input)


def read_words(path: str) -> Iterator[ConlluSentence]:
    """Reads lines of words as CoNLL-U sentences with nothing but ID and FORM.

    Words are separated by tabs, so that they may hold spaces, or by spaces in a line that has no
    tab. An empty line is a sentence without words.

    Raises:
      InputError: as `read_lines`; a line is not UTF-8, or has nothing between two tabs.
    """
    for number, line in _lines(path):
        if "\t" in line:
            words = line.split("\t")
            if not all(words):
                raise InputError(f"{path}:{number}: an empty word between tabs; take it out")
        else:
            words = [word for word in line.split(" ") if word]
        yield sentence_of_tokens(path, number, list(map(RawToken, words)), with_text=False)


def read_text(path: str) -> Iterator[ConlluSentence]:
    """Reads lines of raw text, each a sentence, and cuts them into words by `segment`.

    Lines without words are left out.

    Raises:
      InputError: as `read_lines`; a line is not UTF-8.
    """
    for number, line in _lines(path):
        if words := segment(line):
            yield sentence_of_tokens(path, number, list(_tokens(words)))


def read_paragraphs(path: str, segmenter: UdpipeSegmenter) -> Iterator[ConlluSentence]:
    """Reads paragraphs of raw text, between blank lines, and cuts them into sentences.

    Raises:
      InputError: as `read_blocks`.
    """
    for block in read_blocks(path):
        for tokens in segmenter("\n".join(block.lines)):
            yield sentence_of_tokens(path, block.first_line, tokens)


def _lines(path: str) -> Iterator[tuple[int, str]]:
    """Yields what `str.splitlines` makes of the lines of a file, with their numbers in it."""
    for number, raw in enumerate(read_lines(path), start=1):
        for line in decode_line(raw, path, number).splitlines():
            yield number, line


def _tokens(words: Sequence[SegmentedWord]) -> Iterator[RawToken]:
    for word, following in zip_longest(words, words[1:]):
        is_joined = following is not None and following.start == word.end
        yield RawToken(word.form, NO_SPACE_AFTER) if is_joined else RawToken(word.form)
