import random

import pytest

from minibert.wikipedia.text_order import (
    PLACE_DIGITS,
    digest,
    place_digits,
    section,
    section_bounds,
)

_DIGESTS = [digest(str(number)) for number in range(2000)]


@pytest.mark.parametrize("number", [1, 2, 3, 7, 64, 1000])
def test_bounds_are_those_of_sections(number):
    edges = [value.to_bytes(4, "big") for value in (0, 2**31 - 1, 2**31, 2**32 - 1)]
    for index in {0, number // 2, number - 1}:
        first, end = section_bounds(index, number)
        for of_digest in _DIGESTS + edges:
            digits = place_digits(of_digest)
            assert len(digits) == PLACE_DIGITS
            assert (first <= digits < end) == (section(of_digest, number) == index)


def test_sections_follow_the_order_and_each_other():
    ordered = sorted(_DIGESTS)
    sections = [section(of_digest, 48) for of_digest in ordered]
    assert sections == sorted(sections)
    assert {*sections} == {*range(48)}
    assert [index // 4 for index in sections] == [section(of_digest, 12) for of_digest in ordered]


def test_sections_are_of_about_the_same_size():
    generator = random.Random(1)
    texts = {f"{generator.random()} {word}" for word in range(20_000)}
    sizes = [0] * 10
    for text in texts:
        sizes[section(digest(text), 10)] += 1
    # 2,000 each, with a standard deviation of 42.
    assert max(abs(size - 2000) for size in sizes) < 5 * 42
