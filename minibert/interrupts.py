"""Work that SIGINT does not tear, and work of other threads that want to know of it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def deferred_interrupt() -> Iterator[None]:
    """Lets a SIGINT wait for the end of the block, where it is a KeyboardInterrupt as ever.

    A second one does not wait: what a block waits for may never come. Outside of the main thread,
    which alone is interrupted, and where SIGINT is ignored, it does nothing.
    """
    before = signal.getsignal(signal.SIGINT)
    # Of a job in the background of a shell it is ignored, and stays so.
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    came = False

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


@contextmanager
def noted_interrupt() -> Iterator[threading.Event]:
    """Yields what is set as soon as SIGINT comes, before the KeyboardInterrupt that it is as ever.

    Outside of the main thread, which alone is interrupted, and where SIGINT is ignored, it is never
    set.
    """
    came = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield came
        return

    def note(number: int, frame: FrameType | None) -> None:
        came.set()
        before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)
