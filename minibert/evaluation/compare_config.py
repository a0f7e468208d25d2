"""Options of `compare.py`."""

from dataclasses import dataclass

from minibert.options import check, option


@dataclass(frozen=True)
class CompareConfig:
    """Options of comparing evaluations; see the help of each."""

    evaluations: tuple[str, ...] = option(
        "Directories that evaluate.py wrote: NAME=DIR,NAME=DIR or DIR,DIR. A name that comes again "
        "is another run of that model, with another seed; its column has the mean."
    )

    def __post_init__(self) -> None:
        check(self, "evaluations", lambda e: all(e) and e, "must name directories")
