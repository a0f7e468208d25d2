"""Reads the evaluations that are set side by side, of each kind for itself."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from minibert.errors import InputError
from minibert.evaluation.codemixed_file import ALL, CODEMIXED_FILE, CodemixedDetails
from minibert.evaluation.details_file import DETAILS_FILE, Details
from minibert.evaluation.entities_file import ENTITIES_FILE, EntityDetails
from minibert.evaluation.evaluated import Evaluated
from minibert.evaluation.metrics_file import METRICS_FILE
from minibert.evaluation.protocol import treebanks_left_out
from minibert.evaluation.raw_text_file import RAW_TEXT_FILE, RawTextDetails
from minibert.evaluation.runs import Run
from minibert.json_files import read_json

RUNS_HELP = (
    "Directories that evaluate.py, with gold segmentation or from raw text, evaluate_ner.py or "
    "evaluate_codemixed.py wrote: NAME=DIR or DIR, whose name is that of the directory. Several of "
    "one NAME are one: other kinds of evaluation of a model, models for each some of the "
    "treebanks, or of other seeds for the same, whose mean is shown."
)
_REMEDY = (
    "give directories that evaluate.py, of a model, evaluate_ner.py or evaluate_codemixed.py wrote"
)
_FILES: dict[str, type] = {
    DETAILS_FILE: Details,
    RAW_TEXT_FILE: RawTextDetails,
    CODEMIXED_FILE: CodemixedDetails,
    ENTITIES_FILE: EntityDetails,
}
E = TypeVar("E", bound=Evaluated)


@dataclass(frozen=True)
class Runs:
    """The runs of each kind of evaluation, in the order in which they are given; of some none.

    Attributes:
      gold: on the words of treebanks.
      raw_text: from raw text.
      codemixed: on code-mixed text.
      entities: on named entities.
    """

    gold: Sequence[Run[Details]]
    raw_text: Sequence[Run[RawTextDetails]]
    codemixed: Sequence[Run[CodemixedDetails]]
    entities: Sequence[Run[EntityDetails]]

    @property
    def all(self) -> list[Run[Any]]:
        """Those of all kinds."""
        return [*self.gold, *self.raw_text, *self.codemixed, *self.entities]


def read_runs(places: Sequence[str], *, include_untuned: bool) -> Runs:
    """Reads runs.

    Args:
      places: `DIR` or `NAME=DIR` each.
      include_untuned: whether averages are over treebanks without a dev file, too.

    Raises:
      InputError: a directory holds no evaluation of a model, or is given twice; those of one kind
        and one name are of sets of treebanks that differ but overlap; or the runs of one kind are
        not of the same tasks, treebanks and words.
    """
    named: dict[str, list[Path]] = {}
    seen: set[Path] = set()
    for place in places:
        name, directory = _named_directory(place)
        path = Path(os.path.realpath(directory))
        if path in seen or (not name and path.name in named):
            raise InputError(f"{place}: given twice, or of a name that was; give NAME=DIR")
        seen.add(path)
        named.setdefault(name or path.name, []).append(directory)
    read = {
        name: {directory: _read(directory) for directory in directories}
        for name, directories in named.items()
    }

    def of_kind(kind: type[E]) -> list[Run[E]]:
        found = {
            name: {path: e for path, e in evaluations.items() if isinstance(e, kind)}
            for name, evaluations in read.items()
        }
        return _runs({name: of for name, of in found.items() if of}, include_untuned)

    return Runs(
        of_kind(Details),
        of_kind(RawTextDetails),
        of_kind(CodemixedDetails),
        of_kind(EntityDetails),
    )


def _named_directory(place: str) -> tuple[str, Path]:
    """The name and the directory in `NAME=DIR`, or `""` and the directory in `DIR`."""
    name, _, path = place.partition("=")
    if not path or Path(place).is_dir():
        return "", Path(place)
    return name, Path(path)


def _read(directory: Path) -> Evaluated:
    names = [name for name in _FILES if (directory / name).exists()]
    name = names[0] if names else DETAILS_FILE
    if not names and (directory / METRICS_FILE).exists():
        raise InputError(
            f"{directory}: of a release that wrote less; evaluate again to set it beside others"
        )
    found: Evaluated = read_json(directory / name, _FILES[name], _REMEDY)
    return found


def _runs(named: Mapping[str, Mapping[Path, E]], include_untuned: bool) -> list[Run[E]]:
    """The runs of one kind, of their evaluations by name and directory."""
    if not named:
        return []
    parts = {name: _parts(name, evaluations) for name, evaluations in named.items()}
    left_out = _left_out([e for of in named.values() for e in of.values()], include_untuned)
    first, *others = runs = [Run(name, of_run, left_out) for name, of_run in parts.items()]
    for other in others:
        if set(other.measures) != set(first.measures):
            raise InputError(
                f"{first.name} has {' '.join(first.measures)}, {other.name} has "
                f"{' '.join(other.measures)}; compare those of the same tasks"
            )
        if _shape(other) != _shape(first):
            only = sorted(first.words.keys() ^ other.words.keys())
            more = f", {only[0]} for instance is of one only" if only else ""
            raise InputError(
                f"{first.name} and {other.name} are not of the same tasks, treebanks and words"
                f"{more}; evaluate them on the same files"
            )
        _check_labels(first, other)
    return runs


def _check_labels(first: Run[E], other: Run[E]) -> None:
    """Checks that two runs have the same words with labels: averages are over the same then."""
    for measure in first.measures:
        if isinstance(first.evaluations[0], Details) and measure not in first.evaluations[0].tasks:
            continue  # Unseen words are those of the training data of each.
        for group in first.words:
            ours, theirs = (run.labeled(measure, group) for run in (first, other))
            if ours != theirs:
                raise InputError(
                    f"{first.name} and {other.name} have not the same words with {measure} in "
                    f"{group}; evaluate both with the same --feats_unannotated and the same files"
                )


def _left_out(evaluations: Sequence[Evaluated], include_untuned: bool) -> set[str]:
    groups = {group for e in evaluations for group in e.words}
    if isinstance(evaluations[0], CodemixedDetails):
        return groups - {ALL}
    untuned = {treebank for e in evaluations for treebank in e.untuned_treebanks}
    return set(treebanks_left_out(groups, untuned, include_untuned=include_untuned))


def _shape(run: Run[E]) -> Any:
    return set(run.measures), {name: list(words) for name, words in run.words.items()}


def _parts(name: str, evaluations: Mapping[Path, E]) -> list[list[E]]:
    parts: list[list[E]] = []
    for directory, evaluation in evaluations.items():
        if parts and set(evaluation.measures) != set(parts[0][0].measures):
            raise InputError(
                f"{directory}: not of the tasks of the others that are called {name}; give it "
                "another name"
            )
        same = [part for part in parts if part[0].words == evaluation.words]
        if same:
            same[0].append(evaluation)
            _check_labels(Run(name, [same[0][:1]], ()), Run(str(directory), [[evaluation]], ()))
        elif any(part[0].words.keys() & evaluation.words.keys() for part in parts):
            raise InputError(
                f"{directory}: neither of the same words nor of other treebanks than the others "
                f"that are called {name}; give it another name"
            )
        else:
            parts.append([evaluation])
    return parts
