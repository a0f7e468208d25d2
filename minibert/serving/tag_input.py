"""The input of `tag.py`: CoNLL-U, lines of words, or raw text, as sentences of CoNLL-U."""

from collections import deque
from collections.abc import Iterable, Iterator

from minibert.data.conllu_reader import (
    MISC,
    NUM_COLUMNS,
    ConlluSentence,
    read_conllu,
    sentence_of_lines,
)
from minibert.data.line_reader import decode_line, read_blocks, read_lines
from minibert.errors import InputError
from minibert.serving.simple_segmenter import SegmentedWord, segment_texts
from minibert.serving.tag_config import CONLLU, UDPIPE, WORDS, TagConfig
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
    for number, raw in enumerate(read_lines(path), start=1):
        line = decode_line(raw, path, number).rstrip("\r\n")
        if "\t" in line:
            words = line.split("\t")
            if not all(words):
                raise InputError(f"{path}:{number}: an empty word between tabs; take it out")
        else:
            words = [word for word in line.split(" ") if word]
        rows = (_columns(index, word) for index, word in enumerate(words, start=1))
        yield sentence_of_lines(path, number, ["\t".join(row) for row in rows])


def read_text(path: str) -> Iterator[ConlluSentence]:
    """Reads lines of raw text, each a sentence, and cuts them into words by `segment_texts`.

    Raises:
      InputError: as `read_lines`; a line is not UTF-8.
    """
    waiting: deque[tuple[int, str]] = deque()

    def lines() -> Iterator[str]:
        for number, raw in enumerate(read_lines(path), start=1):
            text = decode_line(raw, path, number).strip()
            if text:
                waiting.append((number, text))
                yield text

    for words in segment_texts(lines()):
        number, text = waiting.popleft()
        yield sentence_of_lines(path, number, _conllu_lines(text, words))


def read_paragraphs(path: str, segmenter: UdpipeSegmenter) -> Iterator[ConlluSentence]:
    """Reads paragraphs of raw text, between blank lines, and cuts them into sentences.

    Raises:
      InputError: as `read_blocks`.
    """
    for block in read_blocks(path):
        for lines in segmenter("\n".join(block.lines)):
            yield sentence_of_lines(path, block.first_line, lines)


def _conllu_lines(text: str, words: Iterable[SegmentedWord]) -> list[str]:
    lines = [f"# text = {text}"]
    words = list(words)
    starts = [word.start for word in words[1:]]
    for index, word in enumerate(words):
        columns = _columns(index + 1, word.form)
        if index < len(starts) and starts[index] == word.end:
            columns[MISC] = "SpaceAfter=No"
        lines.append("\t".join(columns))
    return lines


def _columns(word_id: int, form: str) -> list[str]:
    return [str(word_id), form, *["_"] * (NUM_COLUMNS - 2)]
