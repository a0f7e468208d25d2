import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from minibert.quiet import quiet_stderr


def test_what_is_written_is_dropped(capfd):
    with quiet_stderr():
        os.write(2, b"inside")
    os.write(2, b"behind")
    assert capfd.readouterr().err == "behind"


def _fail():
    with quiet_stderr():
        os.write(2, b"the reason")
        raise ValueError("wrong")


def test_of_a_failure_it_is_shown(capfd):
    with pytest.raises(ValueError, match="wrong"):
        _fail()
    assert capfd.readouterr().err == "the reason"


def test_threads_leave_standard_error_as_it_was(capfd):
    def work(_):
        with quiet_stderr():
            os.write(2, b"inside")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(200)))
    os.write(2, b"behind")
    assert capfd.readouterr().err == "behind"


def test_a_standard_error_that_is_closed():
    code = (
        "import os; os.close(2); from minibert.quiet import quiet_stderr\n"
        "with quiet_stderr(): print('done')"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "done\n"
