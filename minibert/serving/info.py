"""Shows the card of a model."""

from dataclasses import dataclass

from minibert.files import read_bytes
from minibert.inference.exported_model import MODEL_CARD, export_directory
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
    directory = export_directory(config.model)
    card = read_bytes(directory / MODEL_CARD, _MAX_CARD_BYTES).decode("utf-8", errors="replace")
    print(f"{directory}\n\n{card}", end="")
