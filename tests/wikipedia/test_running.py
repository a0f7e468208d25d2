"""How a job ends that is interrupted, whatever Apache Beam does then."""

import subprocess
import sys

import pytest

_START = """
import os, signal, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from minibert.wikipedia import running
running._SECONDS_TO_END = 0.5

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
"""
_SWALLOWED = """
with running._ending_with_workers():
    try:
        interrupt()
    except KeyboardInterrupt:
        time.sleep(60)
"""
_THREAD_IS_LEFT = """
threading.Thread(target=time.sleep, args=[60]).start()
with running._ending_with_workers():
    interrupt()
"""
_CAUGHT = """
try:
    with running._ending_with_workers():
        interrupt()
except KeyboardInterrupt:
    time.sleep(1)
    print("goes on")
"""
_MISSED = """
def fail():
    raise RuntimeError("Worker subprocess exited with return code -2")

try:
    with running._ending_with_workers():
        threading.Thread(target=fail).start()
        time.sleep(60)
except KeyboardInterrupt:
    print("interrupted")
"""
_REPLACED = """
def build(pipeline):
    try:
        interrupt()
    except KeyboardInterrupt:
        raise RuntimeError("cancelled")

try:
    with running.pipelines([], 1, total=1, done=int, directory=".", desc="wait") as run:
        run(build)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(
    ("code", "returncode", "output", "said"),
    [
        (_SWALLOWED, 130, "", "error: interrupted; a job that can go on does so with the same com"),
        (_THREAD_IS_LEFT, 130, "", "KeyboardInterrupt"),
        (_CAUGHT, 0, "goes on\n", ""),
        # The main thread was about to wait for a lock; a worker knows.
        (_MISSED, 0, "interrupted\n", ""),
        # Apache Beam fails while it ends.
        (_REPLACED, 0, "interrupted\n", ""),
    ],
)
def test_interrupt(code, returncode, output, said):
    result = subprocess.run(
        [sys.executable, "-c", _START + code],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert result.returncode == returncode, result.stderr
    assert result.stdout == output
    assert said in result.stderr
