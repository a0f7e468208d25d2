"""Prepares Universal Dependencies treebanks: CoNLL-U in, TFRecords and `dataset.json` out."""

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from minibert.data.dataset_info import DatasetInfo, Part, load_dataset_info
from minibert.data.label_vocab import NO_LABEL
from minibert.data.preflight import WordpieceStatistics, preflight_table
from minibert.data.prepare_ud_config import PrepareUdConfig
from minibert.data.prepared import FILE_NAME, TOOL, TRAIN
from minibert.data.records import serialize_sentence
from minibert.data.sentence import Sentence, Skipped, memory
from minibert.data.shards import ShardWriter
from minibert.data.streams import sample, shuffle
from minibert.data.tasks import TREEBANK_TASKS, unannotated_tasks
from minibert.data.treebank_files import TreebankFile, find_treebank_files, select_treebanks
from minibert.data.treebank_reader import read_sentences
from minibert.data.withheld_text import WITHHELD_REMEDY, skip_withheld
from minibert.errors import InputError
from minibert.files import atomic_directory, sha256
from minibert.options import complete, to_json
from minibert.progress import progress
from minibert.text.feature_kinds import features_of_vocab
from minibert.text.normalization import NFC
from minibert.text.subword_features import NUM_SPECIAL_PIECES, SubwordTokenizer
from minibert.text.variation import vary_words

TASKS = tuple(TREEBANK_TASKS)
# These keep the order of their files, and all of their sentences.
EVALUATION_SPLITS = frozenset({"dev", "test"})


