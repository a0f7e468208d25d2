"""The way into the job, before Apache Beam is imported."""

import logging
from collections.abc import Sequence

from minibert.packages import import_package
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig


def start_prepare_wikipedia(config: PrepareWikipediaConfig, beam_options: Sequence[str]) -> None:
    """Does what `prepare_wikipedia` does, if its packages are installed.

    Raises:
      InputError: as `check_packages` or `prepare_wikipedia`.
    """
    check_packages()
    from minibert.wikipedia.prepare_wikipedia import prepare_wikipedia

    prepare_wikipedia(config, beam_options)


def check_packages() -> None:
    """Checks that what only this package needs is installed.

    Raises:
      InputError: it is not.
    """
    # Apache Beam warns of every file system whose package is not installed.
    logging.disable(logging.WARNING)
    try:
        for package in ("apache_beam", "mwxml", "mwparserfromhell"):
            import_package(package, needed_for="preparing Wikipedia")
    finally:
        logging.disable(logging.NOTSET)
