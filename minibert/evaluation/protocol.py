"""How Tsai et al. 2019 take figures of treebanks together."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from minibert.errors import InputError

# Of fewer than 500 training sentences (4.4).
LOW_RESOURCE_LANGUAGES = ("kk", "hy", "lt", "be", "mr", "ta")


# Below a table in which they are marked.
UNTUNED_NOTE = "* has no dev file and is not in the average"


def macro_average(by_group: Sequence[float] | np.ndarray) -> float:
    """The mean over treebanks, each counting the same whatever its size (B.2)."""
    return float(np.mean(by_group))


def treebanks_left_out(
    treebanks: Iterable[str], untuned: Collection[str], *, include_untuned: bool
) -> Collection[str]:
    """The treebanks that averages are not over: those without a dev file (B.2), or none.

    Raises:
      InputError: none would be left.
    """
    if include_untuned:
        return ()
    if set(treebanks) <= set(untuned):
        raise InputError(
            "no treebank with a dev file beside it to average over; give --include_untuned"
        )
    return untuned


def name_in_table(treebank: str, untuned: Collection[str]) -> str:
    """The name of a treebank, with a mark if it is not in the average."""
    return f"{treebank}*" if treebank in untuned else treebank


def language_of(treebank: str) -> str:
    """The language of a treebank: `en` of `en_ewt`."""
    return treebank.partition("_")[0]


def by_language(values: Mapping[str, float]) -> dict[str, float]:
    """Treebank to value to language to the mean over its treebanks, in the order of languages."""
    languages = sorted({language_of(treebank) for treebank in values})
    return {
        language: macro_average(
            [value for treebank, value in values.items() if language_of(treebank) == language]
        )
        for language in languages
    }


def low_resource(treebanks: Iterable[str]) -> Sequence[str]:
    """The treebanks of languages with little training data, in the order of the paper."""
    names = sorted(treebanks)
    return [t for language in LOW_RESOURCE_LANGUAGES for t in names if language_of(t) == language]
