"""What an evaluation gives."""

from dataclasses import dataclass
from typing import Any

from minibert.evaluation.details_file import Details
from minibert.evaluation.raw_text_file import RawTextDetails


@dataclass(frozen=True)
class EvaluationResult:
    """What is printed and written.

    Attributes:
      table: for people.
      figures: as JSON.
      details: what was counted, by sentence; None of two files.
    """

    table: str
    figures: dict[str, Any]
    details: Details | RawTextDetails | None = None
