"""Peak memory of whole jobs on large input."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from minibert.data.line_reader import read_lines
from minibert.data.treebank_files import find_treebank_files
from minibert.errors import InputError

# What the scripts of run_scripts run: module and name of the options, and of the job.
_JOBS = {
    "prepare_ud": (
        "minibert.data.prepare_ud_config.PrepareUdConfig",
        "minibert.data.prepare_ud.prepare_ud",
    ),
    "tag": ("minibert.serving.tag_config.TagConfig", "minibert.serving.tag_file.tag_file"),
}
# Runs a job as its script does, and prints the peak resident memory in KiB last. The figure of
# getrusage() would not do: it begins with that of the parent process.
_WRAPPER = """
import atexit, re, sys
from pkgutil import resolve_name
from minibert.cli import run
def print_peak():
    print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1], flush=True)
atexit.register(print_peak)
config, job = sys.argv[1:3]
del sys.argv[1:3]
run(resolve_name(config), lambda options: resolve_name(job)(options))
"""


def measure_memory(
    input_dir: str, vocab_file: str, model_dir: str | None, megabytes: int
) -> dict[str, int]:
    """Peak resident memory in MiB of `prepare_ud` and, given a model, of `tag`.

    Args:
      input_dir: treebanks, whose largest training file is repeated to make the input.
      vocab_file: for the preflight table.
      model_dir: the model that tags; without one there is no figure for `tag`.
      megabytes: size of the input in MiB.

    Raises:
      InputError: a job failed.
    """
    files = [file for file in find_treebank_files(input_dir) if file.split == "train"]
    if not files:
        raise InputError(f"{input_dir}: no train file in it")
    largest = max(files, key=lambda file: file.path.stat().st_size)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "in" / "xx_large-ud-train.conllu"
        path.parent.mkdir()
        content = b"".join(read_lines(largest.path)).rstrip(b"\n") + b"\n\n"
        with open(path, "wb") as file:
            while file.tell() < megabytes * 2**20:
                file.write(content)
        flags = {
            "prepare_ud": [
                f"--input_dir={path.parent}",
                f"--output_dir={directory}/out",
                f"--vocab_file={vocab_file}",
            ]
        }
        if model_dir:
            flags["tag"] = [
                f"--model={model_dir}",
                f"--input={path}",
                f"--output={directory}/out.conllu",
            ]
        return {job: peak_memory(job, of_job) for job, of_job in flags.items()}


def peak_memory(job: str, flags: Sequence[str], stdin: str | None = None) -> int:
    """Runs a job in a process of its own and gives its peak resident memory in MiB; Linux only.

    Args:
      job: `prepare_ud` or `tag`.
      flags: its command line.
      stdin: its standard input.

    Raises:
      InputError: it failed.
    """
    result = subprocess.run(
        [sys.executable, "-c", _WRAPPER, *_JOBS[job], *flags],
        input=stdin,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if result.returncode:
        raise InputError(f"the job {job} ended with {result.returncode}; see above for its message")
    return int(result.stdout.split()[-1]) // 1024
