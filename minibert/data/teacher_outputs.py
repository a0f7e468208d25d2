"""What a teacher says of unlabeled text, on disk: a directory that many machines may fill together.

    OUTPUT_DIR/
      teacher_outputs.json                 whose outputs, of what text, and the table of fields
      train/de-00000-of-00001.tfrecord     a record a sentence, in the order of the text
      train/de-00000-of-00001.json         what that shard holds; written when the shard is whole

`output_records` has what a record is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from minibert.data.label_vocab import MAX_LABELS
from minibert.data.output_positions import WORDS, Positions
from minibert.data.output_records import Field
from minibert.data.shards import Shard, check_shards
from minibert.errors import InputError
from minibert.files import is_free
from minibert.json_files import Count, Positive, create_json, read_json, write_json
from minibert.text.normalization import NONE, Normalization

FORMAT_VERSION = 5
# The first by sentence. Its words were what is between white space, with punctuation.
_OLDEST_VERSION = 4
OUTPUTS_FILE = "teacher_outputs.json"
REMEDY = "run cache_teacher_outputs.py again"
REMOVE_IT = f"remove it, and {REMEDY}"


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


@dataclass(frozen=True, kw_only=True)
class OutputsOrigin:
    """Whose outputs a directory has, of what text.

    Attributes:
      tool: name and version of what wrote it.
      teacher: a checksum of its weights.
      precision: of its matrix products, `float32` or `bfloat16`.
      vocab_sha256: a checksum of its vocabulary.
      text_sha256: a checksum of the text.
      max_seq_length: the longest window in wordpieces.
      labels: task to its labels, in the order of their ids.
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
    shards: Annotated[Sequence[OutputShard], Meta(min_length=1)]
    normalization: Normalization = NONE

    def __post_init__(self) -> None:
        for task, labels in self.labels.items():
            if not task.isidentifier():
                raise ValueError(f"{task!r} is no name of a task")
            if len(labels) > MAX_LABELS:
                raise ValueError(f"{len(labels):,} labels of {task}, more than {MAX_LABELS:,}")


@dataclass(frozen=True, kw_only=True)
class OutputsInfo(OutputsOrigin):
    """Whose outputs a directory has, of what text, in which form.

    Attributes:
      kept: the table of fields: name, such as `upos/logits`, to what is kept at each position.
      positions: where in the text the outputs are of.
      format_version: that of the directory.
    """

    kept: Annotated[Mapping[str, Field], Meta(min_length=1)]
    positions: Positions
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.positions == WORDS and self.format_version < FORMAT_VERSION:
            raise ValueError("of words with the punctuation behind them, as a version before had")


@dataclass(frozen=True)
class ShardOutputs:
    """What a whole shard of outputs holds, in the JSON file beside it.

    Attributes:
      shard: the file.
      lengths: length of a window in wordpieces, with `[CLS]` and `[SEP]`, to their number.
      sentences: how many there are, a record each; 0 in an old form, of a record a window.
      rows: the positions that outputs are kept of.
    """

    shard: Shard
    lengths: Annotated[Mapping[Positive, Positive], Meta(min_length=1)]
    sentences: Count = 0
    rows: Count = 0

    @property
    def records(self) -> int:
        """How many there are."""
        return self.sentences or sum(self.lengths.values())


def kept_bytes(info: OutputsInfo) -> int:
    """The bytes that are kept of a position."""
    return sum(field.bytes for field in info.kept.values())


def claim_outputs(directory: Path, info: OutputsInfo) -> None:
    """Writes what a directory is for, or checks that it is for the same.

    Raises:
      InputError: it holds other outputs, or something else.
    """
    if not (directory / OUTPUTS_FILE).exists():
        # Of several machines that come here at once one writes it, and the others compare.
        if not is_free(directory, OUTPUTS_FILE) and not (directory / OUTPUTS_FILE).exists():
            raise InputError(f"{directory}: exists and holds no outputs; name another --output_dir")
        directory.mkdir(parents=True, exist_ok=True)
        create_json(directory / OUTPUTS_FILE, asdict(info))
    found = asdict(_load_info(directory, "name another --output_dir"))
    for name, value in asdict(info).items():
        if found[name] != value and name != "tool":
            shown = (
                f", {found[name]}"
                if name in ("precision", "max_seq_length", "positions", "kept")
                else ""
            )
            raise InputError(
                f"{directory}: holds outputs with another {name}{shown}; name another "
                "--output_dir, or give the same teacher, text and options (--positions, --top_k, "
                "--keep_all_up_to, --max_seq_length, --precision) to go on"
            )


def load_outputs_info(directory: Path) -> OutputsInfo:
    """Reads what a directory is for.

    Raises:
      InputError: it holds no outputs.
    """
    if not (directory / OUTPUTS_FILE).exists():
        raise InputError(
            f"{directory}: no {OUTPUTS_FILE} there, so no teacher outputs; give the --output_dir "
            "of cache_teacher_outputs.py"
        )
    return _load_info(directory, REMOVE_IT)


def _load_info(directory: Path, remedy: str) -> OutputsInfo:
    return read_json(
        directory / OUTPUTS_FILE,
        OutputsInfo,
        remedy,
        version=FORMAT_VERSION,
        oldest=_OLDEST_VERSION,
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
    outputs = read_json(path, ShardOutputs, REMOVE_IT)
    if directory / outputs.shard.path != output_file(directory, shard):
        raise InputError(f"{path}: not of the file beside it; {REMOVE_IT}")
    try:
        check_shards(directory, [outputs.shard], REMEDY)
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
            raise InputError(f"{path}: missing or cut short; {REMEDY}")
        if max(outputs.lengths) > info.max_seq_length:
            raise InputError(
                f"{path}: windows of over {info.max_seq_length} wordpieces; {REMOVE_IT}"
            )
        found.append((shard, outputs))
    return found