def prepare_ud(config: PrepareUdConfig) -> None:
    """Reads treebanks, writes their records, and prints the preflight table.

    The output directory appears when it is whole. If it exists already and was prepared from the
    same files with the same options, only the table is printed.

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
    tokenizer = _tokenizer(config.vocab_file) if config.vocab_file else None
    output_dir = Path(config.output_dir)
    if (output_dir / FILE_NAME).exists():
        info = _same_data(output_dir, files, config)
        _print_prepared(info, config)
        return
    total = sum(file.path.stat().st_size for file in files)
    with (
        atomic_directory(output_dir) as partial,
        progress(total=total, unit="B", unit_scale=True, desc="prepare") as bar,
    ):
        parts = [
            _write_part(file, partial, config, unannotated[file.treebank], tokenizer, bar)
            for file in files
        ]
        left_out = {_source(file, config): sentences for file, sentences in withheld.items()}
        saved = _saved_config(config)
        info = DatasetInfo(TOOL, saved, config.gzip, TASKS, parts, left_out, directory=partial)
        info.save()
    print(preflight_table(info.parts, TASKS))
    print(f"{output_dir}: {sum(part.sentences for part in info.parts):,} sentences")


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


def _print_prepared(info: DatasetInfo, config: PrepareUdConfig) -> None:
    print(preflight_table(info.parts, TASKS))
    print(f"{info.directory}: prepared already from the same files with the same options")
    if info.config.get("vocab_sha256") != _saved_config(config)["vocab_sha256"]:
        print("the records fit any vocabulary; wordpieces are counted for that of the first run")


def _source(file: TreebankFile, config: PrepareUdConfig) -> str:
    """The path of a file as `dataset.json` has it."""
    return str(file.path.relative_to(config.input_dir))


def _same_data(output_dir: Path, files: list[TreebankFile], config: PrepareUdConfig) -> DatasetInfo:
    """Loads a data set that is there already, if it is what would be written now."""
    info = load_dataset_info(output_dir)
    # Where things are read from and written to may have moved; the vocabulary is for the table.
    ignored = {"input_dir", "output_dir", "vocab_file", "vocab_sha256"}
    wanted = _saved_config(config)
    saved = complete(PrepareUdConfig, info.config)
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


def _saved_config(config: PrepareUdConfig) -> dict[str, Any]:
    """The options as `dataset.json` has them, with a checksum of the vocabulary."""
    return {
        **to_json(config),
        "treebanks": sorted(config.treebanks),
        "feats_unannotated": sorted(config.feats_unannotated),
        "vocab_sha256": sha256(config.vocab_file) if config.vocab_file else None,
    }


def _tokenizer(vocab_file: str) -> SubwordTokenizer:
    # Only words are split, so that windows do not matter.
    features = features_of_vocab(vocab_file, max_length=NUM_SPECIAL_PIECES + 1, normalization=NFC)
    return features.tokenizer()


def _write_part(
    file: TreebankFile,
    directory: Path,
    config: PrepareUdConfig,
    unannotated: Sequence[str],
    tokenizer: SubwordTokenizer | None,
    bar: tqdm,
) -> Part:
    """Writes the records of one file."""
    bar.set_postfix_str(f"{file.treebank} {file.split}", refresh=False)
    counter = _PartCounter(tokenizer)
    sentences = counter.keep(read_sentences(file.path, file.treebank, unannotated=unannotated))
    path = directory / file.split / file.name
    with ShardWriter(path, num_shards=config.num_shards, gzip=config.gzip) as writer:
        if file.split in EVALUATION_SPLITS:
            for sentence in sentences:
                writer.write(counter.count(sentence))
        else:
            # The seed is of the part, so that a choice of treebanks does not change the others.
            part = f"{config.seed} {file.name} {file.split}"
            generator, varying = random.Random(part), random.Random(f"{part} variation")
            if config.max_sentences_per_treebank:
                sentences = iter(sample(sentences, config.max_sentences_per_treebank, generator))
            for sentence in shuffle(sentences, generator, memory):
                writer.write(counter.count(_varied(sentence, config.variation, varying)))
    bar.update(file.path.stat().st_size)
    if not writer.records:
        raise InputError(f"{file.path}: no sentence with words in the file; remove it or fill it")
    unlabeled = {task: counts.pop(NO_LABEL, 0) for task, counts in counter.labels.items()}
    return Part(
        treebank=file.treebank,
        split=file.split,
        source=_source(file, config),
        source_sha256=sha256(file.path),
        sentences=writer.records,
        words=counter.words,
        skipped=counter.skipped[Skipped.NO_WORDS],
        labels={task: dict(counts.most_common()) for task, counts in counter.labels.items()},
        statistics=counter.statistics.result() if counter.statistics else {},
        shards=writer.describe(directory),
        withheld=counter.skipped[Skipped.WITHHELD],
        unlabeled=unlabeled,
    )


def _varied(sentence: Sentence, fraction: float, generator: random.Random) -> Sentence:
    """As `vary_words`."""
    if not fraction:
        return sentence
    words = vary_words(sentence.words, fraction, generator)
    labels = {task: of_task[: len(words)] for task, of_task in sentence.labels.items()}
    return replace(sentence, words=words, labels=labels)


class _PartCounter:
    """Counts what goes into a part."""

    def __init__(self, tokenizer: SubwordTokenizer | None):
        self.words = 0
        self.skipped: Counter[Skipped] = Counter()
        self.labels: dict[str, Counter[str]] = {task: Counter() for task in TASKS}
        self.statistics = WordpieceStatistics(tokenizer) if tokenizer else None

    def keep(self, sentences: Iterator[Sentence | Skipped]) -> Iterator[Sentence]:
        """The sentences; the skipped ones are counted."""
        for sentence in sentences:
            if isinstance(sentence, Skipped):
                self.skipped[sentence] += 1
            else:
                yield sentence

    def count(self, sentence: Sentence) -> bytes:
        """Counts a sentence that is written, and gives its record."""
        self.words += len(sentence.words)
        for task in TASKS:
            self.labels[task].update(sentence.labels[task])
        if self.statistics:
            self.statistics.add(sentence)
        return serialize_sentence(sentence)
