"""Prepares Universal Dependencies treebanks: CoNLL-U in, TFRecords and `dataset.json` out."""

import sys

from minibert.data.labeled_data import prepare_labeled
from minibert.data.prepare_ud_config import PrepareUdConfig
from minibert.data.prepared import TRAIN
from minibert.data.tasks import TREEBANK_TASKS, unannotated_tasks
from minibert.data.treebank_files import TreebankFile, find_treebank_files, select_treebanks
from minibert.data.treebank_reader import read_sentences
from minibert.data.withheld_text import WITHHELD_REMEDY, skip_withheld
from minibert.errors import InputError

TASKS = tuple(TREEBANK_TASKS)


def prepare_ud(config: PrepareUdConfig) -> None:
    """Reads treebanks, writes their records, and prints the preflight table; see `prepare_labeled`.

    Raises:
      InputError: bad input, or an output directory that holds something else.
    """
    found = select_treebanks(
        find_treebank_files(config.input_dir),
        config.treebanks,
        skip_without_train=config.skip_without_train,
    )
    unannotated = unannotated_tasks(config.feats_unannotated, {file.treebank for file in found})
    files, withheld = _with_text(found)
    prepare_labeled(
        config,
        files,
        lambda file: read_sentences(
            file.path, file.treebank, unannotated=unannotated[file.treebank]
        ),
        TASKS,
        withheld=withheld,
    )


def _with_text(
    files: list[TreebankFile],
) -> tuple[list[TreebankFile], dict[TreebankFile, int]]:
    """As `skip_withheld`, without the treebanks that have no train file with text."""
    readable, withheld = skip_withheld(files)
    trainable = {file.treebank for file in readable if file.split == TRAIN}
    for file in readable:
        if file.treebank not in trainable:
            message = f"the text of the train file of {file.treebank} is withheld"
            if not trainable:
                raise InputError(f"{file.path}: {message}; {WITHHELD_REMEDY}")
            print(f"{file.path}: skipped, {message}", file=sys.stderr)
    return [file for file in readable if file.treebank in trainable], withheld
