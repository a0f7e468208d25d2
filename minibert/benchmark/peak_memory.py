"""The most memory that processes have had."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEGABYTE = 1e6
_SECONDS_BETWEEN_LOOKS = 0.2


def peak_megabytes(process: str | int = "self") -> float:
    """Of a process, resident; 0 if it has ended.

    `getrusage` would not do: it counts the one that started it, too.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) * 1024 / _MEGABYTE if found else 0.0


@contextmanager
def peaks_of_children() -> Iterator[dict[int, float]]:
    """Looks, while the body runs, at the processes that this one has started, and theirs.

    Yields:
      Process to `peak_megabytes`, filled as they come.
    """
    peaks: dict[int, float] = {}
    stopped = threading.Event()

    def watch() -> None:
        while not stopped.wait(_SECONDS_BETWEEN_LOOKS):
            for process in _descendants("self"):
                peaks[process] = max(peaks.get(process, 0.0), peak_megabytes(process))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        stopped.set()
        thread.join()


def _descendants(process: str | int) -> Iterator[int]:
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from _descendants(child)
