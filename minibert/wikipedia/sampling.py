"""How many sentences of each language are taken.

The Wikipedias differ in size by a factor of ten thousand. For the public multilingual BERT the
share of each language was raised to the power of 0.7, so that large ones count for less and small
ones for more (`multilingual.md` of google-research/bert).
"""

from collections.abc import Mapping


def sentence_limits(
    available: Mapping[str, int], *, per_language: int, total: int, exponent: float
) -> dict[str, int]:
    """The most sentences of each language.

    Args:
      available: language to the number of its sentences.
      per_language: the most of any; 0 for all.
      total: the most of all together; 0 for all. They are shared in proportion to `available` to
        the power of `exponent`. What a language has not got is shared among the others.
      exponent: from 0, for equal shares, to 1, for shares as they are.

    Returns:
      Language to limit, no greater than what it has.
    """
    limits = {
        language: min(number, per_language or number) for language, number in available.items()
    }
    if not total or sum(limits.values()) <= total:
        return limits
    room = dict(limits)
    left = total
    weights = {language: number**exponent for language, number in available.items() if number}
    # From those that have the least in proportion to their share, which they get whole, on.
    order = sorted(weights, key=lambda language: (limits[language] / weights[language], language))
    weight_left = sum(weights.values())
    for language in order:
        share = round(left * weights[language] / weight_left)
        limits[language] = min(limits[language], share, left)
        left -= limits[language]
        weight_left -= weights[language]
    # What rounding has left.
    for language in reversed(order):
        more = min(left, room[language] - limits[language])
        limits[language] += more
        left -= more
    return limits
