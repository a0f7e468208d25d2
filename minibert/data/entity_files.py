"""Finds the files of data sets with named entities in a directory."""

import re
from collections.abc import Sequence
from pathlib import Path

from minibert.data.entity_reader import CONLLU
from minibert.data.treebank_files import TreebankFile, each_once, find_treebank_files
from minibert.errors import InputError

_FILE_NAME = re.compile(r"(?P<split>[a-z]+)\.(txt|tsv|conll|iob2?|bio)(\.gz|\.xz)?")
# Names of splits that others use.
_SPLITS = {"valid": "dev", "validation": "dev", "testa": "dev", "testb": "test"}


def find_entity_files(
    input_dir: str | Path, layout: str, languages: Sequence[str] = ()
) -> list[TreebankFile]:
    """Finds `LANGUAGE/SPLIT.txt` in a directory, or `SET/LANGUAGE/SPLIT.txt`.

    The endings may also be `.tsv`, `.conll`, `.iob`, `.iob2` and `.bio`, and `.gz` or `.xz` behind
    them. A file counts for `LANGUAGE`, or `LANGUAGE_SET`. Those of the layout `conllu` are found as
    treebanks are.

    Args:
      input_dir: the directory.
      layout: as of `EntityFormat`.
      languages: those to take; none for all.

    Returns:
      The files, ordered by language and split.

    Raises:
      InputError: the directory cannot be read, has no such file, has a split twice, or has not one
        of the languages.
    """
    input_dir = Path(input_dir)
    files = find_treebank_files(input_dir) if layout == CONLLU else _find_files(input_dir)
    known = {file.treebank for file in files}
    for language in languages:
        if language not in known:
            raise InputError(
                f"--languages: no {language!r} in {input_dir}, which has {' '.join(sorted(known))}"
            )
    return [file for file in files if not languages or file.treebank in languages]


def _find_files(input_dir: Path) -> list[TreebankFile]:
    if not input_dir.is_dir():
        raise InputError(f"{input_dir}: not a directory; give the one that holds the languages")
    found = []
    for path in sorted([*input_dir.glob("*/*"), *input_dir.glob("*/*/*")]):
        if match := _FILE_NAME.fullmatch(path.name):
            *sets, language = path.parent.relative_to(input_dir).parts
            split = _SPLITS.get(match["split"], match["split"])
            found.append(TreebankFile("_".join([language, *sets]), split, "", path))
    if not found:
        raise InputError(f"{input_dir}: no file LANGUAGE/SPLIT.txt in it, such as de/train.txt")
    return each_once(found)
