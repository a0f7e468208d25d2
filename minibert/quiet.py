"""Keeps what libraries in C++ write for their developers off standard error."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# The descriptor is one for the process: of two threads one would restore what the other has put.
_lock = threading.Lock()


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drops what the process writes to standard error in the block, from whatever language.

    If the block raises, it is written after all.
    """
    with _lock, tempfile.TemporaryFile() as kept:
        try:
            saved = os.dup(2)
        except OSError:
            # Standard error is closed: nothing to drop.
            yield
            return
        try:
            os.dup2(kept.fileno(), 2)
            yield
        except BaseException:
            kept.seek(0)
            os.write(saved, kept.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
