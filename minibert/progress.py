"""Progress bars: live on a terminal, a line now and then in a log."""

import io
import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm

_LOG_SECONDS = 30.0


class _LineStream(io.TextIOBase):
    """Standard error, with each state of a bar on a line of its own."""

    def write(self, text: str) -> int:
        text = text.strip("\r\n ")
        return sys.stderr.write(f"{text}\n") if text else 0

    def flush(self) -> None:
        sys.stderr.flush()


def progress(iterable: Iterable | None = None, *, leave: bool = True, **options: Any) -> tqdm:
    """A `tqdm` bar on standard error, with the time that is left.

    Args:
      iterable: what to count, if not by `update`.
      leave: whether the bar stays when it is done; a log has no bars that do not stay.
      **options: as of `tqdm`.
    """
    if sys.stderr.isatty():
        return tqdm(iterable, leave=leave, dynamic_ncols=True, mininterval=0.2, **options)
    return tqdm(
        iterable,
        leave=leave,
        disable=not leave,
        file=_LineStream(),
        ascii=True,
        ncols=0,
        mininterval=_LOG_SECONDS,
        maxinterval=_LOG_SECONDS,
        **options,
    )
