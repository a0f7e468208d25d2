"""Progress bars: live on a terminal, a line now and then in a log."""

import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm

_LOG_SECONDS = 30.0


def progress(iterable: Iterable | None = None, **options: Any) -> tqdm:
    """A `tqdm` bar on standard error, updated rarely where that is not a terminal."""
    live = sys.stderr.isatty()
    return tqdm(
        iterable,
        file=sys.stderr,
        mininterval=0.2 if live else _LOG_SECONDS,
        maxinterval=10.0 if live else _LOG_SECONDS,
        dynamic_ncols=live,
        **options,
    )
