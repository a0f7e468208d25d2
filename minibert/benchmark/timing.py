"""Times variants in turns, so that a machine that slows down slows all of them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from minibert.progress import progress


@dataclass(frozen=True)
class Rate:
    """A speed: units per second, median, least and greatest of the rounds."""

    median: float
    least: float
    greatest: float

    def row(self, name: str, unit: str) -> list[str]:
        """The rate as a row of a table."""
        return [
            name,
            unit,
            *(f"{value:,.0f}" for value in (self.median, self.least, self.greatest)),
        ]


ROW_HEADER = ["what", "unit", "median", "least", "greatest"]


def measure_rates(variants: Mapping[str, Callable[[], int]], rounds: int) -> dict[str, Rate]:
    """Calls each variant once a round, after one round that does not count.

    Args:
      variants: by name, what does a piece of work and returns the number of its units.
      rounds: measurements of each.

    Returns:
      The rate of each.
    """
    rates: dict[str, list[float]] = {name: [] for name in variants}
    with progress(total=(rounds + 1) * len(variants), desc="measure") as bar:
        for number in range(rounds + 1):
            for name, work in variants.items():
                start = time.perf_counter()
                units = work()
                seconds = time.perf_counter() - start
                if number:
                    rates[name].append(units / seconds)
                bar.update()
    return {name: Rate(median(values), min(values), max(values)) for name, values in rates.items()}
