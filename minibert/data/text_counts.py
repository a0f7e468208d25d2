"""The names of counters of what became of the sentences of a text."""

# In the files; dropped for their length, or because they were there already; left out by a limit;
# left out of the files.
READ, TOO_SHORT, DUPLICATES, NOT_DRAWN = "read", "too_short", "duplicates", "not_drawn"
WITHHELD = "withheld"
