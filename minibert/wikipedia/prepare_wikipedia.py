"""Prepares dumps of Wikipedia: articles in, TFRecords out, on Apache Beam.

Tsai et al. 2019, section 3 and appendix A.1: sentences of the Wikipedias of all languages of the
public checkpoint. Two stages, `extraction` and `arrangement`; what is done of either is not done
again when a job is started again.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from minibert import __version__
from minibert.data.dataset_info import DEV, FILE_NAME, TRAIN
from minibert.data.shards import Shard
from minibert.data.text_counts import DUPLICATES, NOT_DRAWN, READ, TOO_SHORT
from minibert.data.text_info import TextInfo, TextPart
from minibert.data.text_table import text_table
from minibert.errors import InputError
from minibert.files import writing
from minibert.options import to_json
from minibert.wikipedia import beam_files
from minibert.wikipedia.arrangement import arrange
from minibert.wikipedia.article_sentences import (
    ARTICLES,
    FAILED_PAGES,
    KEPT,
    OTHER_SCRIPT,
    PAGES,
    TOO_LONG,
    Counts,
)
from minibert.wikipedia.dump import SKIP_REASONS
from minibert.wikipedia.dump_parts import DumpPart, dump_parts
from minibert.wikipedia.extraction import extract
from minibert.wikipedia.job_directory import claim
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from minibert.wikipedia.running import run_pipeline
from minibert.wikipedia.sampling import sentence_limits

_FAILED_FILE = "failed_pages.json"
# Of text that a local run arranges at a time; it is in memory, some times over.
_BATCH_BYTES = 2**28
_COUNTS = (
    *(PAGES, *SKIP_REASONS, ARTICLES, FAILED_PAGES),
    *(READ, TOO_SHORT, TOO_LONG, OTHER_SCRIPT, DUPLICATES, NOT_DRAWN),
)


def prepare_wikipedia(config: PrepareWikipediaConfig, beam_options: Sequence[str]) -> None:
    """Reads dumps, writes records, and prints counts by language.

    `dataset.json` is written last; before, what is done is in the directory `work` beside it.

    Args:
      config: the options.
      beam_options: flags of Apache Beam; without any it runs here, in processes of its own.

    Raises:
      InputError: bad input, no sentence that is kept, an output directory that is finished or of
        other options, or a pipeline that fails.
    """
    # Of a file system that others share, nobody can lock a directory.
    is_local = "://" not in config.output_dir
    with writing(Path(config.output_dir)) if is_local else nullcontext():
        _prepare(config, beam_options)


def _prepare(config: PrepareWikipediaConfig, beam_options: Sequence[str]) -> None:
    output_dir = config.output_dir
    if beam_files.exists(beam_files.join(output_dir, FILE_NAME)):
        raise InputError(f"{output_dir}: exists already; remove it or name another --output_dir")
    parts = dump_parts(config)
    work_dir = beam_files.join(output_dir, "work")
    arranged_dir = beam_files.join(work_dir, "arranged")
    splits = [beam_files.join(output_dir, split) for split in (TRAIN, DEV)]
    claim(work_dir, config, parts, results=[arranged_dir, *splits])
    _extract(parts, config, beam_options, work_dir)
    counts = {part: _read_counts(part.counts_file(work_dir)) for part in parts}
    numbers, shards = _arrange(counts, config, beam_options, work_dir, arranged_dir)
    text_parts = _text_parts(shards)
    if not any(part.split == TRAIN for part in text_parts):
        raise InputError(f"--input={','.join(config.input)}: no sentence of it is left to train on")
    info = TextInfo(
        Path(output_dir),
        f"minibert {__version__}",
        to_json(config),
        config.gzip,
        _by_language(counts, numbers, text_parts),
        text_parts,
    )
    failed = [
        {"language": part.language, "title": title, "reason": reason}
        for part, of_part in counts.items()
        for title, reason in of_part.failed.items()
    ]
    if failed:
        beam_files.write_json_file(beam_files.join(output_dir, _FAILED_FILE), failed)
    beam_files.write_json_file(beam_files.join(output_dir, FILE_NAME), info.to_json())
    beam_files.remove_tree(work_dir)
    print(text_table(info))
    if failed:
        print(f"pages that could not be cleaned are in {_FAILED_FILE}")
    print(f"{output_dir}: {sum(part.sentences for part in text_parts):,} sentences")


def _extract(
    parts: Sequence[DumpPart],
    config: PrepareWikipediaConfig,
    beam_options: Sequence[str],
    work_dir: str,
) -> None:
    """Extracts the sentences of the parts that are not done."""
    todo = [part for part in parts if not beam_files.exists(part.counts_file(work_dir))]
    if not todo:
        return
    # The largest first, so that no worker is left alone with one at the end.
    todo.sort(key=lambda part: -part.size)
    for part in todo:
        beam_files.remove_file(part.error_file(work_dir))
    run_pipeline(
        lambda pipeline: extract(pipeline, todo, config, work_dir),
        beam_options,
        config.num_workers,
        sizes={part.counts_file(work_dir): part.size for part in parts},
        desc="extract",
    )
    errors = [
        json.loads(beam_files.read_file(path))
        for part in todo
        if beam_files.exists(path := part.error_file(work_dir))
    ]
    if errors:
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        raise InputError(f"{errors[0]}{more}; the same command goes on, with what is done kept")


def _read_counts(path: str) -> Counts:
    content = json.loads(beam_files.read_file(path))
    return Counts(Counter(content["counts"]), content["failed"], content["kept_bytes"])


def _arrange(
    counts: Mapping[DumpPart, Counts],
    config: PrepareWikipediaConfig,
    beam_options: Sequence[str],
    work_dir: str,
    arranged_dir: str,
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Writes the shards; gives the number of different sentences by language, and the shards."""
    sizes: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for part, of_part in counts.items():
        sizes[part.language] += of_part.kept_bytes
        kept[part.language] += of_part.counts[KEPT]
    limits = sentence_limits(
        kept,
        per_language=config.max_sentences_per_language,
        total=config.max_sentences,
        exponent=config.sampling_exponent,
    )
    numbers: dict[str, int] = {}
    shards: list[dict[str, Any]] = []
    for batch in [set(sizes)] if beam_options else _batches(sizes):
        # By what is in it: another runner may take other languages together.
        digest = hashlib.blake2b(" ".join(sorted(batch)).encode(), digest_size=8).hexdigest()
        result = beam_files.join(arranged_dir, f"{digest}.jsonl")
        if not beam_files.exists(result):
            extracted = [
                (part.language, part.sentences_file(work_dir))
                for part in counts
                if part.language in batch
            ]
            run_pipeline(
                partial(arrange, extracted=extracted, config=config, limits=limits, result=result),
                beam_options,
                config.num_workers,
                sizes={result: sum(sizes[language] for language in batch)},
                desc=f"arrange {min(batch)} to {max(batch)}",
            )
        for line in beam_files.read_file(result).splitlines():
            item = json.loads(line)
            if "path" in item:
                shards.append(item)
            else:
                numbers |= item
    return numbers, shards


