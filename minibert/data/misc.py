"""The column MISC of CoNLL-U: entries `Key=value`, separated by `|`."""

from collections.abc import Sequence

# What stands in a column for nothing.
EMPTY = "_"


def misc_value(misc: str, key: str) -> str | None:
    """The value of a key; None if it has none."""
    start = f"{key}="
    return next((e.removeprefix(start) for e in misc.split("|") if e.startswith(start)), None)


def with_entries(misc: str, entries: Sequence[str], own_keys: Sequence[str]) -> str:
    """A column with entries at its end, in the place of those that it had of some keys."""
    own = tuple(f"{key}=" for key in own_keys)
    kept = [entry for entry in misc.split("|") if not entry.startswith(own)]
    if entries and kept in ([EMPTY], [""]):
        kept = []
    return "|".join([*kept, *entries] or [EMPTY])
