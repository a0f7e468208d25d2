"""Finds the files of treebanks in a directory."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from minibert.errors import InputError
from minibert.files import matching_paths

# Some releases cut a large file into pieces: cs_pdt-ud-train-c.conllu.
_FILE_NAME = re.compile(
    r"(?P<treebank>.+)-ud-(?P<split>[a-z]+)(-(?P<piece>[a-z0-9-]+))?\.conllu(\.gz|\.xz)?"
)

# The end of a message on a file.
NO_SENTENCE = "no sentence with words in the file; give a whole treebank, or leave it out"


@dataclass(frozen=True, order=True)
class TreebankFile:
    """One split of one treebank, or a piece of it.

    Raises:
      InputError: the path is no regular file, or has a name that cannot be printed.
    """

    treebank: str
    split: str
    piece: str
    path: Path

    def __post_init__(self) -> None:
        if not self.path.is_file():
            raise InputError(f"{str(self.path)!r}: not a regular file; remove it")
        if not self.path.name.isprintable():
            raise InputError(f"{str(self.path)!r}: a name that cannot be printed; rename the file")

    @property
    def name(self) -> str:
        """What tells it from other files of its split: `cs_pdt-c`, `en_ewt`."""
        return f"{self.treebank}-{self.piece}" if self.piece else self.treebank


def treebank_of(path: str | Path) -> str:
    """The treebank that a file is of: `en_ewt` for `en_ewt-ud-dev.conllu`, else its base name."""
    name = Path(path).name
    match = _FILE_NAME.fullmatch(name)
    return match["treebank"] if match else name.split(".")[0] or name


def find_treebank_files(input_dir: str | Path) -> list[TreebankFile]:
    """Finds `TREEBANK-ud-SPLIT.conllu[.gz|.xz]` in a directory or its subdirectories.

    Both the layout of a Universal Dependencies release (`UD_English-EWT/en_ewt-ud-train.conllu`)
    and one directory a treebank (`en_ewt/en_ewt-ud-train.conllu`) are found.

    Returns:
      The files, ordered by treebank and split.

    Raises:
      InputError: the directory cannot be read, has no such file, or has a split twice; or as
        `TreebankFile`.
    """
    input_dir = Path(input_dir)
    if not input_dir.is_dir():
        raise InputError(f"{input_dir}: not a directory; give the one that holds the treebanks")
    found = []
    for path in sorted([*input_dir.glob("*.conllu*"), *input_dir.glob("*/*.conllu*")]):
        if match := _FILE_NAME.fullmatch(path.name):
            piece = match["piece"] or ""
            found.append(TreebankFile(match["treebank"], match["split"], piece, path))
    if not found:
        raise InputError(f"{input_dir}: no file TREEBANK-ud-SPLIT.conllu in it or one level below")
    return each_once(found)


def each_once(files: Iterable[TreebankFile]) -> list[TreebankFile]:
    """Files in order, of which none may be there twice.

    Raises:
      InputError: one is.
    """
    by_name = defaultdict(list)
    for file in files:
        by_name[file.name, file.split].append(file)
    for (name, split), of_name in by_name.items():
        if len(of_name) > 1:
            first, second, *_ = of_name
            raise InputError(
                f"{second.path}: {name} has a {split} file already, {first.path}; remove one"
            )
    return sorted(file for (file,) in by_name.values())


def find_files(
    patterns: Iterable[str], split: str, *, remedy: str = "choose with --split"
) -> list[TreebankFile]:
    """The files that paths, glob patterns and directories of treebanks mean, each once.

    Raises:
      InputError: a pattern that matches nothing, or a directory without the split.
    """
    found: dict[Path, TreebankFile] = {}
    for pattern in patterns:
        for path in matching_paths("conllu", pattern):
            if path.is_dir():
                files = [file for file in find_treebank_files(path) if file.split == split]
                if not files:
                    raise InputError(f"{path}: no {split} file in it; {remedy}")
            else:
                files = [TreebankFile(treebank_of(path), split, "", path)]
            found.update((file.path.resolve(), file) for file in files)
    return sorted(found.values())


def untuned_treebanks(files: Iterable[TreebankFile]) -> list[str]:
    """The treebanks of some files that have no dev file beside these, sorted.

    A file of another name than those of treebanks counts as one that has.
    """
    return sorted(
        {
            file.treebank
            for file in files
            if _FILE_NAME.fullmatch(file.path.name)
            and not any(file.path.parent.glob(f"{escape(file.treebank)}-ud-dev*.conllu*"))
        }
    )


def select_treebanks(
    files: list[TreebankFile], treebanks: tuple[str, ...], *, skip_without_train: bool
) -> list[TreebankFile]:
    """Keeps the files of some treebanks, or of all; each must have a train file.

    Raises:
      InputError: a treebank that is not there, or that has no train file and is not skipped.
    """
    known = {file.treebank for file in files}
    if unknown := sorted(set(treebanks) - known):
        raise InputError(
            f"--treebanks: no treebank {unknown[0]!r} in the input directory; "
            f"it has {' '.join(sorted(known))}"
        )
    wanted = [file for file in files if not treebanks or file.treebank in treebanks]
    trainable = {file.treebank for file in wanted if file.split == "train"}
    selected = [file for file in wanted if file.treebank in trainable]
    if not skip_without_train and len(selected) < len(wanted):
        file = next(file for file in wanted if file.treebank not in trainable)
        raise InputError(
            f"{file.path}: treebank {file.treebank} has no train file; add it, name other "
            "treebanks with --treebanks, or give --skip_without_train"
        )
    if not selected:
        raise InputError("no treebank with a train file is left")
    return selected
