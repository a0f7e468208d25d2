"""Runs pipelines of Apache Beam: here, with progress and a quiet terminal, or on any runner."""

import logging
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from minibert.errors import InputError
from minibert.interrupts import INTERRUPTED, INTERRUPTED_MESSAGE, on_interrupt
from minibert.progress import progress
from minibert.wikipedia import beam_files

# Each look is a call over the network, where the files are not here.
_SECONDS_BETWEEN_LOOKS, _SECONDS_BETWEEN_REMOTE_LOOKS = 1.0, 15.0
_LOG_BYTES = 2**16
_WORKER_ENDED = re.compile(r"Worker subprocess exited with return code (-?\d+)")
# Ctrl-C goes to workers, too, which usually end by it, perhaps before this process knows.
_CODES_OF_INTERRUPT = (-signal.SIGINT, INTERRUPTED)
_SECONDS_FOR_INTERRUPT = 2.0
# An interrupt usually takes less than one.
_SECONDS_TO_END = 10.0
# What one worker does in the seconds that another needs to start.
_WORKER_BYTES = 2**20


@contextmanager
def pipelines(
    beam_options: Sequence[str],
    num_workers: int,
    *,
    total: int,
    done: Callable[[], int],
    directory: str,
    desc: str,
) -> Iterator[Callable[[Callable[[beam.Pipeline], None]], None]]:
    """Runs pipelines one after the other, with a bar for all of them.

    Args:
      beam_options: flags of Apache Beam, which are checked; without any they run here.
      num_workers: processes of a run here; 0 for as many as are of use.
      total: the bytes that all of them work on.
      done: how many of these are done, by the files in `directory`.
      directory: where that is to be seen.
      desc: what is done.

    Yields:
      A function that takes what adds the transforms to a pipeline, and runs it.

    Raises:
      InputError: a pipeline fails.
    """
    workers = num_workers or _useful_workers(total - done())
    seconds = _SECONDS_BETWEEN_LOOKS
    if beam_files.is_remote(directory):
        seconds = _SECONDS_BETWEEN_REMOTE_LOOKS
    watched = _watched(total, done, desc, seconds)
    with _quiet_terminal() as log, _ending_with_workers() as interrupted, watched:

        def run(build: Callable[[beam.Pipeline], None]) -> None:
            try:
                options = PipelineOptions(list(beam_options) or _local_options(workers))
                pipeline = beam.Pipeline(options=options)
                build(pipeline)
                pipeline.run().wait_until_finish()
            except Exception as error:
                # What Beam raises while it ends takes the place of the interrupt.
                if interrupted.is_set():
                    raise KeyboardInterrupt from error
                # Beam wraps what a worker raises.
                logging.exception("the pipeline failed")
                text = " ".join(str(error).split())
                raise InputError(f"Apache Beam: {text[-500:]}; its log is {_keep(log)}") from error

        yield run


def _useful_workers(size: int) -> int:
    """As many as there are cores, unless starting them would take longer than the work."""
    return min(len(os.sched_getaffinity(0)), 1 + size // _WORKER_BYTES)


def _local_options(workers: int) -> list[str]:
    if workers == 1:
        return ["--runner=FnApiRunner"]
    return [
        "--runner=FnApiRunner",
        "--direct_running_mode=multi_processing",
        f"--direct_num_workers={workers}",
    ]


@contextmanager
def _ending_with_workers() -> Iterator[threading.Event]:
    """Ends this process if a worker is killed, for want of memory perhaps: Beam waits for good.

    And if it was interrupted and does not end, for the same reason. What other threads of Beam have
    to say goes to its log.

    Yields:
      What is set once this process is interrupted.
    """
    interrupted, left = threading.Event(), threading.Event()

    def hook(args: threading.ExceptHookArgs) -> None:
        found = _WORKER_ENDED.search(str(args.exc_value))
        if found and not interrupted.wait(_SECONDS_FOR_INTERRUPT):
            if int(found[1]) in _CODES_OF_INTERRUPT:
                # A signal that comes when the main thread is about to wait for a lock does not end
                # the waiting; another does.
                note()
                if main := threading.main_thread().ident:
                    signal.pthread_kill(main, signal.SIGINT)
                return
            _end(
                1,
                f"a worker process ended with code {found[1]}; was there too little memory? "
                "the same command goes on, and takes less with --num_workers=1",
            )
        logging.info("in a thread of Apache Beam: %r", args.exc_value)

    def end_if_stuck() -> None:
        if not left.is_set():
            _end(INTERRUPTED, INTERRUPTED_MESSAGE)
        # It has been said, and the interpreter waits for the threads of Beam.
        if not threading.main_thread().is_alive():
            os._exit(INTERRUPTED)

    def note() -> None:
        if not interrupted.is_set():
            interrupted.set()
            timer = threading.Timer(_SECONDS_TO_END, end_if_stuck)
            timer.daemon = True
            timer.start()

    before, threading.excepthook = threading.excepthook, hook
    try:
        with on_interrupt(note):
            yield interrupted
    except KeyboardInterrupt:
        # Beam's threads outlive this; each would tell that its workers have gone.
        logging.disable(logging.CRITICAL)
        raise
    finally:
        left.set()
    threading.excepthook = before


def _end(code: int, message: str) -> None:
    print(f"error: {message}", file=sys.stderr, flush=True)
    os._exit(code)


@contextmanager
def _watched(total: int, done: Callable[[], int], desc: str, seconds: float) -> Iterator[None]:
    """Shows how much is done while the body runs."""
    stopped = threading.Event()
    with progress(total=total, unit="B", unit_scale=True, desc=desc, initial=done()) as bar:

        def update() -> None:
            # A network that fails for a moment ends no job that goes well without the bar.
            with suppress(OSError):
                bar.update(max(0, done() - bar.n))

        def watch() -> None:
            while not stopped.wait(seconds):
                update()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()
        update()


@contextmanager
def _quiet_terminal() -> Iterator[int]:
    """Sends to a file what is logged, and what others than `sys.stderr` write to standard error.

    Worker processes inherit the descriptor and log each of their steps, and so does Beam for them,
    which would tear the progress bar apart.

    Yields:
      The descriptor of the file.
    """
    sys.stderr.flush()
    terminal, python_stderr = os.dup(2), sys.stderr
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        sys.stderr = os.fdopen(os.dup(terminal), "w", encoding="utf-8", errors="backslashreplace")
        root = logging.getLogger()
        lines = os.fdopen(os.dup(log.fileno()), "w", encoding="utf-8", errors="backslashreplace")
        handlers, root.handlers = root.handlers, [logging.StreamHandler(lines)]
        try:
            yield log.fileno()
        finally:
            root.handlers = handlers
            lines.close()
            sys.stderr.close()
            sys.stderr = python_stderr
            os.dup2(terminal, 2)
            os.close(terminal)


def _keep(log: int) -> str:
    """Copies the end of a log to a file that stays, and gives its name."""
    size = os.fstat(log).st_size
    with tempfile.NamedTemporaryFile(prefix="beam-", suffix=".log", delete=False) as file:
        file.write(os.pread(log, _LOG_BYTES, max(0, size - _LOG_BYTES)))
    return file.name
