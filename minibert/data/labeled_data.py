"""Prepares labeled sentences of any format: files in, TFRecords and `dataset.json` out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from minibert.data.dataset_info import DatasetInfo, load_dataset_info
from minibert.data.labeled_data_config import LabeledDataConfig
from minibert.data.labeled_parts import source_of, tokenizer_of, write_part
from minibert.data.preflight import preflight_table
from minibert.data.prepared import FILE_NAME, TOOL
from minibert.data.sentence import Sentence, Skipped
from minibert.data.treebank_files import TreebankFile
from minibert.errors import InputError
from minibert.files import atomic_directory, sha256
from minibert.options import complete, to_json
from minibert.progress import progress


def prepare_labeled(
    config: LabeledDataConfig,
    files: Sequence[TreebankFile],
    read: Callable[[TreebankFile], Iterator[Sentence | Skipped]],
    tasks: Sequence[str],
    *,
    withheld: Mapping[TreebankFile, int],
) -> None:
    """Writes the records of files, and prints the preflight table.

    The output directory appears when it is whole. If it exists already and was prepared from the
    same files with the same options, only the table is printed.

    Args:
      config: the options.
      files: the files.
      read: gives the sentences of one, with labels of `tasks`.
      tasks: what the labels are of.
      withheld: files that are left out, as their text is withheld, to the number of their
        sentences.

    Raises:
      InputError: as `read`, or an output directory that holds something else.
    """
    tokenizer = tokenizer_of(config)
    output_dir = Path(config.output_dir)
    if (output_dir / FILE_NAME).exists():
        _print_prepared(_same_data(output_dir, files, config), config)
        return
    total = sum(file.path.stat().st_size for file in files)
    with (
        atomic_directory(output_dir) as partial,
        progress(total=total, unit="B", unit_scale=True, desc="prepare") as bar,
    ):
        parts = []
        for file in files:
            bar.set_postfix_str(f"{file.treebank} {file.split}", refresh=False)
            parts.append(write_part(file, read(file), partial, config, tasks, tokenizer))
            bar.update(file.path.stat().st_size)
        left_out = {source_of(file, config): sentences for file, sentences in withheld.items()}
        saved = _saved_config(config)
        info = DatasetInfo(TOOL, saved, config.gzip, tasks, parts, left_out, directory=partial)
        info.save()
    print(preflight_table(info.parts, tasks))
    print(f"{output_dir}: {sum(part.sentences for part in info.parts):,} sentences")


def _print_prepared(info: DatasetInfo, config: LabeledDataConfig) -> None:
    print(preflight_table(info.parts, info.tasks))
    print(f"{info.directory}: prepared already from the same files with the same options")
    if info.config.get("vocab_sha256") != _saved_config(config)["vocab_sha256"]:
        print("the records fit any vocabulary; wordpieces are counted for that of the first run")


def _same_data(
    output_dir: Path, files: Sequence[TreebankFile], config: LabeledDataConfig
) -> DatasetInfo:
    """Loads a data set that is there already, if it is what would be written now."""
    info = load_dataset_info(output_dir)
    # Where things are read from and written to may have moved; the vocabulary is for the table.
    ignored = {"input_dir", "output_dir", "vocab_file", "vocab_sha256"}
    wanted = _saved_config(config)
    saved = complete(type(config), info.config)
    for name in wanted.keys() - ignored:
        if saved.get(name) != wanted[name]:
            raise InputError(
                f"{output_dir}: prepared with {name}={saved.get(name)}, not "
                f"{wanted[name]}; remove it or name another --output_dir"
            )
    sources = sorted((part.treebank, part.split, part.source_sha256) for part in info.parts)
    if sources != sorted((file.treebank, file.split, sha256(file.path)) for file in files):
        raise InputError(
            f"{output_dir}: prepared from other files than those in {config.input_dir}; remove "
            "it or name another --output_dir"
        )
    return info


def _saved_config(config: LabeledDataConfig) -> dict[str, Any]:
    """The options as `dataset.json` has them, with a checksum of the vocabulary."""
    return {
        **{
            name: sorted(value) if isinstance(value, tuple) else value
            for name, value in to_json(config).items()
        },
        "vocab_sha256": sha256(config.vocab_file) if config.vocab_file else None,
    }
