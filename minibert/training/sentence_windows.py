"""The windows of text, with what is kept of a teacher where it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import tensorflow as tf

from minibert.data.output_positions import WORDPIECES, WORDS, Positions
from minibert.data.output_records import OUTPUTS, Field, parse_outputs
from minibert.data.records import parse_text
from minibert.text.featurizer import Featurized, Featurizer
from minibert.text.text_parts import split_words


@dataclass(frozen=True)
class SentenceWindows:
    """Makes the windows of records of text; see `language_records.WindowMaker`.

    Attributes:
      featurizer: of who reads them.
      positions: `wordpieces` or `words`.
      fields: what is wanted of a teacher, if the records have it.
    """

    featurizer: Featurizer
    positions: Positions = WORDPIECES
    fields: Mapping[str, Field] = field(default_factory=dict)

    def __call__(
        self, serialized: tf.Tensor
    ) -> tuple[dict[str, tf.RaggedTensor | tf.Tensor], tf.Tensor]:
        """The windows of records; see `language_records.WindowMaker`."""
        found = featurize_positions(self.featurizer, self.positions, parse_text(serialized)[0])
        sentence = found.windows.sentence
        rows = found.word_positions.row_lengths()
        of_sentence = tf.math.unsorted_segment_sum(rows, sentence, tf.size(serialized))
        # The rows of a sentence are those of its windows, one behind the other.
        inputs = found.inputs()
        if self.fields:
            packed = parse_outputs(serialized, self.fields, of_sentence)
            inputs[OUTPUTS] = tf.RaggedTensor.from_row_lengths(packed, rows)
        return inputs, sentence


def featurize_positions(
    featurizer: Featurizer, positions: Positions, text: tf.Tensor
) -> Featurized:
    """The windows of text, with the positions that a teacher is asked about.

    What is longer than a window between two places where the text may be cut is several words for
    `wordpieces`. For `words` it is one, and cut: how many it would be depends on the vocabulary.

    Args:
      featurizer: makes the windows.
      positions: `wordpieces` for all of each window, so that what is in two windows is there twice;
        `words` for each word that `split_words` gives once, in whatever windows.
      text: string `[sentences]`.
    """
    if positions == WORDS:
        return featurizer.featurize(split_words(text))
    found = featurizer.featurize_text(text)
    return found._replace(word_positions=featurizer.all_positions(found.features))
