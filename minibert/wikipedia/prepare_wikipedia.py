"""Prepares dumps of Wikipedia: articles in, TFRecords out, on Apache Beam.

Tsai et al. 2019, section 3 and appendix A.1: sentences of the Wikipedias of all languages of the
public checkpoint. Two stages, `extraction` and `arrangement`; what is done of either is not done
again when a job is started again.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from minibert.data.prepared import DEV, FILE_NAME, TOOL, TRAIN
from minibert.data.shards import Shard
from minibert.data.text_counts import DUPLICATES, NOT_DRAWN, READ, TOO_SHORT
from minibert.data.text_info import TextInfo, TextPart
from minibert.data.text_table import text_table
from minibert.errors import InputError
from minibert.files import writing
from minibert.options import to_json
from minibert.text.udpipe import import_udpipe
from minibert.wikipedia import beam_files
from minibert.wikipedia.arrangement_run import run_arrangement
from minibert.wikipedia.article_sentences import (
    ARTICLES,
    FAILED_PAGES,
    KEPT,
    OTHER_SCRIPT,
    PAGES,
    TOO_LONG,
    Counts,
    udpipe_model,
)
from minibert.wikipedia.beam_options import check_beam_options
from minibert.wikipedia.dump import SKIP_REASONS
from minibert.wikipedia.dump_parts import COUNTS, DumpPart, dump_parts
from minibert.wikipedia.extraction import extract
from minibert.wikipedia.job_directory import claim
from minibert.wikipedia.prepare_wikipedia_config import UDPIPE, PrepareWikipediaConfig

LEFT_OUT_FILE = "left_out_pages.json"
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
    check_beam_options(beam_options)
    beam_files.check_file_system(config.output_dir)
    # Of a file system that others share, nobody can lock a directory.
    is_remote = beam_files.is_remote(config.output_dir)
    with nullcontext() if is_remote else writing(Path(config.output_dir)):
        _prepare(config, beam_options)


def _prepare(config: PrepareWikipediaConfig, beam_options: Sequence[str]) -> None:
    output_dir = config.output_dir
    work_dir = beam_files.join(output_dir, "work")
    if beam_files.exists(beam_files.join(output_dir, FILE_NAME)):
        # If the job before was stopped behind its last file.
        beam_files.remove_tree(work_dir)
        raise InputError(f"{output_dir}: exists already; remove it or name another --output_dir")
    parts = dump_parts(config)
    _check_splitter(parts, config)
    results_dir = beam_files.join(work_dir, "results")
    splits = [beam_files.join(output_dir, split) for split in (TRAIN, DEV)]
    claim(work_dir, config, parts, results=[results_dir, *splits])
    extract(parts, config, beam_options, work_dir)
    counts = {part: _read_counts(part.file(work_dir, COUNTS)) for part in parts}
    shards = run_arrangement(
        counts, config, beam_options, work_dir=work_dir, results_dir=results_dir
    )
    info = _text_info(config, counts, shards)
    left_out = [
        {"language": part.language, "title": title, "reason": reason}
        for part, of_part in counts.items()
        for title, reason in of_part.left_out
    ]
    for directory in (output_dir, *splits):
        # Of what was killed before.
        beam_files.remove_files(beam_files.files_in(directory, beam_files.PARTIAL))
    beam_files.remove_files(beam_files.files_in(output_dir, LEFT_OUT_FILE))
    if left_out:
        beam_files.write_json_file(beam_files.join(output_dir, LEFT_OUT_FILE), left_out)
    beam_files.write_json_file(beam_files.join(output_dir, FILE_NAME), info.to_json())
    beam_files.remove_tree(work_dir)
    print(text_table(info))
    if left_out:
        print(f"{LEFT_OUT_FILE}: pages that could not be read or cleaned, {len(left_out):,}")
    print(f"{output_dir}: {sum(part.sentences for part in info.parts):,} sentences")


def _check_splitter(parts: Sequence[DumpPart], config: PrepareWikipediaConfig) -> None:
    """Checks, before the work is begun, that there is a model of UDPipe for each language."""
    if config.splitter != UDPIPE:
        return
    import_udpipe()
    for language in sorted({part.language for part in parts}):
        if not (path := udpipe_model(language, config)).is_file():
            raise InputError(
                f"{path}: no such file here; train_udpipe.py makes a model of UDPipe, which every "
                "worker needs there; or leave the language out with --languages"
            )


def _read_counts(path: str) -> Counts:
    content = beam_files.read_json_file(path, "remove it, and its part is read again")
    return Counts(Counter(content["counts"]), content["left_out"], content["kept_bytes"])


def _text_info(
    config: PrepareWikipediaConfig,
    counts: Mapping[DumpPart, Counts],
    shards: Sequence[Mapping[str, Any]],
) -> TextInfo:
    """What `dataset.json` has to say.

    Raises:
      InputError: no sentence is left to train on.
    """
    parts = _text_parts(shards)
    if not any(part.split == TRAIN for part in parts):
        raise InputError(f"--input={','.join(config.input)}: no sentence of it is left to train on")
    found, directory = _by_language(counts, shards), Path(config.output_dir)
    return TextInfo(TOOL, to_json(config), config.gzip, found, parts, directory=directory)


def _text_parts(shards: Sequence[Mapping[str, Any]]) -> list[TextPart]:
    groups: defaultdict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    written = (shard for shard in shards if shard["sentences"])
    for shard in sorted(written, key=lambda shard: shard["path"]):
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
    counts: Mapping[DumpPart, Counts], shards: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, int]]:
    """All counters, by language."""
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for part, of_part in counts.items():
        totals[part.language].update(of_part.counts)
    for total in totals.values():
        total[DUPLICATES] = total[KEPT]
    for shard in shards:
        total = totals[shard["language"]]
        total[DUPLICATES] -= shard["different"]
        total[NOT_DRAWN] += shard["different"] - shard["sentences"]
    return {language: {name: total[name] for name in _COUNTS} for language, total in totals.items()}
