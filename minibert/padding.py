"""Rows of one width."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def pad(rows: Sequence[Sequence[T]], filler: T) -> list[list[T]]:
    """Rows as wide as the widest, with `filler` behind their values; there is one row at least."""
    width = max(map(len, rows))
    return [[*row, *[filler] * (width - len(row))] for row in rows]
