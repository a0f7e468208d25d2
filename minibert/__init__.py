"""minibert: one small multilingual sequence labeler, trained, evaluated and run on a CPU."""

from typing import TYPE_CHECKING, Any

from minibert.errors import InputError

if TYPE_CHECKING:
    from minibert.serving.tagger import Tagger as Tagger

__all__ = ["InputError", "Tagger", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Imports `Tagger` when it is asked for: the training scripts do without."""
    if name == "Tagger":
        from minibert.serving.tagger import Tagger

        return Tagger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
