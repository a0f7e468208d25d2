"""Where in text the outputs of a teacher are kept of."""

from typing import Literal

# `wordpieces`: every position of every window, for a student that has the same windows.
# `words`: once for each word, as `split_words` cuts text, for a student of any vocabulary.
Positions = Literal["wordpieces", "words"]
WORDPIECES: Positions = "wordpieces"
WORDS: Positions = "words"
