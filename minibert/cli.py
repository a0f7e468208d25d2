"""What every script of `run_scripts` does: parse flags, run one job, turn mistakes into a line."""

import io
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence

from absl import app, logging

from minibert.errors import InputError
from minibert.interrupts import INTERRUPTED, INTERRUPTED_MESSAGE
from minibert.options import Config, define_flags
from minibert.packages import EXTRAS, remedy
from minibert.tables import printable

_MAX_MESSAGE = 4000


def run(
    config_class: type[Config],
    job: Callable[..., None],
    *,
    takes_arguments: bool = False,
) -> None:
    """Defines the flags of `config_class`, parses the command line and runs `job`.

    Exits with 0 when the job is done; with 1, a usage message and no job for a wrong flag or a
    stray argument; with 1 and a line for an `InputError`, a file that cannot be read or
    written, or a full disk; with 130 when interrupted.

    Args:
      config_class: a dataclass of `option` fields, which checks itself in `__post_init__`.
      job: gets the configuration. It imports what is heavy itself, so that `--help` is quick.
      takes_arguments: whether it gets the list of the arguments behind `--`, too.
    """
    prepare_for_tensorflow()
    # Python has none where it is closed; bars, messages and libraries write to it.
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - open as long as the process
    # What the terminal has no letters for is shown as in Python.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    build_config = define_flags(config_class)

    def main(arguments: Sequence[str]) -> int:
        rest = arguments[1:]
        if rest and (not takes_arguments or sys.argv[-len(rest) - 1] != "--"):
            raise app.UsageError(f"unexpected argument {rest[0]!r}; every option is a --flag=value")
        logging.set_verbosity(logging.WARNING)
        try:
            job(build_config(), *([rest] if takes_arguments else []))
        except InputError as error:
            return _fail(str(error))
        except ModuleNotFoundError as error:
            name = error.name or ""
            if name.partition(".")[0] not in EXTRAS:
                raise
            return _fail(f"this job needs {name}, which is not installed; {remedy(name)}")
        except BrokenPipeError:
            # The reader of our output has gone, as `head` does. Nothing is left to say it to.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except OSError as error:
            return _fail(f"{error.filename or 'output'}: {error.strerror or error}")
        except KeyboardInterrupt:
            _fail(INTERRUPTED_MESSAGE)
            return INTERRUPTED
        except Exception as error:
            if _is_tensorflow_io_error(error):
                return _fail(_message_of_tensorflow(error))
            raise
        return 0

    app.run(main)


def prepare_for_tensorflow() -> None:
    """Sets what TensorFlow and its libraries look at when they are imported."""
    # Its C++ log is for its developers: errors are exceptions.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # It imports a Keras: the one that is used here, not another, which takes a second.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    # tf-models-official brings it in, and on Python 3.10 it advises to take a later one.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"google\.api_core")


def _fail(message: str) -> int:
    """Prints one line, whatever names from files are in it."""
    if len(message) > _MAX_MESSAGE:
        message = f"{message[: _MAX_MESSAGE // 2]} … {message[-_MAX_MESSAGE // 2 :]}"
    message = printable(message)
    print(f"error: {message}", file=sys.stderr)
    return 1


def _message_of_tensorflow(error: Exception) -> str:
    """The line that says what is wrong, without the names of graph nodes around it."""
    around = ("Graph execution error", "Detected at node", "File ", "<stack traces")
    lines = [line.strip() for line in str(error).splitlines()]
    lines = [line for line in lines if line and not line.startswith(around)]
    line = lines[0] if lines else type(error).__name__
    return re.sub(r"\[?\[?\{\{.*?\}\}\]?\]? *| *\[Op:\w*\].*", "", line)


def _is_tensorflow_io_error(error: Exception) -> bool:
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return False
    errors = tensorflow.errors
    return isinstance(
        error,
        (
            errors.DataLossError,
            errors.NotFoundError,
            errors.PermissionDeniedError,
            errors.ResourceExhaustedError,
            errors.FailedPreconditionError,
            errors.UnavailableError,
            errors.UnknownError,
            errors.OutOfRangeError,
        ),
    )
