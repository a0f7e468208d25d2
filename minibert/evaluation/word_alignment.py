"""The alignment of words of two files of the same text, as of the CoNLL 2018 shared task."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from minibert.data.line_reader import shown
from minibert.errors import InputError
from minibert.evaluation.conllu_spans import ConlluSpans

# Of the tables of all stretches; about half a minute. A sentence of a thousand words that is all
# one stretch has a thousandth of it.
_MAX_CELLS = 2**30


def aligned_words(gold: ConlluSpans, system: ConlluSpans) -> Iterator[tuple[int, int]]:
    """Yields the words of both files that are aligned, by their index, in order.

    Raises:
      InputError: multiword tokens hold too many words together.
    """
    g = s = cells = 0
    while g < len(gold.forms) and s < len(system.forms):
        if gold.in_range[g] or system.in_range[s]:
            first_g, first_s, g, s = _multiword_stretch(gold, system, g, s)
            cells += (g - first_g) * (s - first_s)
            if cells > _MAX_CELLS:
                raise InputError(
                    f"{gold.path} and {system.path}: multiword tokens hold too many words to "
                    f"align, up to {g - first_g:,} and {s - first_s:,} from "
                    f"{shown(gold.forms[first_g])} on; mend their ranges"
                )
            for i, j in _common(gold.forms[first_g:g], system.forms[first_s:s]):
                yield first_g + i, first_s + j
        elif gold.starts[g] == system.starts[s] and gold.ends[g] == system.ends[s]:
            yield g, s
            g, s = g + 1, s + 1
        elif gold.starts[g] <= system.starts[s] < system.ends[s]:
            g += 1
        else:
            # It begins earlier, or is empty.
            s += 1


def _multiword_stretch(
    gold: ConlluSpans, system: ConlluSpans, g: int, s: int
) -> tuple[int, int, int, int]:
    """The words that are aligned together because of a multiword token.

    It is the least stretch of text that holds that token and all multiword tokens, of either file,
    that begin in it.

    Args:
      gold: the one file.
      system: the other.
      g: a word of `gold`.
      s: a word of `system`; one of the two is of a multiword token.

    Returns:
      The first word of either file in the stretch, and the first behind it.
    """
    if gold.in_range[g]:
        end = gold.ends[g]
        # A word that begins before the token is not inside the stretch.
        s += not system.in_range[s] and system.starts[s] < gold.starts[g]
    else:
        end = system.ends[s]
        g += gold.starts[g] < system.starts[s]
    first_g, first_s = g, s
    while not (_is_behind(gold, g, end) and _is_behind(system, s, end)):
        if g < len(gold.forms) and (s == len(system.forms) or gold.starts[g] <= system.starts[s]):
            if gold.in_range[g]:
                end = max(end, gold.ends[g])
            g += 1
        else:
            if system.in_range[s]:
                end = max(end, system.ends[s])
            s += 1
    return first_g, first_s, g, s


def _is_behind(file: ConlluSpans, word: int, end: int) -> bool:
    """Whether a word, or the end of the file, is not inside a stretch that ends at `end`."""
    if word == len(file.forms):
        return True
    return file.starts[word] >= end if file.in_range[word] else file.ends[word] > end


def _common(gold: Sequence[str], system: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yields a longest common subsequence of two lists of forms.

    Of several, the one in which each form is taken as early as can be, and of those a gold form
    is rather skipped than one of the system. Time is the product of the lengths; of the
    table of lengths only some rows are kept, and those between are made again when they are needed.
    """
    if not gold or not system:
        return
    ids: dict[str, int] = {}
    of_gold, of_system = (
        np.array([ids.setdefault(form, len(ids)) for form in forms]) for forms in (gold, system)
    )
    kept = max(16, int(len(gold) ** 0.5))

    def rows_above(row: np.ndarray, first: int, last: int) -> list[np.ndarray]:
        """From the row of `last` those of `first` to `last`; `row[s]` is of what is behind s."""
        rows = [row]
        for g in reversed(range(first, last)):
            longer = row.copy()
            longer[:-1] = np.maximum(row[:-1], (row[1:] + 1) * (of_system == of_gold[g]))
            row = np.maximum.accumulate(longer[::-1])[::-1]
            rows.append(row)
        return rows[::-1]

    borders = [*range(0, len(gold), kept), len(gold)]
    border_rows = {len(gold): np.zeros(len(system) + 1, np.int32)}
    for first, last in reversed(list(pairwise(borders))):
        border_rows[first] = rows_above(border_rows[last], first, last)[0]
    s = 0
    for first, last in pairwise(borders):
        rows = rows_above(border_rows[last], first, last)
        g = first
        while g < last and s < len(system):
            if of_gold[g] == of_system[s]:
                yield g, s
                g, s = g + 1, s + 1
            elif rows[g - first][s] == rows[g - first + 1][s]:
                g += 1
            else:
                s += 1
