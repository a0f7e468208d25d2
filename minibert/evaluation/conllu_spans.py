"""CoNLL-U as spans of the characters of its text without white space."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path

from minibert.data.conllu_reader import FEATS, FORM, HEAD, UPOS, ConlluSentence
from minibert.data.line_reader import shown
from minibert.errors import InputError
from minibert.text.characters import is_seen, seen

# The features of the guidelines; others of a treebank do not count.
UNIVERSAL_FEATURES = frozenset(
    [
        *("Abbr", "Animacy", "Aspect", "Case", "Definite", "Degree", "Evident", "Foreign"),
        *("Gender", "Mood", "NumType", "Number", "Person", "Polarity", "Polite", "Poss"),
        *("PronType", "Reflex", "Tense", "VerbForm", "Voice"),
    ]
)


# Of a file, which is kept in memory: 200 bytes a word.
_MAX_WORDS = 20_000_000


@dataclass
class ConlluSpans:
    """A file as spans of its characters, which are counted from 0 and without white space.

    Attributes:
      path: where it is.
      characters: the forms of the tokens, one behind the other.
      token_starts, token_ends, token_lines: of each token, and its line in the file.
      sentence_starts, sentence_ends: of each sentence.
      starts, ends: of each word; that of its token, if several words are one.
      in_range: whether a word is one of a multiword token.
      forms: of each word, lower-cased.
      upos, feats: of each word, of FEATS the universal ones.
    """

    path: Path
    characters: str = ""
    token_starts: list[int] = field(default_factory=list)
    token_ends: list[int] = field(default_factory=list)
    token_lines: list[int] = field(default_factory=list)
    sentence_starts: list[int] = field(default_factory=list)
    sentence_ends: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    in_range: list[bool] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    upos: list[str] = field(default_factory=list)
    feats: list[str] = field(default_factory=list)


def read_spans(sentences: Iterable[ConlluSentence], path: Path) -> ConlluSpans:
    """Reads sentences as spans; those without words are left out.

    Args:
      sentences: the sentences.
      path: what they are called in messages.

    Raises:
      InputError: there is none, one has a token of nothing but white space, or heads that go round
        in circles.
    """
    file = ConlluSpans(path)
    texts: list[str] = []
    length = 0
    features: dict[str, str] = {}
    for sentence in sentences:
        if not sentence.columns:
            continue
        _check_heads(sentence)
        file.sentence_starts.append(length)
        word = 0
        for token in sentence.tokens():
            form = _without_spaces(token.form)
            if not form:
                raise sentence.block.error(token.line, "a FORM of nothing but spaces; mend it")
            texts.append(form)
            file.token_starts.append(length)
            file.token_lines.append(sentence.block.first_line + token.line)
            start, length = length, length + len(form)
            file.token_ends.append(length)
            for columns in sentence.columns[word : word + token.words]:
                file.starts.append(start)
                file.ends.append(length)
                file.in_range.append(token.is_range)
                file.forms.append((columns[FORM] if token.is_range else form).lower())
                file.upos.append(columns[UPOS])
                feats = columns[FEATS]
                if feats not in features:
                    features[feats] = _universal(feats)
                file.feats.append(features[feats])
            word += token.words
        if len(file.forms) > _MAX_WORDS:
            raise sentence.block.error(0, f"over {_MAX_WORDS:,} words; score parts of the file")
        file.sentence_ends.append(length)
    if not file.forms:
        raise InputError(f"{path}:1: no sentence in the file; give one that has the text")
    file.characters = "".join(texts)
    return file


def without_unseen(file: ConlluSpans) -> ConlluSpans:
    """The spans of a file as if every character that is not seen were white space.

    Tokens of nothing else have empty spans, and their words are in no range.
    """
    places = [0, *accumulate(map(is_seen, file.characters))]

    def moved(ends: list[int]) -> list[int]:
        return [places[end] for end in ends]

    starts, ends = moved(file.starts), moved(file.ends)
    in_range = zip(file.in_range, starts, ends, strict=True)
    return replace(
        file,
        characters=seen(file.characters),
        token_starts=moved(file.token_starts),
        token_ends=moved(file.token_ends),
        sentence_starts=moved(file.sentence_starts),
        sentence_ends=moved(file.sentence_ends),
        starts=starts,
        ends=ends,
        in_range=[is_part and start < end for is_part, start, end in in_range],
        forms=list(map(seen, file.forms)),
    )


def _without_spaces(form: str) -> str:
    if form.isascii():
        return form.replace(" ", "")
    return "".join(c for c in form if unicodedata.category(c) != "Zs")


def _universal(feats: str) -> str:
    """The universal features of a FEATS column, sorted."""
    return "|".join(
        sorted(f for f in feats.split("|") if f.partition("=")[0] in UNIVERSAL_FEATURES)
    )


def _check_heads(sentence: ConlluSentence) -> None:
    """Checks that the heads of a sentence, if it has them, are a tree or several."""
    cells = [columns[HEAD] for columns in sentence.columns]
    if all(cell == "_" for cell in cells):
        return
    heads = []
    for index, cell in enumerate(cells):
        if not (cell.isascii() and cell.isdecimal() and len(cell) < 10 and int(cell) <= len(cells)):
            raise sentence.block.error(
                sentence.word_lines[index],
                f"HEAD {shown(cell)}, a number from 0 to {len(cells)} is expected; mend it, or "
                "write _ for all words of the sentence",
            )
        heads.append(int(cell))
    # 0, the root, is done; a word is under way while its chain of heads is followed.
    done = [True] + [False] * len(heads)
    for first in range(1, len(done)):
        chain = []
        under_way = set()
        node = first
        while not done[node]:
            if node in under_way:
                raise sentence.block.error(
                    sentence.word_lines[node - 1],
                    f"HEAD {heads[node - 1]}: word {node} is below itself, a cycle; mend it",
                )
            under_way.add(node)
            chain.append(node)
            node = heads[node - 1]
        for node in chain:
            done[node] = True
