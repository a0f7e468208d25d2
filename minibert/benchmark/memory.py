"""Peak memory of whole jobs on large input."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from minibert.data.treebank_files import find_treebank_files
from minibert.errors import InputError

_SCRIPTS = Path(__file__).parent.parent.parent / "run_scripts"
# Runs a script in this interpreter and prints its peak resident memory in KiB last. The figure of
# getrusage() would not do: it begins with that of the parent process.
_WRAPPER = """
import re, runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    if end.code:
        raise
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


def measure_memory(
    input_dir: str, vocab_file: str, model_dir: str | None, megabytes: int
) -> dict[str, int]:
    """Peak resident memory in MiB of `prepare_ud.py` and, given a model, of `tag.py`.

    Args:
      input_dir: treebanks, whose largest training file is repeated to make the input.
      vocab_file: for the preflight table.
      model_dir: the model that tags; without one there is no figure for `tag.py`.
      megabytes: size of the input in MiB.

    Raises:
      InputError: a job failed.
    """
    files = [file for file in find_treebank_files(input_dir) if file.split == "train"]
    largest = max(files, key=lambda file: file.path.stat().st_size)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "in" / "xx_large-ud-train.conllu"
        path.parent.mkdir()
        content = largest.path.read_bytes().rstrip(b"\n") + b"\n\n"
        with open(path, "wb") as file:
            while file.tell() < megabytes * 2**20:
                file.write(content)
        jobs = {
            "prepare_ud.py": [
                f"--input_dir={path.parent}",
                f"--output_dir={directory}/out",
                f"--vocab_file={vocab_file}",
            ]
        }
        if model_dir:
            jobs["tag.py"] = [
                f"--model_dir={model_dir}",
                f"--input={path}",
                f"--output={directory}/out.conllu",
            ]
        return {name: peak_memory(name, flags) for name, flags in jobs.items()}


def peak_memory(name: str, flags: Sequence[str], stdin: str | None = None) -> int:
    """Runs a script and gives its peak resident memory in MiB; Linux only.

    Args:
      name: the script of `run_scripts`, `tag.py` for instance.
      flags: its command line.
      stdin: its standard input.

    Raises:
      InputError: it failed.
    """
    result = subprocess.run(
        [sys.executable, "-c", _WRAPPER, str(_SCRIPTS / name), *flags],
        input=stdin,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if result.returncode:
        raise InputError(f"{name} failed; see its message above")
    return int(result.stdout.split()[-1]) // 1024
