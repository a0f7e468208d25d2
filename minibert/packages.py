"""Packages that only some jobs need."""

import importlib
from typing import Any

from minibert.errors import InputError


def import_package(name: str, *, needed_for: str, install: str) -> Any:
    """Imports a package that need not be installed.

    Args:
      name: of the package or of a module in it.
      needed_for: what needs it, the begin of a message.
      install: what is to be given to pip.

    Returns:
      The module.

    Raises:
      InputError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"{needed_for}: {error}; pip install {install}") from error
