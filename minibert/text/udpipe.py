"""UDPipe 1, which cuts raw text into sentences and words, as in Tsai et al. 2019, 4.1."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from minibert.errors import InputError
from minibert.packages import import_package
from minibert.text.characters import plain_paragraph
from minibert.text.raw_tokens import RawToken, as_written, text_of, with_marks_joined


def import_udpipe() -> Any:
    """The package.

    Raises:
      InputError: it is not installed.
    """
    return import_package("ufal.udpipe", needed_for="UDPipe")


class UdpipeTagger:
    """Tags sentences whose words are given."""

    def __init__(self, path: str):
        """Loads a model with a tagger; as `UdpipeSegmenter`."""
        self._udpipe = import_udpipe()
        self._model = _load(path)

    def __call__(self, words: Sequence[str]) -> list[tuple[str, str]]:
        """UPOS and FEATS, `_` for none, of each word."""
        sentence = self._udpipe.Sentence()
        for word in words:
            sentence.addWord(word)
        self._model.tag(sentence, self._udpipe.Model.DEFAULT)
        # The first word of UDPipe is the root of the tree.
        return [(word.upostag, word.feats or "_") for word in list(sentence.words)[1:]]


class UdpipeSegmenter:
    """Cuts paragraphs into sentences and words."""

    def __init__(self, path: str | Path):
        """Loads a model with a tokenizer.

        Raises:
          InputError: UDPipe is not installed, or the file is no model of it.
        """
        udpipe = import_udpipe()
        self._model = _load(path)
        if self._model.newTokenizer("") is None:
            raise InputError(
                f"{path}: a model of UDPipe without a tokenizer; give one that has one"
            )
        self._pipeline = udpipe.Pipeline(
            self._model, "tokenize", udpipe.Pipeline.NONE, udpipe.Pipeline.NONE, "conllu"
        )
        self._error = udpipe.ProcessingError()

    def __call__(self, paragraph: str) -> Iterator[list[RawToken]]:
        """Yields the tokens of each sentence.

        The ends of lines other than line feeds end a sentence, too. Marks and invisible characters
        are part of the token that they directly follow, or of none. UDPipe has learned from
        composed text and is given such; the tokens have the characters that came in.
        """
        text = plain_paragraph(paragraph)
        composed = unicodedata.normalize("NFC", text)
        sentences = with_marks_joined(self._sentences(composed))
        return sentences if composed == text else as_written(sentences, text)

    def _sentences(self, paragraph: str) -> Iterator[list[RawToken]]:
        found = self._pipeline.process(paragraph, self._error)
        if self._error.occurred():
            raise InputError(f"UDPipe: {self._error.message}")
        for block in found.split("\n\n"):
            tokens: list[RawToken] = []
            covered = 0
            for line in block.split("\n"):
                if not line or line.startswith("#"):
                    continue
                number, form, *_, misc = line.split("\t")
                first, hyphen, last = number.partition("-")
                if hyphen:
                    covered = int(last)
                if hyphen or int(first) > covered:
                    tokens.append(RawToken(form, misc))
                else:
                    tokens[-1] = replace(tokens[-1], words=(*tokens[-1].words, form))
            yield tokens

    def sentences(self, paragraph: str) -> list[str]:
        """The text of each sentence."""
        return [text_of(tokens) for tokens in self(paragraph)]


def _load(path: str | Path) -> Any:
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file; train_udpipe.py makes a model of UDPipe")
    model = import_udpipe().Model.load(str(path))
    if model is None:
        raise InputError(f"{path}: no model of UDPipe; train_udpipe.py makes one")
    return model
