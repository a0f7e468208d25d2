"""Unicode forms: what a model makes of words before it splits them into pieces.

The same text may be composed (NFC, what most of the world writes) or decomposed (NFD, of which
macOS makes file names and some editors text): "ñ" as one character or as two. A vocabulary has
pieces of the composed form, so a model that normalizes reads both alike. It is a property of a
model, because one that was trained on words as they came has to be given them so.
"""

from typing import Literal

Normalization = Literal["nfc", "none"]
NFC: Normalization = "nfc"
# As the public tokenizer of multilingual BERT.
NONE: Normalization = "none"
NORMALIZATIONS: tuple[Normalization, ...] = (NFC, NONE)
