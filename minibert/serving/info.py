"""Shows the card of a model."""

from dataclasses import dataclass
from pathlib import Path

from minibert.errors import InputError
from minibert.files import read_bytes
from minibert.inference.exported_model import BOX, MODEL_CARD, find_export
from minibert.inference.model_help import EXPORT_HELP
from minibert.options import option

_MAX_CARD_BYTES = 2**24


@dataclass(frozen=True)
class InfoConfig:
    """Options of showing a model card; see the help of each."""

    model: str | None = option(EXPORT_HELP, None)


def info(config: InfoConfig) -> None:
    """Prints where a model is, and its card.

    Raises:
      InputError: there is no such model, or it has no card.
    """
    path = BOX if config.model is None else Path(config.model)
    directory = find_export(path)
    if directory is None:
        raise InputError(f"{path}: no export of a model; give what export.py has written")
    card = read_bytes(directory / MODEL_CARD, _MAX_CARD_BYTES).decode("utf-8", errors="replace")
    print(f"{directory}\n\n{card}", end="")
