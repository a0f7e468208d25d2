"""The kinds of features that files may name."""

from pathlib import Path

from minibert.errors import InputError
from minibert.text.feature_spec import FeatureSpec
from minibert.text.normalization import Normalization
from minibert.text.sentencepiece_features import SentencePieceFeatures
from minibert.text.subword_features import SubwordFeatures
from minibert.text.wordpiece_features import WordpieceFeatures

_kinds: dict[str, type[FeatureSpec]] = {}


def register(spec_class: type[FeatureSpec]) -> None:
    """Makes a kind of features known to what reads models and exports."""
    _kinds[spec_class.kind] = spec_class


register(WordpieceFeatures)
register(SentencePieceFeatures)


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


def features_of_vocab(
    vocab_file: str | Path, *, max_length: int, normalization: Normalization
) -> SubwordFeatures:
    """The features of a vocabulary as it is published.

    Args:
      vocab_file: a `vocab.txt` of wordpieces; or, if its name ends in `.model`, a model of
        SentencePiece.
      max_length: the longest window.
      normalization: what is made of words first.

    Raises:
      InputError: the file is not as it must be.
    """
    suffix = Path(vocab_file).suffix
    if suffix == ".json":
        raise InputError(
            f"{vocab_file}: the tokenizers library's form is not read; give the vocab.txt or the "
            "sentencepiece.bpe.model of the same checkpoint"
        )
    kind = SentencePieceFeatures if suffix == ".model" else WordpieceFeatures
    return kind.from_file(vocab_file, max_length=max_length, normalization=normalization)
