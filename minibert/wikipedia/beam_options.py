"""What stands behind `--` on the command line: flags of Apache Beam."""

import io
import logging
from collections.abc import Sequence
from contextlib import redirect_stderr

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from minibert.errors import InputError


def check_beam_options(flags: Sequence[str]) -> None:
    """Checks flags before work is begun, and lets file systems know them.

    A flag that Apache Beam does not know is a warning only: a runner may know it.

    Args:
      flags: all of them; none for a run here.

    Raises:
      InputError: there are some, but not `--runner`; or one has no value or a wrong one.
    """
    if flags and not any(flag.startswith("--runner") for flag in flags):
        raise InputError("behind --: no --runner; give one, or nothing behind -- to run here")
    messages = io.StringIO()
    logging.disable(logging.WARNING)
    try:
        with redirect_stderr(messages):
            options = PipelineOptions(list(flags))
            known = options.get_all_options()
            unknown = options.get_all_options(retain_unknown_options=True).keys() - known.keys()
    except SystemExit as error:
        # As argparse ends a program: the usage, and what is wrong.
        text = " ".join(messages.getvalue().split()).rpartition("error: ")[2]
        raise InputError(f"behind --: {text or 'give flags with values'}") from error
    finally:
        logging.disable(logging.NOTSET)
    if unknown:
        names = " ".join(f"--{name}" for name in sorted(unknown))
        logging.warning("behind --: Apache Beam does not know %s; the runner may", names)
    FileSystems.set_options(options)