def _batches(sizes: Mapping[str, int]) -> Iterator[set[str]]:
    """Languages that are arranged together, in order."""
    batch: set[str] = set()
    total = 0
    for language, size in sizes.items():
        if batch and total + size > _BATCH_BYTES:
            yield batch
            batch, total = set(), 0
        batch.add(language)
        total += size
    if batch:
        yield batch


def _text_parts(shards: Sequence[Mapping[str, Any]]) -> list[TextPart]:
    groups: defaultdict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for shard in sorted(shards, key=lambda shard: shard["path"]):
        groups[shard["language"], shard["split"]].append(shard)
    return [
        TextPart(
            *group,
            sum(shard["sentences"] for shard in of_group),
            sum(shard["characters"] for shard in of_group),
            [Shard(shard["path"], shard["bytes"], shard["sha256"]) for shard in of_group],
        )
        for group, of_group in sorted(groups.items())
    ]


def _by_language(
    counts: Mapping[DumpPart, Counts],
    numbers: Mapping[str, int],
    text_parts: Sequence[TextPart],
) -> dict[str, dict[str, int]]:
    """All counters, by language."""
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for part, of_part in counts.items():
        totals[part.language].update(of_part.counts)
    for language, total in totals.items():
        written = sum(part.sentences for part in text_parts if part.language == language)
        different = numbers.get(language, 0)
        total[DUPLICATES] = total[KEPT] - different
        total[NOT_DRAWN] = different - written
    return {language: {name: total[name] for name in _COUNTS} for language, total in totals.items()}
