"""Prepares sentences with named entities: TFRecords and `dataset.json` out, as of treebanks."""

from minibert.data.entity_files import find_entity_files
from minibert.data.entity_reader import EntityReader
from minibert.data.labeled_data import prepare_labeled
from minibert.data.prepare_ner_config import PrepareNerConfig
from minibert.data.prepared import TRAIN
from minibert.data.tasks import NER
from minibert.errors import InputError


def prepare_ner(config: PrepareNerConfig) -> None:
    """Reads data sets, writes their records, and prints the preflight table; see `prepare_labeled`.

    Raises:
      InputError: bad input, or an output directory that holds something else.
    """
    files = find_entity_files(config.input_dir, config.layout, config.languages)
    for language in sorted({file.treebank for file in files}):
        if not any(file.treebank == language and file.split == TRAIN for file in files):
            raise InputError(
                f"{config.input_dir}: {language} has no train file; add it or leave it out with "
                "--languages"
            )
    reader = EntityReader(config.format)
    prepare_labeled(
        config, files, lambda file: reader.read(file.path, file.treebank), (NER,), withheld={}
    )
    for path, count in reader.repaired.items():
        if count:
            print(f"{path}: {count:,} tags repaired")
