"""Runs a teacher once over unlabeled text and keeps what it says: Tsai et al. 2019, section 3."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from minibert import __version__
from minibert.chunks import SENTENCES_PER_CALL, chunks
from minibert.data.prepared import data_sha256
from minibert.data.shards import describe_shards
from minibert.data.teacher_outputs import (
    OutputShard,
    OutputsInfo,
    ShardOutputs,
    claim_outputs,
    kept_bytes,
    output_file,
    read_description,
    serialize_outputs,
    write_description,
)
from minibert.data.text_corpus import TextShard, read_text_shard, text_shards
from minibert.data.text_info import TextInfo, load_text_info
from minibert.errors import InputError
from minibert.files import atomic_path, writing
from minibert.inference.window_batches import batches_by_length, pad_rows
from minibert.models.tagging_network import TaggingNetwork
from minibert.progress import progress
from minibert.runs.trained_model import TrainedModel, load_trained_model
from minibert.text.feature_spec import WORD_POSITIONS
from minibert.text.vocab import NUM_SPECIAL_PIECES
from minibert.text.wordpiece_features import INPUT_IDS
from minibert.training.cache_teacher_outputs_config import CacheTeacherOutputsConfig
from minibert.training.hardware import matmul_precision, resolve_precision
from minibert.training.init_checkpoint import fingerprint
from minibert.training.softened_cross_entropy import keep_all, keep_top

# Batches of windows that are sorted by length together, and the most bytes of what is kept of them:
# enough for batches with little padding, few enough for the memory.
_BATCHES_AT_A_TIME = 16
_BYTES_AT_A_TIME = 2**28


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
    teacher = _Teacher(config, model, info)
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
        kept={task: _num_kept(len(of_task), config) for task, of_task in labels.items()},
        shards=[OutputShard(s.language, s.split, s.shard.path) for s in shards],
    )


def _num_kept(num_labels: int, config: CacheTeacherOutputsConfig) -> int:
    return num_labels if num_labels <= max(config.keep_all_up_to, config.top_k) else config.top_k


class _Window(NamedTuple):
    """What the teacher reads: int32 `[pieces]`; and whether it is the first of a sentence."""

    input_ids: np.ndarray
    begins: bool


class _Teacher:
    """Runs the teacher over text."""

    def __init__(self, config: CacheTeacherOutputsConfig, model: TrainedModel, info: OutputsInfo):
        self._tagger: TaggingNetwork = model.tagger
        features = replace(model.description.features, max_length=info.max_seq_length)
        self._featurizer = features.in_graph()
        self._info = info
        self._batch_wordpieces = config.batch_wordpieces
        self._precision = info.precision
        self._encode = tf.function(
            self._encode_text, input_signature=[tf.TensorSpec([None], tf.string)]
        )
        self._run = tf.function(
            self._run_tagger, input_signature=[tf.TensorSpec([None, None], tf.int32)]
        )

    def __call__(
        self, sentences: Iterator[tf.Tensor], bar: tqdm
    ) -> Iterator[tuple[np.ndarray, Mapping[str, np.ndarray]]]:
        """Yields the input ids of each window of a text, in order, and what is kept of it."""
        most = min(
            _BATCHES_AT_A_TIME * self._batch_wordpieces, _BYTES_AT_A_TIME // kept_bytes(self._info)
        )
        for windows in chunks(
            self._windows(sentences),
            max_items=most,
            size=lambda window: len(window.input_ids),
            max_size=most,
        ):
            for window, kept in zip(windows, self._ask(windows, bar), strict=True):
                yield window.input_ids, kept

    def _windows(self, sentences: Iterator[tf.Tensor]) -> Iterator[_Window]:
        for text in sentences:
            pieces, splits, of_sentence = (tensor.numpy() for tensor in self._encode(text))
            begins = np.diff(of_sentence, prepend=-1) > 0
            yield from map(_Window, np.split(pieces, splits[1:-1]), begins.tolist())

    def _ask(self, asked: Sequence[_Window], bar: tqdm) -> list[Mapping[str, np.ndarray]]:
        """What is kept of each window."""
        lengths = np.array([len(window.input_ids) for window in asked])
        splits = np.concatenate([[0], np.cumsum(lengths)])
        pieces = np.concatenate([window.input_ids for window in asked])
        kept: list[Mapping[str, np.ndarray]] = [{}] * len(lengths)
        for windows in batches_by_length(lengths, self._batch_wordpieces):
            inputs = pad_rows(pieces, splits, windows, self._featurizer.spec.pad_values[INPUT_IDS])
            with matmul_precision(self._precision):
                outputs = self._run(tf.constant(inputs))
            flat = {name: tensor.numpy() for name, tensor in outputs.items()}
            ends = np.cumsum(lengths[windows] - NUM_SPECIAL_PIECES)
            for window, end in zip(windows, ends, strict=True):
                start = end - (lengths[window] - NUM_SPECIAL_PIECES)
                kept[window] = {name: values[start:end] for name, values in flat.items()}
            bar.update(sum(asked[window].begins for window in windows))
        return kept

    def _encode_text(self, text: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        encoded = self._featurizer.featurize_text(text)
        ids = encoded.features[INPUT_IDS]
        return ids.flat_values, ids.row_splits, encoded.windows.sentence

    def _run_tagger(self, input_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        features = {INPUT_IDS: input_ids}
        positions = self._featurizer.all_positions(features)
        logits = self._tagger({**features, WORD_POSITIONS: positions})
        kept = {}
        for task, of_task in logits.items():
            if self._info.keeps_all(task):
                kept[f"{task}/logits"] = keep_all(of_task)
            else:
                top = keep_top(of_task, self._info.kept[task])
                kept[f"{task}/logits"] = top.values
                kept[f"{task}/labels"] = tf.cast(top.labels, tf.uint16)
                kept[f"{task}/rest"] = top.rest
        return kept


def _write_shard(
    output_dir: Path,
    shard: OutputShard,
    teacher: _Teacher,
    text: TextInfo,
    text_shard: TextShard,
    bar: tqdm,
) -> None:
    """Writes the outputs for one shard of text; its description comes last."""
    path = output_file(output_dir, shard)
    lengths: Counter[int] = Counter()
    with writing(path):
        with atomic_path(path) as partial, tf.io.TFRecordWriter(str(partial)) as writer:
            sentences = read_text_shard(text, text_shard, sentences=SENTENCES_PER_CALL)
            for input_ids, kept in teacher(sentences, bar):
                if not all(np.isfinite(values).all() for values in kept.values()):
                    raise InputError(
                        f"{text.directory / text_shard.shard.path}: the teacher's outputs for "
                        "it are not finite; give another --teacher_dir, or --precision=float32"
                    )
                lengths[len(input_ids)] += 1
                writer.write(serialize_outputs(input_ids, kept))
        (described,) = describe_shards(output_dir, [path])
        write_description(output_dir, shard, ShardOutputs(described, dict(sorted(lengths.items()))))


def _summary(output_dir: Path, info: OutputsInfo) -> str:
    """How many shards are whole, and how large they are."""
    outputs = [found for shard in info.shards if (found := read_description(output_dir, shard))]
    wordpieces = sum(
        (length - NUM_SPECIAL_PIECES) * number
        for found in outputs
        for length, number in found.lengths.items()
    )
    size = sum(found.shard.bytes for found in outputs)
    return (
        f"{output_dir}: {len(outputs):,} of {len(info.shards):,} shards, {wordpieces:,} "
        f"wordpieces, {size / max(1, wordpieces):.1f} bytes each"
    )
