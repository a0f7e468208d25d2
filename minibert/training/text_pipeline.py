"""Batches of unlabeled text, for a teacher that is asked while the student is trained."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from minibert.chunks import SENTENCES_PER_CALL
from minibert.data.input_pipeline import Batch, Batching
from minibert.data.records import parse_text
from minibert.data.text_corpus import TextShard, read_text_shard
from minibert.data.text_info import TextInfo
from minibert.progress import progress
from minibert.text.feature_spec import WORD_POSITIONS
from minibert.text.featurizer import Featurizer
from minibert.training.language_pipeline import LanguagePipeline


class TextPipeline(LanguagePipeline):
    """Makes the batches of one split.

    A batch has the features of the encoder, `word_positions` int32 [windows, size], those of all of
    the text, and `group` int32 [windows], the language; for evaluation also what `likeliest` gives.
    """

    def __init__(
        self,
        text: TextInfo,
        shards: Sequence[TextShard],
        featurizer: Featurizer,
        batching: Batching,
        *,
        seed: int,
        sampling_exponent: float,
        likeliest: Callable[[Batch], Batch],
    ):
        """Tokenizes all of the text once, for the lengths of the windows.

        Args:
          text: the text.
          shards: those of the split.
          featurizer: makes the windows.
          batching: how windows become batches.
          seed: determines the order in each epoch.
          sampling_exponent: as of `LanguagePipeline`.
          likeliest: gives the teacher's likeliest labels of a batch, for each task int32 [windows,
            wordpieces].

        Raises:
          InputError: the text is damaged.
        """
        self._text = text
        self._likeliest = likeliest
        super().__init__(
            ((s.language, str(text.directory / s.shard.path), s.sentences) for s in shards),
            self._scan(shards, featurizer),
            batching,
            compressed=text.gzip,
            featurizer=featurizer,
            seed=seed,
            sampling_exponent=sampling_exponent,
        )

    def _scan(
        self, shards: Sequence[TextShard], featurizer: Featurizer
    ) -> Mapping[str, Counter[int]]:
        """How many windows of which length there are of each language."""

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def measure(sentences: tf.Tensor) -> tf.Tensor:
            return featurizer.lengths(featurizer.featurize_text(sentences).features)

        windows: defaultdict[str, Counter[int]] = defaultdict(Counter)
        total = sum(shard.sentences for shard in shards)
        with progress(total=total, unit=" sentences", desc="scan", leave=False) as bar:
            for shard in shards:
                for sentences in read_text_shard(self._text, shard, sentences=SENTENCES_PER_CALL):
                    windows[shard.language].update(measure(sentences).numpy().tolist())
                    bar.update(len(sentences))
        return windows

    def _evaluation_batches(self, records: tf.data.Dataset) -> tf.data.Dataset:
        # What a teacher says of the part that was held out is the same in every epoch, and takes 16
        # bytes a wordpiece.
        return self._batches(records).map(lambda batch: {**batch, **self._likeliest(batch)}).cache()

    def _batches(self, records: tf.data.Dataset) -> tf.data.Dataset:
        def of_text(batch: Batch) -> Batch:
            return {**batch, WORD_POSITIONS: self._featurizer.all_positions(batch)}

        return super()._batches(records).map(of_text, num_parallel_calls=tf.data.AUTOTUNE)

    def _training_windows(self, records: tf.data.Dataset) -> tf.data.Dataset:
        def windows(serialized: tf.Tensor, groups: tf.Tensor) -> dict[str, tf.Tensor]:
            found = self._featurizer.featurize_text(parse_text(serialized)[0])
            return {**found.features, "group": tf.gather(groups, found.windows.sentence)}

        return (
            records.batch(SENTENCES_PER_CALL)
            .map(windows, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
            .unbatch()
            # A row of a ragged tensor is a tensor, but its declared type is ragged still.
            .map(lambda window: dict(window))
        )
