import pytest

from minibert.text.raw_tokens import RawToken, text_of, with_marks_joined

_JOINED = "SpaceAfter=No"


def _tokens(*forms: str) -> list[RawToken]:
    """Tokens; `x_` has no space behind it."""
    return [
        RawToken(form.rstrip("_"), _JOINED) if form.endswith("_") else RawToken(form)
        for form in forms
    ]


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        ([["a_", "\u0301", "b"]], [["a\u0301", "b"]]),
        ([["a_", "\ufe0f_", "\u200d_", "."]], [["a\ufe0f\u200d_", "."]]),
        # A mark that the next token begins with.
        ([["a_", "\u0301b", "c"]], [["a\u0301_", "b", "c"]]),
        # Of the sentence before.
        ([["a", "b_"], ["\u200f"], ["\u200dc_", "."]], [["a", "b\u200f\u200d"], ["c_", "."]]),
        # Of nothing.
        ([["\ufeff_", "a"], ["b"]], [["a"], ["b"]]),
        ([["\ufeffa"]], [["a"]]),
        ([["\u200d"]], []),
        ([], []),
    ],
)
def test_marks_become_part_of_the_token_before(sentences, expected):
    found = with_marks_joined(_tokens(*forms) for forms in sentences)
    assert list(found) == [_tokens(*forms) for forms in expected]


def test_marks_and_tokens_of_several_words():
    dont = RawToken("don't", _JOINED, ("do", "n't"))
    (tokens,) = with_marks_joined([[dont, RawToken("\u200e", "SpacesAfter=\\n")]])
    assert tokens == [RawToken("don't\u200e", "SpacesAfter=\\n", ("do", "n't"))]
    marked = RawToken("\u200edon't", "_", ("\u200edo", "n't"))
    (tokens,) = with_marks_joined([[RawToken("I", _JOINED), marked]])
    assert tokens == [RawToken("I\u200e", _JOINED), RawToken("don't", "_", ("do", "n't"))]
    # Of two words one is left.
    (tokens,) = with_marks_joined([[RawToken("a\u0301", "_", ("a", "\u0301"))]])
    assert tokens == [RawToken("a\u0301")]


def test_white_space_behind_what_was_joined():
    first = RawToken("a", "SpacesInToken=a|SpaceAfter=No")
    (tokens,) = with_marks_joined([[first, RawToken("\u0301")]])
    assert tokens == [RawToken("a\u0301", "SpacesInToken=a")]
    (tokens,) = with_marks_joined([[first, RawToken("\u0301", "SpacesAfter=\\t")]])
    assert tokens == [RawToken("a\u0301", "SpacesInToken=a|SpacesAfter=\\t")]


def test_text():
    assert text_of(_tokens("The", "dog_", ".")) == "The dog."
    assert (
        text_of([RawToken("a", "SpacesAfter=\\n|X=y"), RawToken("b", "X=y|SpaceAfter=No")]) == "a b"
    )
    assert text_of([]) == ""
