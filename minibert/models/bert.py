"""The BERT encoder, from tf-models-official. The one module that knows that package's encoders."""

from collections.abc import Mapping

import tensorflow as tf
import tf_keras
from official.nlp.modeling.networks import BertEncoderV2

from minibert.models.activations import ACTIVATIONS
from minibert.models.bert_config import BertConfig
from minibert.models.encoder import Encoded, Encoder
from minibert.text.subword_features import INPUT_IDS


class BertEncoder(Encoder):
    """BERT (Devlin et al. 2019): wordpiece ids in, one vector for each out.

    Post-layer-norm, activation and epsilon as the configuration says.
    """

    def __init__(
        self,
        config: BertConfig,
        pad_values: Mapping[str, int],
        *,
        embedding_layer: tf_keras.layers.Layer | None = None,
        xla: bool = False,
    ):
        """Builds the encoder with random weights: truncated normal, `initializer_range`.

        Args:
          config: its shape.
          pad_values: of `input_ids`.
          embedding_layer: takes the place of the word embeddings, a plain table.
          xla: compile it with XLA, once for each shape of a batch.
        """
        super().__init__(pad_values)
        self._bert = BertEncoderV2(
            vocab_size=config.vocab_size,
            hidden_size=config.hidden_size,
            num_layers=config.num_hidden_layers,
            num_attention_heads=config.num_attention_heads,
            max_sequence_length=config.max_position_embeddings,
            type_vocab_size=config.type_vocab_size,
            inner_dim=config.intermediate_size,
            inner_activation=ACTIVATIONS[config.hidden_act],
            output_dropout=config.hidden_dropout_prob,
            attention_dropout=config.attention_probs_dropout_prob,
            initializer=tf_keras.initializers.TruncatedNormal(stddev=config.initializer_range),
            embedding_layer=embedding_layer,
            name="bert",
        )
        # No argument sets the epsilon. The layers make their norms when they are built.
        self._bert._embedding_norm_layer.epsilon = config.norm_epsilon
        for layer in self._bert.transformer_layers:
            layer._norm_epsilon = config.norm_epsilon
        # Of the pooled [CLS] nothing is used; its weights are kept for the public checkpoints.
        self._bert.pooler_layer.trainable = False
        self._transform = tf.function(self._bert, jit_compile=True) if xla else self._bert

    def call(self, inputs: Mapping[str, tf.Tensor], training: bool = False) -> Encoded:
        """Encodes a batch.

        Args:
          inputs: `input_ids` int32 `[batch, pieces]`, padded.
          training: whether dropout is on.
        """
        input_ids = inputs[INPUT_IDS]
        is_piece = tf.not_equal(input_ids, self.pad_values[INPUT_IDS])
        outputs = self._transform(
            {
                "input_word_ids": input_ids,
                # Looked up here, outside of what XLA compiles, where the gradient of the table
                # would be as large as the table.
                "input_word_embeddings": self.embedding_layer(input_ids),
                "input_mask": tf.cast(is_piece, tf.int32),
                "input_type_ids": tf.zeros_like(input_ids),
            },
            training=training,
        )
        return Encoded(outputs["sequence_output"], outputs["encoder_outputs"])

    @property
    def embedding_layer(self) -> tf_keras.layers.Layer:
        """The layer that looks up word embeddings."""
        return self._bert.get_embedding_layer()

    @property
    def named_weights(self) -> dict[str, tf.Variable]:
        """All weights by the names that the model garden has for them, without prefix or ":0"."""
        named = {}
        for weight in self.weights:
            # What XLA compiles is not in the scope of this layer.
            name = weight.name.removesuffix(":0").split(f"{self.name}/", 1)[-1]
            named[name.removeprefix(f"{self._bert.name}/")] = weight
        return named

    @property
    def word_embeddings(self) -> tf.Variable:
        """float32 `[vocab_size, hidden_size]`."""
        return self._bert.get_embedding_table()
