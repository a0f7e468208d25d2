"""What an evaluation gives."""

from dataclasses import dataclass
from typing import Any

from minibert.evaluation.details_file import Details


@dataclass(frozen=True)
class EvaluationResult:
    """What is printed and written.

    Attributes:
      table: for people.
      figures: as JSON.
      details: with gold segmentation.
    """

    table: str
    figures: dict[str, Any]
    details: Details | None = None
