"""Prepares unlabeled text, a transfer set for distillation: text in, TFRecords out.

Tsai et al. 2019, section 3 and appendix A.1: sentences of Wikipedia, those of fewer than ten
characters dropped.
"""

import hashlib
import random
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from minibert.data.held_out import is_held_out
from minibert.data.prepare_text_config import MAX_SHARDS, PrepareTextConfig
from minibert.data.prepared import DEV, TOOL, TRAIN
from minibert.data.records import serialize_text
from minibert.data.sentence import Skipped
from minibert.data.shards import ShardWriter
from minibert.data.streams import sample, shuffle
from minibert.data.text_counts import DUPLICATES, NOT_DRAWN, READ, TOO_SHORT, WITHHELD
from minibert.data.text_info import TextInfo, TextPart
from minibert.data.text_reader import (
    TextSentence,
    check_language,
    language_of,
    memory,
    read_text,
)
from minibert.data.text_table import text_table
from minibert.errors import InputError
from minibert.files import atomic_directory, matching_paths
from minibert.options import to_json
from minibert.progress import progress
from minibert.text.variation import vary_text

# Input for one shard; what a machine loses at most when it is stopped.
_SHARD_BYTES = 8 * 2**20
_COUNTS = (READ, TOO_SHORT, DUPLICATES, NOT_DRAWN, WITHHELD)


def prepare_text(config: PrepareTextConfig) -> None:
    """Reads text, writes its records, and prints counts by language.

    The output directory appears when it is whole.

    Raises:
      InputError: bad input, no sentence that is long enough, or an output directory that exists.
    """
    files = _files_by_language(config)
    output_dir = Path(config.output_dir)
    counts: dict[str, dict[str, int]] = {}
    parts: list[TextPart] = []
    with atomic_directory(output_dir) as partial:
        total = sum(path.stat().st_size for paths in files.values() for path in paths)
        with progress(total=total, unit="B", unit_scale=True, desc="prepare") as bar:
            for language, paths in files.items():
                bar.set_postfix_str(language, refresh=False)
                counts[language] = dict.fromkeys(_COUNTS, 0)
                parts += _write_language(partial, language, paths, counts[language], config, bar)
        if not any(part.split == TRAIN for part in parts):
            raise InputError(
                f"--input={','.join(config.input)}: no sentence of {config.min_characters} "
                "characters or more to train on"
            )
        info = TextInfo(TOOL, to_json(config), config.gzip, counts, parts, directory=partial)
        info.save()
    print(text_table(info))
    print(f"{output_dir}: {sum(part.sentences for part in parts):,} sentences")


def _files_by_language(config: PrepareTextConfig) -> dict[str, list[Path]]:
    """The files of each language, each once, in order."""
    if config.language is not None:
        check_language(config.language, "--language")
    found: defaultdict[str, list[Path]] = defaultdict(list)
    seen = set()
    for pattern in config.input:
        for path in matching_paths("input", pattern):
            if not path.is_file():
                raise InputError(
                    f"--input={pattern}: {path} is not a regular file; give files, or a glob "
                    f"pattern such as '{path}/*.txt'"
                )
            if path.resolve() not in seen:
                seen.add(path.resolve())
                found[config.language or language_of(path)].append(path)
    return dict(sorted(found.items()))


def _kept(
    sentences: Iterable[TextSentence | Skipped], counts: dict[str, int], config: PrepareTextConfig
) -> Iterator[TextSentence]:
    """Yields the sentences of a language that are not dropped; counts what became of all."""
    seen: set[bytes] = set()
    for sentence in sentences:
        counts[READ] += 1
        if isinstance(sentence, Skipped):
            counts[WITHHELD] += 1
            continue
        if config.nfc:
            text = unicodedata.normalize("NFC", sentence.text)
            sentence = TextSentence(text, sentence.language, sentence.source_id)
        if len(sentence.text) < config.min_characters:
            counts[TOO_SHORT] += 1
            continue
        if config.drop_duplicates:
            digest = hashlib.blake2b(sentence.text.encode(), digest_size=16).digest()
            if digest in seen:
                counts[DUPLICATES] += 1
                continue
            seen.add(digest)
        yield sentence


def _write_language(
    directory: Path,
    language: str,
    paths: list[Path],
    counts: dict[str, int],
    config: PrepareTextConfig,
    bar: tqdm,
) -> list[TextPart]:
    """Writes and counts the sentences of a language; gives its parts that have any."""

    def read() -> Iterator[TextSentence | Skipped]:
        for path in paths:
            left = path.stat().st_size
            for sentence in read_text(path, language):
                # About; of a compressed file there is more text than file.
                size = len(sentence.text.encode()) if isinstance(sentence, TextSentence) else 0
                step = min(left, size + 1)
                bar.update(step)
                left -= step
                yield sentence
            bar.update(left)

    sentences: Iterable[TextSentence] = _kept(read(), counts, config)
    generator = random.Random(f"{config.seed} {language}")
    # One of its own, so that the order is the same with it and without.
    varying = random.Random(f"{config.seed} {language} variation")
    if config.max_sentences_per_language:
        sentences = sample(sentences, config.max_sentences_per_language, generator)
        dropped = counts[WITHHELD] + counts[TOO_SHORT] + counts[DUPLICATES]
        counts[NOT_DRAWN] = counts[READ] - dropped - len(sentences)
    size = sum(path.stat().st_size for path in paths)
    num_shards = {
        split: config.num_shards or min(MAX_SHARDS, 1 + int(size * part) // _SHARD_BYTES)
        for split, part in ((TRAIN, 1.0), (DEV, config.held_out_fraction))
    }
    writers: dict[str, ShardWriter] = {}
    characters: Counter[str] = Counter()
    with ExitStack() as stack:
        for sentence in shuffle(sentences, generator, memory):
            split = DEV if is_held_out(sentence.text, config.held_out_fraction) else TRAIN
            if config.variation and split == TRAIN:
                text = vary_text(sentence.text, config.variation, varying)
                sentence = replace(sentence, text=text)
            if split not in writers:
                path = directory / split / language
                writer = ShardWriter(path, num_shards=num_shards[split], gzip=config.gzip)
                writers[split] = stack.enter_context(writer)
            characters[split] += len(sentence.text)
            writers[split].write(serialize_text(sentence))
    return [
        TextPart(language, split, writer.records, characters[split], writer.describe(directory))
        for split, writer in sorted(writers.items())
    ]
