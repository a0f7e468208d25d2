"""Runs scripts in processes that have TensorFlow imported, which takes each some seconds otherwise.

They are forks of one process that has done nothing else. What a script imports itself, and how a
process starts and ends, has to be tested in one of its own.
"""

import importlib
import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

_IMPORTS = "tests.warm_imports"
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([_IMPORTS])


def run_warm(command: Sequence[str], *, stdin: str, timeout: float) -> subprocess.CompletedProcess:
    """Runs a script to its end.

    Args:
      command: the interpreter, which is this one; the script; its arguments.
      stdin: its input.
      timeout: seconds after which it is killed.

    Raises:
      subprocess.TimeoutExpired: it was killed.
    """
    return _run_to_end(command, _run_script, stdin=stdin, timeout=timeout)


def run_alone(module: str) -> subprocess.CompletedProcess:
    """Imports a module where no module of this package is imported yet."""
    return _run_to_end([sys.executable, module], _import_alone, stdin="", timeout=60)


@contextmanager
def started_warm(command: Sequence[str]) -> Iterator[BaseProcess]:
    """Starts a script without a word on the terminal; kills it at the end if it still runs."""
    process = _start(command, _run_script, [os.devnull] * 3)
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _run_to_end(
    command: Sequence[str], run: Callable[[list[str]], None], *, stdin: str, timeout: float
) -> subprocess.CompletedProcess:
    with TemporaryDirectory() as directory:
        streams = [Path(directory, name) for name in ("stdin", "stdout", "stderr")]
        streams[0].write_text(stdin, encoding="utf-8")
        process = _start(command, run, [str(path) for path in streams])
        process.join(timeout)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command, timeout)
        output = [path.read_text(encoding="utf-8") for path in streams[1:]]
    return subprocess.CompletedProcess(command, process.exitcode, *output)


def _start(
    command: Sequence[str], run: Callable[[list[str]], None], streams: list[str]
) -> BaseProcess:
    process = _CONTEXT.Process(
        target=_in_fork, args=(run, list(command[1:]), streams, dict(os.environ))
    )
    process.start()
    return process


def _in_fork(
    run: Callable[[list[str]], None],
    arguments: list[str],
    streams: list[str],
    environment: dict[str, str],
) -> None:
    # The fork server says nothing of what it cannot import.
    assert _IMPORTS in sys.modules
    os.environ.clear()
    os.environ.update(environment)
    flags = (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_TRUNC] * 2)
    for descriptor, (path, flag) in enumerate(zip(streams, flags, strict=True)):
        opened = os.open(path, flag)
        os.dup2(opened, descriptor)
        os.close(opened)
    # As Python opens them.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, "utf-8", "backslashreplace", closefd=False)
    run(arguments)


def _run_script(arguments: list[str]) -> None:
    sys.argv = arguments
    runpy.run_path(arguments[0], run_name="__main__")


def _import_alone(arguments: list[str]) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "minibert"]:
        del sys.modules[name]
    importlib.import_module(*arguments)
