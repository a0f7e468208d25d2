"""The signatures of an exported model: words, text or examples in, tags out, for any length."""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from minibert.data.label_vocab import LabelVocab
from minibert.inference.tagging_functions import TaggingFunctions
from minibert.text.feature_spec import WORD_POSITIONS
from minibert.text.segmentation import segment

# Wordpieces that are classified at once, padding included, however many a request has: what a
# task with ten thousand labels takes for each is 40 kB several times.
_BATCH_WORDPIECES = 4096
# Of each tensor of an answer, padding included: a request with many short sentences and a long one
# is small, and its answer is not.
MAX_CELLS = 2**22

# What is answered beside `TASK` and `TASK_score`.
OTHER_OUTPUTS = frozenset({"num_words", "words", "start", "end"})
Outputs = dict[str, tf.Tensor]


class ServingModule(tf.Module):
    """What is saved.

    Attributes:
      encode, classify: the functions of `TaggingFunctions`, for callers in Python that batch
        themselves.
    """

    def __init__(
        self,
        functions: TaggingFunctions,
        label_vocabs: Sequence[LabelVocab],
        *,
        top_k: int,
        assets: Sequence[str],
    ):
        """Makes the module.

        Args:
          functions: the model.
          label_vocabs: the labels of each task.
          top_k: how many labels to answer for each word. With 1 answers have no axis for them.
          assets: paths of files to be saved with the model.
        """
        super().__init__(name="minibert")
        self._functions = functions
        self.encode = functions.encode
        self.classify = functions.classify
        self._label_vocabs = label_vocabs
        self._labels = {vocab.task: tf.constant(vocab.labels) for vocab in label_vocabs}
        self._top_k = top_k
        self._assets = [tf.saved_model.Asset(path) for path in assets]

    @property
    def signatures(self) -> dict[str, tf.types.experimental.ConcreteFunction]:
        """The signatures by name."""
        return {
            "serving_default": self.tag_words.get_concrete_function(),
            "serve_text": self.tag_text.get_concrete_function(),
            "serve_examples": self.tag_examples.get_concrete_function(),
        }

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.string, name="words")])
    def tag_words(self, words: tf.Tensor) -> Outputs:
        """Tags pre-segmented sentences.

        Args:
          words: string `[batch, max_words]`, `""` behind the last word of a sentence. One that is
            followed by others is a word.

        Returns:
          For each task `TASK` string and `TASK_score` float32, `[batch, max_words]`, or
          `[batch, max_words, k]`, `""` and 0 behind the last word; `num_words` int32 `[batch]`.
        """
        max_words = tf.shape(words)[1]
        places = tf.where(tf.not_equal(words, ""), tf.range(1, max_words + 1), 0)
        # The greatest of no places, in a batch whose sentences have no room, is 0, too.
        counts = tf.maximum(tf.reduce_max(places, axis=1), 0)
        sentences = tf.RaggedTensor.from_tensor(words, lengths=counts)
        return self._answer(self._bounded(sentences, tf.cast(max_words, tf.int64)), max_words)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def tag_text(self, text: tf.Tensor) -> Outputs:
        """Cuts texts into words and tags these.

        Args:
          text: string `[batch]`, UTF-8; another is an error.

        Returns:
          As `tag_words`, `max_words` being the most that a text has; `words` string
          `[batch, max_words]`; `start` and `end` int32 `[batch, max_words]`, in bytes, -1 behind
          the last word.
        """
        segmented = segment(text)
        max_words = segmented.words.bounding_shape(axis=1)
        words = self._bounded(segmented.words, max_words)
        answer = self._answer(words, max_words)
        answer["words"] = words.to_tensor("")
        for name, offsets in (("start", segmented.starts), ("end", segmented.ends)):
            offsets = tf.cast(offsets.values, tf.int32)
            answer[name] = words.with_values(offsets).to_tensor(-1)
        return answer

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def tag_examples(self, examples: tf.Tensor) -> Outputs:
        """Tags the feature `words` of examples.

        Args:
          examples: string `[batch]`, serialized `tf.train.Example`s.

        Returns:
          As `tag_words`, `max_words` being the most that an example has.
        """
        features = {"words": tf.io.RaggedFeature(tf.string, row_splits_dtype=tf.int64)}
        words = tf.io.parse_example(examples, features)["words"]
        max_words = words.bounding_shape(axis=1)
        return self._answer(self._bounded(words, max_words), max_words)

    def _bounded(self, words: tf.RaggedTensor, max_words: tf.Tensor) -> tf.RaggedTensor:
        """The same words, if the answer for them is not much larger than they are."""
        check = tf.debugging.assert_less_equal(
            words.nrows(tf.int64) * max_words * self._top_k,
            tf.constant(MAX_CELLS, tf.int64),
            message=f"an answer of over {MAX_CELLS:,} cells, the longest sentence times the number "
            "of sentences; send long ones apart from others",
        )
        with tf.control_dependencies([check]):
            return tf.RaggedTensor.from_row_splits(
                tf.identity(words.values), tf.identity(words.row_splits), validate=False
            )

    def _answer(self, words: tf.RaggedTensor, max_words: tf.Tensor) -> Outputs:
        """The answer for words, string `[batch, (words)]`, `max_words` wide."""
        answer = {"num_words": tf.cast(words.row_lengths(), tf.int32)}
        for name, flat in self._tag(words).items():
            filler: str | float = "" if flat.dtype == tf.string else 0.0
            shape = tf.stack([-1, tf.cast(max_words, tf.int32), *flat.shape[1:]])
            answer[name] = words.with_values(flat).to_tensor(filler, shape=shape)
        return answer

    def _tag(self, words: tf.RaggedTensor) -> Outputs:
        """`TASK` and `TASK_score` of all words, `[words]` or `[words, k]` each."""
        functions = self._functions
        whole = functions.featurizer.whole(words)
        longest = whole.longest()
        rows = words.nrows(tf.int64)
        is_one_batch = tf.reduce_all(
            tf.stack(
                [
                    rows > 0,
                    longest <= functions.featurizer.spec.max_length,
                    rows * longest <= _BATCH_WORDPIECES,
                ]
            )
        )
        # Most requests are one batch, and then no window is to be cut and nothing to be sorted.
        results = tf.cond(
            is_one_batch,
            lambda: self._classify(whole.inputs()),
            lambda: self._classify_in_parts(words),
        )
        answer: Outputs = {}
        for task, labels in self._labels.items():
            answer[task] = tf.gather(labels, results[f"{task}_ids"])
            answer[f"{task}_score"] = results[f"{task}_probabilities"]
        if self._top_k == 1:
            answer = {name: tf.squeeze(values, axis=1) for name, values in answer.items()}
        return answer

    def _classify(self, inputs: Mapping[str, tf.Tensor]) -> Outputs:
        """The outputs of `TaggingFunctions.classify` for a batch."""
        in_order = [inputs[name] for name in self._functions.featurizer.spec.padding]
        outputs = self._functions.classify(*in_order, tf.constant(self._top_k))
        return {
            f"{vocab.task}_{kind}": tf.ensure_shape(
                outputs[f"{vocab.task}_{kind}"], [None, min(self._top_k, len(vocab))]
            )
            for vocab in self._label_vocabs
            for kind in ("ids", "probabilities")
        }

    def _classify_in_parts(self, words: tf.RaggedTensor) -> Outputs:
        """The same for sentences of any length and number, in batches of about the same length."""
        encoded = self._functions.encode(words.flat_values, tf.cast(words.row_lengths(), tf.int64))
        featurizer = self._functions.featurizer
        inputs = {
            name: tf.RaggedTensor.from_row_splits(
                encoded[name], encoded[f"{name}_splits"], validate=False
            )
            for name in featurizer.spec.padding
        }
        # Which word each position is of: all of them, in order.
        positions = inputs[WORD_POSITIONS]
        word_ids = positions.with_values(tf.range(tf.size(positions.flat_values)))
        lengths = tf.cast(featurizer.lengths(inputs), tf.int32)
        by_length = tf.argsort(lengths, direction="DESCENDING", stable=True)
        num_windows = tf.size(lengths)

        def classify_next(start: tf.Tensor, results: Outputs) -> tuple[tf.Tensor, Outputs]:
            longest = lengths[by_length[start]]
            end = start + tf.maximum(1, _BATCH_WORDPIECES // longest)
            batch = by_length[start:end]
            outputs = self._classify(
                {
                    name: tf.gather(inputs[name], batch).to_tensor(value)
                    for name, value in featurizer.spec.padding.items()
                }
            )
            rows = tf.gather(word_ids, batch).flat_values[:, tf.newaxis]
            return end, {
                name: tf.tensor_scatter_nd_update(results[name], rows, values)
                for name, values in outputs.items()
            }

        empty: Outputs = {}
        for vocab in self._label_vocabs:
            shape = [tf.size(word_ids.flat_values), min(self._top_k, len(vocab))]
            empty[f"{vocab.task}_ids"] = tf.zeros(shape, tf.int32)
            empty[f"{vocab.task}_probabilities"] = tf.zeros(shape)
        _, results = tf.while_loop(
            lambda start, _: start < num_windows,
            classify_next,
            (tf.constant(0), empty),
            parallel_iterations=1,
        )
        return results
