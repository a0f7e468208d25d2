"""Unicode forms: what a model makes of words before it splits them into pieces.

The same text may be composed (NFC, what most of the world writes) or decomposed (NFD, of which
macOS makes file names and some editors text): "ñ" as one character or as two. A vocabulary has
pieces of the composed form, so a model that normalizes reads both alike. So it is with the
apostrophe, which keyboards write straight and typesetters curly. It is a property of a model,
because one that was trained on words as they came has to be given them so.
"""

import unicodedata
from typing import Literal

Normalization = Literal["nfc", "nfc-straight", "none"]
NFC: Normalization = "nfc"
# NFC, with the curly apostrophe and the letter of its form as the straight one.
NFC_STRAIGHT: Normalization = "nfc-straight"
# As the public tokenizer of multilingual BERT.
NONE: Normalization = "none"
NORMALIZATIONS: tuple[Normalization, ...] = (NFC, NFC_STRAIGHT, NONE)

CURLY_APOSTROPHES = "\u2019\u02bc"
STRAIGHT_APOSTROPHE = "'"
_STRAIGHTENED = str.maketrans(dict.fromkeys(CURLY_APOSTROPHES, STRAIGHT_APOSTROPHE))


def normalize(word: str, form: Normalization) -> str:
    """A word in a form."""
    if form == NONE:
        return word
    word = unicodedata.normalize("NFC", word)
    return word.translate(_STRAIGHTENED) if form == NFC_STRAIGHT else word
