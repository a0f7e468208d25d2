"""Text in Markdown."""

import re

_SPECIAL = re.compile(r"([\\`*\[\]<>&|])")


def markdown_cell(text: str) -> str:
    """Text of any kind as it stands in a cell of a table: one line, in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
