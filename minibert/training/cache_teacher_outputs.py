"""Runs a teacher once over unlabeled text and keeps what it says: Tsai et al. 2019, section 3."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from minibert import __version__
from minibert.chunks import SENTENCES_PER_CALL
from minibert.data.output_positions import WORDPIECES, WORDS
from minibert.data.output_records import Field, serialize_outputs
from minibert.data.prepared import data_sha256
from minibert.data.shards import describe_shards
from minibert.data.teacher_outputs import (
    OutputShard,
    OutputsInfo,
    ShardOutputs,
    claim_outputs,
    output_file,
    read_description,
    write_description,
)
from minibert.data.text_corpus import TextShard, read_text_shard, text_shards
from minibert.data.text_info import TextInfo, load_text_info
from minibert.errors import InputError
from minibert.files import atomic_path, writing
from minibert.progress import progress
from minibert.runs.trained_model import TrainedModel, load_trained_model
from minibert.text.feature_spec import WORD_POSITIONS
from minibert.training.cache_teacher_outputs_config import CacheTeacherOutputsConfig
from minibert.training.hardware import resolve_precision
from minibert.training.init_checkpoint import fingerprint
from minibert.training.softened_cross_entropy import logit_fields
from minibert.training.teacher_run import TeacherRun


def cache_teacher_outputs(config: CacheTeacherOutputsConfig) -> None:
    """Writes the outputs of a teacher for the shards of this machine that are not whole yet.

    Raises:
      InputError: bad input, or an output directory that holds something else.
    """
    output_dir = Path(config.output_dir)
    text = load_text_info(config.transfer_dir)
    shards = text_shards(text)
    text.check_splits()
    model = load_trained_model(config.teacher_dir)
    info = _outputs_info(config, model, text, shards)
    claim_outputs(output_dir, info)
    teacher = TeacherRun(model, info, batch_wordpieces=config.batch_wordpieces)
    places = share([shard.sentences for shard in shards], config.num_shards, config.shard_index)
    own = [(info.shards[place], shards[place]) for place in places]
    kept = 0
    with progress(
        total=sum(shard.sentences for _, shard in own), unit=" sentences", desc="teach"
    ) as bar:
        for shard, text_shard in own:
            bar.set_postfix_str(f"{shard.language} {shard.split}", refresh=False)
            if read_description(output_dir, shard):
                kept += 1
                bar.update(text_shard.sentences)
            else:
                _write_shard(output_dir, shard, teacher, text, text_shard, bar)
    if kept:
        print(f"{kept:,} of {len(own):,} shards were there already", file=sys.stderr)
    print(_summary(output_dir, info))


def share(sizes: Sequence[int], num_shares: int, share_index: int) -> list[int]:
    """One of shares of about the same size: the largest go first, each to whom has least so far.

    Args:
      sizes: of what is to be shared.
      num_shares: how many there are.
      share_index: which one is wanted.

    Returns:
      The places in `sizes` of what is in the share, in order.
    """
    totals = [0] * num_shares
    own = []
    for index in sorted(range(len(sizes)), key=lambda index: -sizes[index]):
        smallest = totals.index(min(totals))
        totals[smallest] += sizes[index]
        if smallest == share_index:
            own.append(index)
    return sorted(own)


def _outputs_info(
    config: CacheTeacherOutputsConfig, model: TrainedModel, text: TextInfo, shards: list[TextShard]
) -> OutputsInfo:
    description = model.description
    if config.positions == WORDPIECES and not description.features.num_pieces:
        raise InputError(
            f"--positions={WORDPIECES}: the teacher reads {description.features.unit}; give "
            f"--positions={WORDS}"
        )
    length = config.max_seq_length or description.features.max_length
    description.encoder.check_features(
        replace(description.features, max_length=length),
        source=config.teacher_dir,
        name="the teacher",
    )
    labels = {vocab.task: list(vocab.labels) for vocab in description.label_vocabs}
    return OutputsInfo(
        tool=f"minibert {__version__}",
        teacher=fingerprint(config.teacher_dir),
        precision=resolve_precision(config.precision),
        vocab_sha256=description.features.sha256,
        normalization=description.features.normalization,
        text_sha256=data_sha256(text),
        max_seq_length=length,
        labels=labels,
        kept={
            name: field
            for task, of_task in labels.items()
            for name, field in _fields(task, len(of_task), config).items()
        },
        positions=WORDS if config.positions == WORDS else WORDPIECES,
        shards=[OutputShard(s.language, s.split, s.shard.path) for s in shards],
    )


def _fields(task: str, num_labels: int, config: CacheTeacherOutputsConfig) -> dict[str, Field]:
    keeps_all = num_labels <= max(config.keep_all_up_to, config.top_k)
    return logit_fields(task, num_labels, num_labels if keeps_all else config.top_k)


def _write_shard(
    output_dir: Path,
    shard: OutputShard,
    teacher: TeacherRun,
    text: TextInfo,
    text_shard: TextShard,
    bar: tqdm,
) -> None:
    """Writes the outputs for one shard of text; its description comes last."""
    path = output_file(output_dir, shard)
    lengths: Counter[int] = Counter()
    records = rows = 0
    with writing(path):
        with atomic_path(path) as partial, tf.io.TFRecordWriter(str(partial)) as writer:
            answers = teacher(read_text_shard(text, text_shard, sentences=SENTENCES_PER_CALL), bar)
            for _, answered in groupby(answers, key=lambda answer: answer[0].sentence):
                windows, outputs = zip(*answered, strict=True)
                kept = {name: np.concatenate([o[name] for o in outputs]) for name in outputs[0]}
                if not all(np.isfinite(values).all() for values in kept.values()):
                    raise InputError(
                        f"{text.directory / text_shard.shard.path}: the teacher's outputs for "
                        "it are not finite; give another --teacher_dir, or --precision=float32"
                    )
                lengths.update(window.length for window in windows)
                records += 1
                rows += sum(len(window.inputs[WORD_POSITIONS]) for window in windows)
                writer.write(serialize_outputs(windows[0].text, shard.language, kept))
        (described,) = describe_shards(output_dir, [path])
        found = ShardOutputs(described, dict(sorted(lengths.items())), records, rows)
        write_description(output_dir, shard, found)


def _summary(output_dir: Path, info: OutputsInfo) -> str:
    """How many shards are whole, and how large they are."""
    outputs = [found for shard in info.shards if (found := read_description(output_dir, shard))]
    rows = sum(found.rows for found in outputs)
    size = sum(found.shard.bytes for found in outputs)
    return (
        f"{output_dir}: {len(outputs):,} of {len(info.shards):,} shards, {rows:,} "
        f"{info.positions}, {size / max(1, rows):.1f} bytes each"
    )
