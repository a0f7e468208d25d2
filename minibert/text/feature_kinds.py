"""The kinds of features that files may name."""

from pathlib import Path

from minibert.errors import InputError
from minibert.text.feature_spec import FeatureSpec
from minibert.text.normalization import Normalization
from minibert.text.wordpiece_features import WordpieceFeatures

_kinds: dict[str, type[FeatureSpec]] = {}


def register(spec_class: type[FeatureSpec]) -> None:
    """Makes a kind of features known to what reads models and exports."""
    _kinds[spec_class.kind] = spec_class


register(WordpieceFeatures)


def spec_class(kind: str) -> type[FeatureSpec]:
    """The class of a kind of features.

    Raises:
      InputError: there is none of this name.
    """
    if kind not in _kinds:
        raise InputError(f"features of kind {kind!r}, this release has {' '.join(sorted(_kinds))}")
    return _kinds[kind]


def read_features(
    kind: str, directory: Path, *, max_length: int, normalization: Normalization
) -> FeatureSpec:
    """Reads the features of a model from the directory that holds their files.

    Raises:
      InputError: as `spec_class` and `FeatureSpec.read`.
    """
    return spec_class(kind).read(directory, max_length=max_length, normalization=normalization)
