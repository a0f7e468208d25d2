"""Raw text made again of the sentences it was cut into."""

from collections.abc import Iterable, Iterator

from minibert.data.conllu_reader import ConlluSentence

# Comments before the first sentence of a paragraph or of a document.
_NEW_PARAGRAPH = ("# newpar", "# newdoc")


def raw_paragraphs(sentences: Iterable[ConlluSentence]) -> Iterator[str]:
    """Yields the paragraphs of a text whose sentences are given, as it was before it was cut."""
    text: list[str] = []
    for sentence in sentences:
        is_first = any(line.startswith(_NEW_PARAGRAPH) for line in sentence.block.lines)
        if is_first and text:
            yield "".join(text).strip()
            text = []
        for token in sentence.tokens():
            text.append(token.form)
            if token.space_after:
                text.append(" ")
    if text:
        yield "".join(text).strip()
