"""Batches of what a teacher says of text, to train a student on or to compare it with."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import tensorflow as tf

from minibert.data.input_pipeline import Batching
from minibert.data.mixing import SHUFFLE_BUFFER
from minibert.data.teacher_outputs import (
    OutputShard,
    OutputsInfo,
    ShardOutputs,
    output_file,
    parse_outputs,
)
from minibert.text.feature_spec import WORD_POSITIONS
from minibert.text.featurizer import Featurizer
from minibert.text.wordpiece_features import INPUT_IDS
from minibert.training.language_pipeline import LanguagePipeline, Window

# What waits in memory to be shuffled, of all languages together: where much is kept of the teacher,
# the order changes less from epoch to epoch. Shards are in the order of the text, which is random.
_SHUFFLE_BYTES = 2**29


class OutputsPipeline(LanguagePipeline):
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
        tasks: Collection[str],
        featurizer: Featurizer,
        seed: int,
        sampling_exponent: float,
    ):
        """Takes what all epochs share.

        Args:
          directory: where the outputs are.
          info: what they are.
          outputs: the shards of the split.
          batching: how windows become batches.
          tasks: those of which outputs are wanted.
          featurizer: that of teacher and student.
          seed: determines the order in each epoch.
          sampling_exponent: as of `LanguagePipeline`.
        """
        windows: defaultdict[str, Counter[int]] = defaultdict(Counter)
        for shard, found in outputs:
            windows[shard.language].update(found.lengths)
        super().__init__(
            (
                (shard.language, str(output_file(directory, shard)), sum(found.lengths.values()))
                for shard, found in outputs
            ),
            windows,
            batching,
            compressed=False,
            featurizer=featurizer,
            seed=seed,
            sampling_exponent=sampling_exponent,
            shuffle_buffer=_shuffle_buffer(outputs),
        )
        self._info = info
        self._tasks = tasks

    def _training_windows(self, records: tf.data.Dataset) -> tf.data.Dataset:
        return self._windows(records, lambda outputs: outputs)

    def _evaluation_batches(self, records: tf.data.Dataset) -> tf.data.Dataset:
        return self._batching.apply(self._windows(records, self._likeliest), self._featurizer)

    def _windows(
        self, records: tf.data.Dataset, select: Callable[[Window], Window]
    ) -> tf.data.Dataset:
        def window(record: tf.Tensor, group: tf.Tensor) -> Window:
            outputs = parse_outputs(record, self._info, self._tasks)
            input_ids = outputs.pop(INPUT_IDS)
            return {
                INPUT_IDS: input_ids,
                WORD_POSITIONS: tf.range(1, tf.size(input_ids) - 1),
                "group": group,
                **select(outputs),
            }

        return records.map(window, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    def _likeliest(self, outputs: Window) -> Window:
        """The label with the greatest logit; what is kept of many labels has it first."""
        return {
            task: tf.argmax(outputs[f"{task}/logits"], axis=1, output_type=tf.int32)
            if self._info.keeps_all(task)
            else outputs[f"{task}/labels"][:, 0]
            for task in self._tasks
        }


def _shuffle_buffer(outputs: Sequence[tuple[OutputShard, ShardOutputs]]) -> int:
    """How many records of each language are in memory to be shuffled."""
    records = sum(sum(found.lengths.values()) for _, found in outputs)
    size = sum(found.shard.bytes for _, found in outputs)
    languages = len({shard.language for shard, _ in outputs})
    return max(1, min(SHUFFLE_BUFFER, _SHUFFLE_BYTES * records // (size * languages)))
