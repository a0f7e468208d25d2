"""Kept outputs of the formats 2 and 3: a record a window, with the ids that the teacher read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from minibert.data.output_positions import WORDPIECES
from minibert.data.output_records import OUTPUTS, Field, parse_outputs
from minibert.data.teacher_outputs import OUTPUTS_FILE, REMEDY, OutputsInfo, OutputsOrigin
from minibert.json_files import read_json
from minibert.text.feature_spec import WORD_POSITIONS
from minibert.text.featurizer import Featurizer
from minibert.text.subword_features import INPUT_IDS

# The first had no normalization.
_VERSIONS = (2, 3)
_NUM_REST_TEMPERATURES = 5


@dataclass(frozen=True, kw_only=True)
class _OldInfo(OutputsOrigin):
    """What `teacher_outputs.json` held; `kept` was task to how many logits."""

    kept: Mapping[str, int]

    def __post_init__(self) -> None:
        super().__post_init__()
        for task, labels in self.labels.items():
            if not 1 <= self.kept.get(task, 0) <= len(labels):
                raise ValueError(
                    f"of {task} are kept {self.kept.get(task)} of {len(labels)} logits"
                )


def has_old_outputs(directory: Path) -> bool:
    """Whether a directory is of an old form.

    Raises:
      InputError: its description is damaged.
    """
    path = directory / OUTPUTS_FILE
    return (
        path.exists() and read_json(path, dict[str, Any], REMEDY).get("format_version") in _VERSIONS
    )


def load_old_info(directory: Path) -> OutputsInfo:
    """Reads what a directory is for, as `load_outputs_info` does.

    Raises:
      InputError: its description is damaged.
    """
    oldest, newest = _VERSIONS
    old = read_json(directory / OUTPUTS_FILE, _OldInfo, REMEDY, version=newest, oldest=oldest)
    kept = {}
    for task, labels in old.labels.items():
        kept[f"{task}/logits"] = Field("float16", old.kept[task])
        if old.kept[task] < len(labels):
            kept[f"{task}/labels"] = Field("uint16", old.kept[task])
            kept[f"{task}/rest"] = Field("float16", _NUM_REST_TEMPERATURES)
    return OutputsInfo(**{**vars(old), "kept": kept, "positions": WORDPIECES})


def old_kept(info: OutputsInfo) -> dict[str, int]:
    """Task to how many logits are kept, as runs of then have recorded it."""
    return {task: info.kept[f"{task}/logits"].width for task in info.labels}


@dataclass(frozen=True)
class OldWindows:
    """The windows of records; see `training.language_records.WindowMaker`.

    Attributes:
      featurizer: of who reads them, which is the teacher's.
      fields: what is wanted of a teacher.
    """

    featurizer: Featurizer
    fields: Mapping[str, Field]

    def __call__(
        self, serialized: tf.Tensor
    ) -> tuple[dict[str, tf.RaggedTensor | tf.Tensor], tf.Tensor]:
        """The windows of records, a window each."""
        ids = tf.io.parse_example(
            serialized, {INPUT_IDS: tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64)}
        )[INPUT_IDS]
        features = {INPUT_IDS: tf.cast(ids, tf.int32)}
        positions = self.featurizer.all_positions(features)
        rows = positions.row_lengths()
        inputs = {**features, WORD_POSITIONS: positions}
        packed = parse_outputs(serialized, self.fields, rows)
        kept = {OUTPUTS: tf.RaggedTensor.from_row_lengths(packed, rows)}
        return {**inputs, **kept}, tf.range(tf.size(serialized))
