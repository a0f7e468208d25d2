"""Raw text to words, in graph, by script and punctuation.

For scripts that put spaces between words. A punctuation mark is a word. Of Chinese every character
is one, of Japanese every run of one kana; Thai, Lao and Khmer are not cut at all between spaces.
"""

from typing import NamedTuple

import tensorflow as tf
import tensorflow_text as tf_text

# What a word is made of: all but white space, punctuation, symbols and the scripts that are cut
# otherwise. Marks and format characters, such as the joiners of Persian and Indic words, are in.
_LETTER = r"[^\s\p{Z}\p{P}\p{S}\p{Cc}\p{Han}\p{Hiragana}\p{Katakana}\x{30FC}]"
# A punctuation mark or symbol with the marks on it: an accent, a style or a colour of skin.
_SYMBOL = r"[\p{P}\p{S}](?:\p{M}|[\x{1F3FB}-\x{1F3FF}])*"
# What French, Catalan and Italian write with an apostrophe before the next word, which is a word of
# its own: l'homme, qu'il, dell'arte. Elsewhere an apostrophe inside a word is a part of it.
_ELIDED = (
    "[cdjlmnstv]|qu|jusqu|lorsqu|puisqu|quoiqu|un|anch|quell|quest|tutt|bell|sant|dov|com|"
    "(?:d|n|s|c|da|de|ne|su|co|a)?(?:ll|gl)|al|del"
)
_WORD = "|".join(
    [
        # 3.14 and 12:30.
        r"\p{Nd}+(?:[.,:]\p{Nd}+)+",
        rf"(?i:{_ELIDED})['’]",
        rf"{_LETTER}+(?:['’]{_LETTER}+)*",
        r"\p{Han}",
        r"\p{Hiragana}+",
        r"[\p{Katakana}\x{30FC}]+",
        r"\.{2,}",
        # Flags, and symbols joined to one.
        r"[\x{1F1E6}-\x{1F1FF}]{2}",
        rf"{_SYMBOL}(?:\x{{200D}}{_SYMBOL})*",
    ]
)
_ANYTHING = r"(?s:.)"


class Segmented(NamedTuple):
    """The words of texts.

    Attributes:
      words: string `[texts, (words)]`.
      starts, ends: int64, parallel to it: where a word begins and ends, in bytes of its text.
    """

    words: tf.RaggedTensor
    starts: tf.RaggedTensor
    ends: tf.RaggedTensor


def segment(text: tf.Tensor) -> Segmented:
    """Cuts texts into words.

    Args:
      text: string `[texts]`, UTF-8.

    Returns:
      The words, in order. White space and control characters are in none. Running it fails with
      `InvalidArgumentError` for a text that is not UTF-8, of which the offsets would be wrong.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="strict")
    # TF Text takes it for the end.
    text = tf.strings.regex_replace(text, r"\x{00}", " ")
    return Segmented(
        *tf_text.regex_split_with_offsets(text, f"(?:{_WORD})|{_ANYTHING}", f"(?:{_WORD})")
    )
