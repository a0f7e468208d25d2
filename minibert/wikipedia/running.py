"""Runs pipelines of Apache Beam: here, with progress and a quiet terminal, or on any runner."""

import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from minibert.errors import InputError
from minibert.progress import progress
from minibert.wikipedia import beam_files

_WATCH_SECONDS = 1.0
_LOG_BYTES = 2**16
# What one worker does in the seconds that another needs to start.
_WORKER_BYTES = 2**20


def run_pipeline(
    build: Callable[[beam.Pipeline], Any],
    beam_options: Sequence[str],
    num_workers: int,
    *,
    sizes: Mapping[str, int],
    desc: str,
) -> None:
    """Builds a pipeline and runs it, with a bar.

    Args:
      build: adds the transforms to a pipeline.
      beam_options: flags of Apache Beam; without any it runs here.
      num_workers: processes of a run here; 0 for as many as are of use.
      sizes: file to the bytes that are done when the pipeline has written it.
      desc: what is done.

    Raises:
      InputError: Apache Beam does not take the flags, or the pipeline fails.
    """
    if beam_options and not any(o.startswith("--runner") for o in beam_options):
        raise InputError("behind --: no --runner; give one, or nothing behind -- to run here")
    with _quiet_terminal() as log, _watched(sizes, desc):
        try:
            workers = num_workers or _useful_workers(sum(sizes.values()))
            options = PipelineOptions(list(beam_options) or _local_options(workers))
            pipeline = beam.Pipeline(options=options)
            build(pipeline)
            pipeline.run().wait_until_finish()
        except (Exception, SystemExit) as error:
            # Beam wraps what a worker raises, and its flags end the process.
            logging.exception("the pipeline failed")
            text = " ".join(str(error).split()) or "wrong flags"
            raise InputError(f"Apache Beam: {text[-500:]}; its log is {_keep(log)}") from error


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
def _watched(sizes: Mapping[str, int], desc: str) -> Iterator[None]:
    """Shows how much is done while the body runs, by the files that are there."""
    stopped = threading.Event()
    left = dict(sizes)
    with progress(total=sum(sizes.values()), unit="B", unit_scale=True, desc=desc) as bar:

        def update() -> None:
            for path in [path for path in left if beam_files.exists(path)]:
                bar.update(left.pop(path))

        def watch() -> None:
            while not stopped.wait(_WATCH_SECONDS):
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
    """Sends to a file what anybody but Python's `sys.stderr` writes to standard error.

    Worker processes inherit the descriptor and log each of their steps, which would tear the
    progress bar apart.

    Yields:
      The descriptor of the file.
    """
    sys.stderr.flush()
    terminal, python_stderr = os.dup(2), sys.stderr
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        sys.stderr = os.fdopen(os.dup(terminal), "w", encoding="utf-8", errors="backslashreplace")
        try:
            yield log.fileno()
        finally:
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
