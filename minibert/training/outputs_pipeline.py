"""Batches of what a teacher says of text, to train a student on or to compare it with."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from minibert.data.input_pipeline import Batching
from minibert.data.mixing import mix
from minibert.data.shards import read_shards
from minibert.data.teacher_outputs import (
    OutputShard,
    OutputsInfo,
    ShardOutputs,
    output_file,
    parse_outputs,
)

Window = dict[str, tf.Tensor]


class OutputsPipeline:
    """Makes the batches of one split.

    A batch has `input_ids` int32 [windows, pieces], `word_positions` int32 [windows, wordpieces],
    those of all but `[CLS]` and `[SEP]`, and `group` int32 [windows], the language. For training it
    has what `parse_outputs` gives, [windows, wordpieces, …]; for evaluation, for each task the
    label that the teacher finds likeliest, int32 [windows, wordpieces].
    """

    def __init__(
        self,
        directory: Path,
        info: OutputsInfo,
        outputs: Sequence[tuple[OutputShard, ShardOutputs]],
        batching: Batching,
        *,
        pad_id: int,
        seed: int,
    ):
        """Takes what all epochs share.

        Args:
          directory: where the outputs are.
          info: what they are.
          outputs: the shards of the split.
          batching: how windows become batches.
          pad_id: fills up windows.
          seed: determines the order in each epoch.
        """
        self._info = info
        self._batching = batching
        self._pad_id = pad_id
        self._seed = seed
        self._paths: defaultdict[str, list[str]] = defaultdict(list)
        self._counts: defaultdict[str, int] = defaultdict(int)
        lengths: list[np.ndarray] = []
        for shard, found in outputs:
            self._paths[shard.language].append(str(output_file(directory, shard)))
            self._counts[shard.language] += sum(found.lengths.values())
            lengths.append(np.repeat(list(found.lengths), list(found.lengths.values())))
        self._lengths = np.concatenate(lengths)

    @property
    def groups(self) -> Sequence[str]:
        """The languages, in the order of their ids in a batch."""
        return list(self._paths)

    def num_steps(self, epoch: int) -> int:
        """The number of batches; the same in every epoch."""
        return self._batching.num_batches(self._lengths)

    def num_wordpieces(self, epoch: int) -> int:
        """The number of wordpieces in an epoch, `[CLS]` and `[SEP]` included."""
        return int(self._lengths.sum())

    def training_batches(self, epoch: int, skip: int = 0) -> tf.data.Dataset:
        """The batches of an epoch of training, but for the first `skip`."""
        records = [read_shards(paths, compressed=False) for paths in self._paths.values()]
        numbered = [self._number(dataset, group) for group, dataset in enumerate(records)]
        mixed = mix(numbered, list(self._counts.values()), [self._seed, epoch])
        return self._batches(mixed, lambda outputs: outputs).skip(skip).prefetch(tf.data.AUTOTUNE)

    def evaluation_batches(self) -> tf.data.Dataset:
        """The batches of every window once, in order, with the teacher's likeliest labels."""
        records = [read_shards(paths, compressed=False) for paths in self._paths.values()]
        in_order = self._number(records[0], 0)
        for group, dataset in enumerate(records[1:], start=1):
            in_order = in_order.concatenate(self._number(dataset, group))
        return self._batches(in_order, self._likeliest).prefetch(tf.data.AUTOTUNE)

    def _number(self, records: tf.data.Dataset, group: int) -> tf.data.Dataset:
        return records.map(lambda record: (record, tf.constant(group, tf.int32)))

    def _batches(
        self, records: tf.data.Dataset, select: Callable[[Window], Window]
    ) -> tf.data.Dataset:
        def window(record: tf.Tensor, group: tf.Tensor) -> Window:
            outputs = parse_outputs(record, self._info)
            input_ids = outputs.pop("input_ids")
            return {
                "input_ids": input_ids,
                "word_positions": tf.range(1, tf.size(input_ids) - 1),
                "group": group,
                **select(outputs),
            }

        windows = records.map(window, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        return self._batching.apply(windows, self._pad_id)

    def _likeliest(self, outputs: Window) -> Window:
        """The label with the greatest logit; what is kept of many labels has it first."""
        return {
            task: tf.argmax(outputs[f"{task}/logits"], axis=1, output_type=tf.int32)
            if self._info.keeps_all(task)
            else outputs[f"{task}/labels"][:, 0]
            for task in self._info.labels
        }
