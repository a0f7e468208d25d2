"""Packages that only some jobs need, and the extras of the distribution that bring them."""

import importlib
from typing import Any

from minibert.errors import InputError

DISTRIBUTION = "minibert-tagger"
# Module to extra; the names of modules are not those of packages.
EXTRAS = {
    **dict.fromkeys(
        (
            *("jinja2", "matplotlib", "official", "safetensors", "tensorflow", "tensorflow_text"),
            *("seqeval", "tf_keras"),
        ),
        "train",
    ),
    "sentencepiece": "sentencepiece",
    "tensorflow_serving": "serving",
    "ufal": "udpipe",
    **dict.fromkeys(("apache_beam", "mwparserfromhell", "mwxml"), "wikipedia"),
    **dict.fromkeys(("onnx", "onnxruntime"), "dev"),
}


def import_package(name: str, *, needed_for: str) -> Any:
    """Imports a package that need not be installed.

    Args:
      name: of the package or of a module in it.
      needed_for: what needs it, the begin of a message.

    Returns:
      The module.

    Raises:
      InputError: it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"{needed_for}: {error}; {remedy(name)}") from error


def remedy(module: str) -> str:
    """What to do if a module is missing."""
    extra = EXTRAS.get(module.partition(".")[0])
    return f"pip install '{DISTRIBUTION}{f'[{extra}]' if extra else ''}'"
