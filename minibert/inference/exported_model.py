"""An exported model on disk.

EXPORT_DIR/VERSION/
saved_model.pb, variables/        the model, its signatures as of `serving_module`
assets/vocab.txt                  wordpieces, or other files of what it reads
assets/labels.TASK.txt            labels of a task, a line each, by id
assets.extra/tf_serving_warmup_requests
assets.extra/minibert.json        longest window, Unicode form, tasks, checksums of these files
model.tflite                      the model in int8, as of `lite_model`
model_card.md                     what it is, for people
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from minibert import __version__
from minibert.data.label_vocab import LabelVocab
from minibert.errors import InputError
from minibert.files import atomic_file, check_sha256, read_bytes, sha256
from minibert.json_files import read_json, write_json
from minibert.text.feature_kinds import read_features, spec_class
from minibert.text.feature_spec import FeatureSpec
from minibert.text.normalization import NONE, Normalization

FORMAT_VERSION = 2
# Had no normalization.
_OLDEST_VERSION = 1
SAVED_MODEL, TFLITE, MODEL_CARD = "saved_model.pb", "model.tflite", "model_card.md"
WARMUP = "assets.extra/tf_serving_warmup_requests"
_INFO = "assets.extra/minibert.json"
# The model that comes with the package: an export with model.tflite alone.
BOX = Path(__file__).parent.parent / "box"
_REMEDY = "export the model again with export.py"
_MAX_LABELS_BYTES = 64 * 2**20
VARIABLES = "variables/variables"
_VARIABLES = re.compile(rf"{VARIABLES}\.(index|data-\d{{5}}-of-\d{{5}})")


@dataclass(frozen=True)
class ExportInfo:
    """What `minibert.json` holds.

    Attributes:
      max_seq_length: the longest window in wordpieces.
      tasks: the tasks in order.
      sha256: path to checksum of each file that is needed to run the model.
      normalization: what the model makes of words first.
      features: the kind of features that it reads.
    """

    max_seq_length: Annotated[int, msgspec.Meta(ge=3, le=2**16)]
    # A part of the name of a file.
    tasks: Annotated[
        Sequence[Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,50}\Z")]],
        msgspec.Meta(min_length=1, max_length=100),
    ]
    sha256: Mapping[str, str]
    normalization: Normalization = NONE
    features: str = "wordpiece"

    def __post_init__(self) -> None:
        if len(set(self.tasks)) != len(self.tasks):
            raise ValueError("a task stands there twice")


@dataclass(frozen=True)
class ExportedModel:
    """All of an export but its networks.

    Attributes:
      directory: where it is.
      features: what it reads.
      label_vocabs: the labels of each task.
    """

    directory: Path
    features: FeatureSpec
    label_vocabs: Sequence[LabelVocab]


def write_assets(
    directory: Path, features: FeatureSpec, label_vocabs: Sequence[LabelVocab]
) -> list[str]:
    """Writes the files of features and labels into a directory; gives their paths."""
    features.write(directory)
    labels = {_labels_file(vocab.task): vocab.labels for vocab in label_vocabs}
    for name, content in labels.items():
        with atomic_file(directory / name, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{label}\n" for label in content)
    return [str(directory / name) for name in (*features.file_names, *labels)]


def write_info(directory: Path, features: FeatureSpec, label_vocabs: Sequence[LabelVocab]) -> None:
    """Writes `minibert.json` of a directory that has the files of a model."""
    content = {
        "format_version": FORMAT_VERSION,
        "tool": f"minibert {__version__}",
        "features": features.kind,
        "max_seq_length": features.max_length,
        "normalization": features.normalization,
        "tasks": [vocab.task for vocab in label_vocabs],
        "sha256": {name: sha256(directory / name) for name in _model_files(directory)},
    }
    write_json(directory / _INFO, content)


def sizes(directory: Path) -> dict[str, int]:
    """The bytes of the networks of an export: `SavedModel`, and `model.tflite` if it has one."""
    saved_model = [directory / SAVED_MODEL, *(directory / "variables").iterdir()]
    found = {"SavedModel": sum(path.stat().st_size for path in saved_model)}
    if (directory / TFLITE).exists():
        found[TFLITE] = (directory / TFLITE).stat().st_size
    return found


def find_export(path: Path) -> Path | None:
    """The directory of an export as users name it, if there is one, whole or not.

    Args:
      path: that directory; that of its versions, of which the newest is taken; or `model.tflite`.
    """
    if path.is_file() and path.resolve().name == TFLITE:
        return path.resolve().parent
    if not path.is_dir():
        return None
    return path if is_export(path) else newest_version(path)


def is_export(path: Path) -> bool:
    """Whether a path is a directory of an export, whole or not."""
    return (path / _INFO).is_file() or (path / SAVED_MODEL).is_file()


def newest_version(export_dir: Path) -> Path | None:
    """The directory of the export of the greatest number in a directory, if there is any."""
    versions = [path for path in export_dir.iterdir() if is_version(path.name) and path.is_dir()]
    return max(versions, key=lambda path: int(path.name), default=None)


def is_version(name: str) -> bool:
    """Whether TensorFlow Serving takes a directory of this name for a version."""
    return name.isascii() and name.isdecimal() and len(name) < 20 and int(name) < 2**63


def read_export(directory: Path, *, network: str) -> ExportedModel:
    """Reads an export, and checks the files that are needed to run it.

    Args:
      directory: where it is.
      network: `SAVED_MODEL` or `TFLITE`, what is to be run; the files of the other may be missing.

    Raises:
      InputError: files are missing, damaged or of another version.
    """
    if not (directory / _INFO).is_file():
        raise InputError(
            f"{directory}: no {_INFO} there, so no export of minibert; keep the files of an export "
            f"together, or {_REMEDY}"
        )
    info = read_json(
        directory / _INFO, ExportInfo, _REMEDY, version=FORMAT_VERSION, oldest=_OLDEST_VERSION
    )
    try:
        feature_files = spec_class(info.features).file_names
    except InputError as error:
        raise InputError(f"{directory / _INFO}: {error}; {_REMEDY}") from error
    assets = [*feature_files, *map(_labels_file, info.tasks)]
    needed = [network, *(f"assets/{name}" for name in assets)]
    if network == SAVED_MODEL:
        needed += sorted(path for path in info.sha256 if _VARIABLES.fullmatch(path))
    for name in needed:
        check_sha256(
            directory / name,
            info.sha256.get(name),
            otherwise="not the file that was exported",
            remedy=_REMEDY,
        )
    vocabs = []
    for task in info.tasks:
        path = directory / "assets" / _labels_file(task)
        try:
            labels = read_bytes(path, _MAX_LABELS_BYTES).decode("utf-8").split("\n")[:-1]
            vocabs.append(LabelVocab(task, tuple(labels)))
        except (UnicodeDecodeError, InputError) as error:
            raise InputError(f"{path}: {error}; {_REMEDY}") from error
    features = read_features(
        info.features,
        directory / "assets",
        max_length=info.max_seq_length,
        normalization=info.normalization,
    )
    return ExportedModel(directory, features, vocabs)


def _labels_file(task: str) -> str:
    return f"labels.{task}.txt"


def _model_files(directory: Path) -> Iterator[str]:
    """The paths of the files that are needed to run a model, in its directory."""
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if path.is_file() and (
            name in (SAVED_MODEL, TFLITE) or name.startswith(("variables/", "assets/"))
        ):
            yield name
