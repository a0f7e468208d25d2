"""What a teacher says of unlabeled text, on disk: a directory that many machines may fill together.

    OUTPUT_DIR/
      teacher_outputs.json                 whose outputs, of what text, in which form
      train/de-00000-of-00001.tfrecord     a record a window, in the order of the text
      train/de-00000-of-00001.json         what that shard holds; written when the shard is whole

A record has the features `input_ids` (int64), and for each task bytes of little-endian numbers, a
row a wordpiece, `[CLS]` and `[SEP]` left out: `TASK/logits` float16 of all labels; or, of a task
with many, `TASK/logits` float16 of the greatest, `TASK/labels` uint16, and `TASK/rest` float16 (see
`training.softened_cross_entropy`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tensorflow as tf
from msgspec import Meta

from minibert.data.label_vocab import MAX_LABELS
from minibert.data.shards import Shard, check_shards, verify_shards
from minibert.errors import InputError
from minibert.files import is_free
from minibert.json_files import Positive, create_json, read_json, write_json
from minibert.progress import progress
from minibert.text.normalization import NONE, Normalization

FORMAT_VERSION = 3
# Had no normalization.
_OLDEST_VERSION = 2
# Temperatures at which the labels that are not kept are summed up.
NUM_REST_TEMPERATURES = 5
# A window of three wordpieces, without any logits.
_LEAST_RECORD_BYTES = 16
_FILE = "teacher_outputs.json"
_REMEDY = "run cache_teacher_outputs.py again"
_REMOVE_IT = f"remove it, and {_REMEDY}"


@dataclass(frozen=True)
class OutputShard:
    """A shard of text: its language and split, and its path below the directory of the text."""

    language: str
    split: str
    path: str

    def __post_init__(self) -> None:
        Shard(self.path, 0, "")
        if not Path(self.path).name:
            raise ValueError(f"{self.path!r} is no file")


@dataclass(frozen=True)
class OutputsInfo:
    """Whose outputs a directory has, of what text, in which form.

    Attributes:
      tool: name and version of what wrote it.
      teacher: a checksum of its weights.
      precision: of its matrix products, `float32` or `bfloat16`.
      vocab_sha256: a checksum of its vocabulary.
      text_sha256: a checksum of the text.
      max_seq_length: the longest window in wordpieces.
      labels: task to its labels, in the order of their ids.
      kept: task to how many logits are kept of a wordpiece, the greatest; or all.
      shards: all shards of the text that hold sentences, whether their outputs are written or not.
      normalization: what the teacher makes of words before it splits them into pieces.
    """

    tool: str
    teacher: str
    precision: str
    vocab_sha256: str
    text_sha256: str
    max_seq_length: Annotated[int, Meta(ge=3)]
    labels: Annotated[Mapping[str, Sequence[str]], Meta(min_length=1)]
    kept: Mapping[str, Positive]
    shards: Annotated[Sequence[OutputShard], Meta(min_length=1)]
    normalization: Normalization = NONE

    def __post_init__(self) -> None:
        for task, labels in self.labels.items():
            if not task.isidentifier():
                raise ValueError(f"{task!r} is no name of a task")
            if len(labels) > MAX_LABELS:
                raise ValueError(f"{len(labels):,} labels of {task}, more than {MAX_LABELS:,}")
            if not 1 <= self.kept.get(task, 0) <= len(labels):
                raise ValueError(
                    f"of {task} are kept {self.kept.get(task)} of {len(labels)} logits"
                )

    def keeps_all(self, task: str) -> bool:
        """Whether all logits of a task are kept, and not the greatest alone."""
        return self.kept[task] == len(self.labels[task])


@dataclass(frozen=True)
class ShardOutputs:
    """What a whole shard of outputs holds, in the JSON file beside it.

    Attributes:
      shard: the file.
      lengths: length of a window in wordpieces, with `[CLS]` and `[SEP]`, to their number.
    """

    shard: Shard
    lengths: Annotated[Mapping[Annotated[int, Meta(ge=3)], Positive], Meta(min_length=1)]


def kept_bytes(info: OutputsInfo) -> int:
    """The bytes that are kept of a wordpiece, without its id."""
    return sum(
        2 * info.kept[task]
        if info.keeps_all(task)
        else 4 * info.kept[task] + 2 * NUM_REST_TEMPERATURES
        for task in info.labels
    )


def claim_outputs(directory: Path, info: OutputsInfo) -> None:
    """Writes what a directory is for, or checks that it is for the same.

    Raises:
      InputError: it holds other outputs, or something else.
    """
    if not (directory / _FILE).exists():
        # Of several machines that come here at once one writes it, and the others compare.
        if not is_free(directory, _FILE) and not (directory / _FILE).exists():
            raise InputError(f"{directory}: exists and holds no outputs; name another --output_dir")
        directory.mkdir(parents=True, exist_ok=True)
        content = {"format_version": FORMAT_VERSION, **asdict(info)}
        create_json(directory / _FILE, content)
    found = asdict(load_outputs_info(directory))
    for name, value in asdict(info).items():
        if found[name] != value and name != "tool":
            shown = f", {found[name]}" if name in ("precision", "max_seq_length", "kept") else ""
            raise InputError(
                f"{directory}: holds outputs with another {name}{shown}; name another "
                "--output_dir, or give the same teacher, text and options (--top_k, "
                "--keep_all_up_to, --max_seq_length, --precision) to go on"
            )


def load_outputs_info(directory: Path) -> OutputsInfo:
    """Reads what a directory is for.

    Raises:
      InputError: it holds no outputs.
    """
    if not (directory / _FILE).exists():
        raise InputError(
            f"{directory}: no {_FILE} there, so no teacher outputs; give the --output_dir of "
            "cache_teacher_outputs.py"
        )
    return read_json(
        directory / _FILE, OutputsInfo, _REMEDY, version=FORMAT_VERSION, oldest=_OLDEST_VERSION
    )


def _description(directory: Path, shard: OutputShard) -> Path:
    path = directory / shard.path
    return path.with_name(f"{path.name.removesuffix('.gz').removesuffix('.tfrecord')}.json")


def output_file(directory: Path, shard: OutputShard) -> Path:
    """The file of the outputs of a shard of text."""
    return _description(directory, shard).with_suffix(".tfrecord")


def write_description(directory: Path, shard: OutputShard, outputs: ShardOutputs) -> None:
    """Writes what a shard holds; the last step of writing it."""
    write_json(_description(directory, shard), asdict(outputs))


def read_description(directory: Path, shard: OutputShard) -> ShardOutputs | None:
    """Reads what a shard holds; None if it is not written, or not whole.

    Raises:
      InputError: the description is damaged.
    """
    path = _description(directory, shard)
    if not path.exists():
        return None
    outputs = read_json(path, ShardOutputs, _REMOVE_IT)
    windows = sum(outputs.lengths.values())
    if directory / outputs.shard.path != output_file(directory, shard) or windows > (
        outputs.shard.bytes // _LEAST_RECORD_BYTES
    ):
        raise InputError(f"{path}: not of the file beside it; {_REMOVE_IT}")
    try:
        check_shards(directory, [outputs.shard], _REMEDY)
    except InputError:
        return None
    return outputs


def load_outputs(directory: Path, info: OutputsInfo) -> list[tuple[OutputShard, ShardOutputs]]:
    """The shards of a directory with what they hold, by their descriptions and sizes.

    None is read: they may be hundreds of gigabytes, every worker wants them at every start, and a
    record has checksums of its own, which are looked at when it is read.

    Raises:
      InputError: one is missing, not whole, or of another description.
    """
    found = []
    for shard in info.shards:
        outputs = read_description(directory, shard)
        path = output_file(directory, shard)
        if outputs is None:
            raise InputError(f"{path}: missing or cut short; {_REMEDY}")
        if max(outputs.lengths) > info.max_seq_length:
            raise InputError(
                f"{path}: windows of over {info.max_seq_length} wordpieces; {_REMOVE_IT}"
            )
        found.append((shard, outputs))
    return found


def verify_outputs(directory: Path, info: OutputsInfo) -> None:
    """Reads all shards and compares their checksums, to find the one that could not be read.

    Raises:
      InputError: one is damaged.
    """
    shards = [outputs.shard for _, outputs in load_outputs(directory, info)]
    total = sum(shard.bytes for shard in shards)
    with progress(total=total, unit="B", unit_scale=True, desc="check", leave=False) as bar:
        for shard in shards:
            verify_shards(directory, [shard], _REMOVE_IT)
            bar.update(shard.bytes)


def serialize_outputs(input_ids: np.ndarray, kept: Mapping[str, np.ndarray]) -> bytes:
    """Serializes a window as a `tf.train.Example`.

    Args:
      input_ids: int `[pieces]`, `[CLS]` and `[SEP]` included.
      kept: what is kept, by name of the feature, `[pieces - 2, …]`.
    """
    features = {
        name: tf.train.Feature(
            bytes_list=tf.train.BytesList(value=[values.astype(_little_endian(values)).tobytes()])
        )
        for name, values in kept.items()
    }
    ids = tf.train.Feature(int64_list=tf.train.Int64List(value=input_ids))
    return tf.train.Example(
        features=tf.train.Features(feature={"input_ids": ids, **features})
    ).SerializeToString(deterministic=True)


def _little_endian(values: np.ndarray) -> np.dtype:
    return values.dtype.newbyteorder("<")


def parse_outputs(
    record: tf.Tensor, info: OutputsInfo, tasks: Iterable[str]
) -> dict[str, tf.Tensor]:
    """Parses one record.

    Args:
      record: string `[]`, serialized.
      info: what was kept.
      tasks: those of which it is wanted.

    Returns:
      `input_ids` int32 `[pieces]`, `[CLS]` and `[SEP]` included; and for each task what was kept,
      a row for each wordpiece but these: `TASK/logits` float16 `[pieces - 2, kept]`, and of tasks
      of which the greatest are kept `TASK/labels` int32 `[pieces - 2, kept]` and `TASK/rest`
      float16 `[pieces - 2, temperatures]`.
    """
    features = {"input_ids": tf.io.RaggedFeature(tf.int64)}
    kinds = {}
    for task in tasks:
        kinds[f"{task}/logits"] = tf.float16
        if not info.keeps_all(task):
            kinds |= {f"{task}/labels": tf.uint16, f"{task}/rest": tf.float16}
    features |= {name: tf.io.FixedLenFeature([], tf.string) for name in kinds}
    parsed = tf.io.parse_single_example(record, features)
    input_ids = tf.cast(parsed.pop("input_ids"), tf.int32)
    result = {"input_ids": input_ids}
    for name, raw in parsed.items():
        values = tf.io.decode_raw(raw, kinds[name])
        if kinds[name] == tf.uint16:
            values = tf.cast(values, tf.int32)
        task, kind = name.split("/")
        width = NUM_REST_TEMPERATURES if kind == "rest" else info.kept[task]
        result[name] = tf.reshape(values, [tf.size(input_ids) - 2, width])
    return result
