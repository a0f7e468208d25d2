"""Text tables for the terminal."""

from collections.abc import Iterable, Sequence


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> str:
    """Lays out a table; the first `left` columns are aligned left, the others right.

    What would move the cursor or change the terminal is shown as in Python.
    """
    table = [list(map(printable, row)) for row in (header, *rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )


def printable(text: str) -> str:
    """Text with what cannot be printed as in Python."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def percent(value: float | None) -> str:
    """A part of 1 as it stands in a table, in per cent; `-` for none."""
    return "-" if value is None else f"{100 * value:.2f}"
