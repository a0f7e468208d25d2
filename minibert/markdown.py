"""Text in Markdown."""

import re

from minibert.tables import printable

# Colons and dots, because addresses become links by themselves.
_SPECIAL = re.compile(r"([\\`*~$\[\]<>&|]|(?<!\w)_|_(?!\w)|(?<=\w):(?=//)|(?<=www)\.)")


def markdown_cell(text: str) -> str:
    """Text of any kind as it stands in a cell of a table: one line, in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", printable(" ".join(text.split())))
