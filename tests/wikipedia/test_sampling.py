import random

import pytest

from minibert.wikipedia.sampling import sentence_limits

AVAILABLE = {"de": 1_000_000, "en": 10_000_000, "yo": 1000, "xx": 0}


def _limits(**options):
    return sentence_limits(AVAILABLE, **{"per_language": 0, "total": 0, "exponent": 0.7, **options})


def test_shares_are_smoothed():
    """Where all have enough they are in proportion to the numbers to the power of 0.7."""
    limits = _limits(total=1000)
    weights = {language: number**0.7 for language, number in AVAILABLE.items()}
    for language in AVAILABLE:
        wanted = 1000 * weights[language] / sum(weights.values())
        assert limits[language] == pytest.approx(wanted, abs=1.01)
    assert sum(limits.values()) == 1000


def test_all_that_are_wanted_are_drawn():
    generator = random.Random(1)
    for _ in range(2000):
        number = generator.randrange(2, 106)
        available = {str(i): int(10 ** generator.uniform(0, 7)) for i in range(number)}
        total = generator.randrange(1, sum(available.values()))
        exponent = generator.choice([0.0, 0.3, 0.5, 0.7, 0.9, 1.0])
        limits = sentence_limits(available, per_language=0, total=total, exponent=exponent)
        assert sum(limits.values()) == total
        assert all(0 <= limits[name] <= available[name] for name in available)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, AVAILABLE),
        ({"per_language": 5}, {**dict.fromkeys(AVAILABLE, 5), "xx": 0}),
        # All there are, and no fewer.
        ({"total": 11_001_000}, AVAILABLE),
        ({"total": 11_001_000, "per_language": 9}, {**dict.fromkeys(AVAILABLE, 9), "xx": 0}),
        # What the small language has not got is shared by the others.
        ({"total": 9000, "exponent": 0.0}, {"de": 4000, "en": 4000, "yo": 1000, "xx": 0}),
        (
            {"total": 7000, "exponent": 0.0, "per_language": 3500},
            {"de": 3000, "en": 3000, "yo": 1000, "xx": 0},
        ),
        (
            {"total": 9000, "per_language": 3500},
            {"de": 3500, "en": 3500, "yo": 1000, "xx": 0},
        ),
    ],
)
def test_limits(options, expected):
    assert _limits(**options) == expected
