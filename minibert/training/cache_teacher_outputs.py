"""Runs a teacher once over unlabeled text and keeps what it says: Tsai et al. 2019, section 3."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from minibert import __version__
from minibert.chunks import SENTENCES_PER_CALL, chunks
from minibert.data.output_positions import WORDPIECES, WORDS
from minibert.data.shards import describe_shards
from minibert.data.teacher_outputs import (
    Field,
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
from minibert.data.text_info import TextInfo, load_text_info, text_sha256
from minibert.errors import InputError
from minibert.files import atomic_path, writing
from minibert.inference.window_batches import batches_by_length, pad_rows
from minibert.models.tagging_network import TaggingNetwork
from minibert.progress import progress
from minibert.runs.trained_model import TrainedModel, load_trained_model
from minibert.text.featurizer import WORD_POSITIONS, pad_values_of
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.vocab import vocab_sha256
from minibert.training.cache_teacher_outputs_config import CacheTeacherOutputsConfig
from minibert.training.hardware import matmul_precision, resolve_precision
from minibert.training.init_checkpoint import fingerprint
from minibert.training.sentence_windows import featurize_positions
from minibert.training.softened_cross_entropy import keep_logits, logit_fields

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
    positions = description.bert_config.max_position_embeddings
    if config.max_seq_length > positions:
        raise InputError(
            f"--max_seq_length={config.max_seq_length}: the teacher has {positions} positions"
        )
    labels = {vocab.task: list(vocab.labels) for vocab in description.label_vocabs}
    return OutputsInfo(
        tool=f"minibert {__version__}",
        teacher=fingerprint(config.teacher_dir),
        precision=resolve_precision(config.precision),
        vocab_sha256=vocab_sha256(description.vocab),
        normalization=description.normalization,
        text_sha256=text_sha256(text),
        max_seq_length=config.max_seq_length or description.max_seq_length,
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


class _Window(NamedTuple):
    """What the teacher reads at once.

    Attributes:
      sentence: its number in the shard.
      begins: whether it is the first window of the sentence.
      text: that of the sentence.
      inputs: the features and the positions that are asked about, `[size]` each.
      length: in wordpieces.
    """

    sentence: int
    begins: bool
    text: bytes
    inputs: Mapping[str, np.ndarray]
    length: int


class _Teacher:
    """Runs the teacher over text."""

    def __init__(self, config: CacheTeacherOutputsConfig, model: TrainedModel, info: OutputsInfo):
        self._tagger: TaggingNetwork = model.tagger
        self._featurizer = SubwordFeaturizer(model.featurizer.tokenizer, info.max_seq_length)
        self._info = info
        self._batch_wordpieces = config.batch_wordpieces
        self._encode = tf.function(
            self._encode_text, input_signature=[tf.TensorSpec([None], tf.string)]
        )
        names = pad_values_of(self._featurizer)
        self._run = tf.function(
            self._run_tagger,
            input_signature=[{name: tf.TensorSpec([None, None], tf.int32) for name in names}],
        )

    def __call__(
        self, sentences: Iterator[tf.Tensor], bar: tqdm
    ) -> Iterator[tuple[_Window, Mapping[str, np.ndarray]]]:
        """Yields each window of a text, in order, and what is kept of it."""
        most = min(
            _BATCHES_AT_A_TIME * self._batch_wordpieces, _BYTES_AT_A_TIME // kept_bytes(self._info)
        )
        for windows in chunks(
            self._windows(sentences),
            max_items=most,
            size=lambda window: window.length,
            max_size=most,
        ):
            yield from zip(windows, self._ask(windows, bar), strict=True)

    def _windows(self, sentences: Iterator[tf.Tensor]) -> Iterator[_Window]:
        first = 0
        for texts in sentences:
            inputs, lengths, of_sentence = self._encode(texts)
            lengths = lengths.numpy()
            by_window = {
                name: np.split(values.flat_values.numpy(), values.row_splits.numpy()[1:-1])
                for name, values in inputs.items()
            }
            text, before = texts.numpy(), -1
            for index, sentence in enumerate(of_sentence.numpy().tolist()):
                own = {name: values[index] for name, values in by_window.items()}
                yield _Window(
                    first + sentence, sentence != before, text[sentence], own, int(lengths[index])
                )
                before = sentence
            first += len(text)

    def _ask(self, asked: Sequence[_Window], bar: tqdm) -> list[Mapping[str, np.ndarray]]:
        """What is kept of each window."""
        kept: list[Mapping[str, np.ndarray]] = [{}] * len(asked)
        lengths = np.array([window.length for window in asked])
        for batch in batches_by_length(lengths, self._batch_wordpieces):
            windows = [asked[index] for index in batch]
            inputs = {
                name: tf.constant(_pad([window.inputs[name] for window in windows], filler))
                for name, filler in pad_values_of(self._featurizer).items()
            }
            with matmul_precision(self._info.precision):
                outputs = self._run(inputs)
            ends = np.cumsum([len(window.inputs[WORD_POSITIONS]) for window in windows])[:-1]
            flat = {name: np.split(values.numpy(), ends) for name, values in outputs.items()}
            for row, index in enumerate(batch):
                kept[index] = {name: values[row] for name, values in flat.items()}
            bar.update(sum(window.begins for window in windows))
        return kept

    def _encode_text(
        self, text: tf.Tensor
    ) -> tuple[dict[str, tf.RaggedTensor], tf.Tensor, tf.Tensor]:
        found = featurize_positions(self._featurizer, self._info.positions, text)
        return found.inputs(), self._featurizer.lengths(found.features), found.windows.sentence

    def _run_tagger(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {
            name: values
            for task, logits in self._tagger(inputs).items()
            for name, values in keep_logits(task, logits, self._info.kept).items()
        }


def _pad(rows: Sequence[np.ndarray], filler: int) -> np.ndarray:
    splits = np.cumsum([0, *map(len, rows)])
    return pad_rows(np.concatenate(rows), splits, np.arange(len(rows)), filler)


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
