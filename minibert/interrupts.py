"""What SIGINT does: how a job ends by it, work that it does not tear, and who has to know."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

# The exit code of shells.
INTERRUPTED = 130
INTERRUPTED_MESSAGE = "interrupted; a job that can go on does so with the same command"


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
def on_interrupt(action: Callable[[], None]) -> Iterator[None]:
    """Calls `action` as soon as SIGINT comes, before the KeyboardInterrupt that it is as ever.

    Outside of the main thread, which alone is interrupted, and where SIGINT is ignored, it is never
    called.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def act(number: int, frame: FrameType | None) -> None:
        action()
        before(number, frame)

    signal.signal(signal.SIGINT, act)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
