"""Speed of the training step, next to what the machine can multiply."""

from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np
import tensorflow as tf

from minibert.benchmark.timing import Rate, measure_rates
from minibert.data.input_pipeline import Batch, InputPipeline
from minibert.data.label_vocab import LabelVocab
from minibert.models.bert_config import BertConfig
from minibert.models.trained_model import ModelDescription
from minibert.text.wordpiece import WordpieceTokenizer
from minibert.training.composition import create_composed_tagger
from minibert.training.fine_tune_config import BFLOAT16, FLOAT32
from minibert.training.hardware import matmul_precision
from minibert.training.optimization import WarmupLinearDecay, create_optimizer
from minibert.training.step_dropout import StepSeeds, seed_dropout
from minibert.training.tagging_loss import TaggingLoss
from minibert.training.train_loop import TrainStep

# precision, XLA, rows of the embedding table that are updated, composition
VARIANTS = {
    "float32": (FLOAT32, False, "touched", False),
    "float32, all rows updated": (FLOAT32, False, "all", False),
    "float32, XLA": (FLOAT32, True, "touched", False),
    "bfloat16": (BFLOAT16, False, "touched", False),
    "bfloat16, all rows updated": (BFLOAT16, False, "all", False),
    "bfloat16, composition": (BFLOAT16, False, "touched", True),
}
_MATRIX = 2048


def measure_training(
    pipeline: InputPipeline,
    tokenizer: WordpieceTokenizer,
    label_vocabs: Sequence[LabelVocab],
    bert_config: BertConfig,
    *,
    steps: int,
    rounds: int,
) -> dict[str, Rate]:
    """Wordpieces per second, padding not counted, of the training step in each variant."""
    max_seq_length = pipeline.batching.max_seq_length
    description = ModelDescription(
        bert_config, tokenizer.vocab, label_vocabs, max_seq_length, np.zeros(0, np.int64)
    )
    dataset = pipeline.training_batches(0)
    batches = list(islice(dataset, steps))
    wordpieces = sum(
        int(tf.math.count_nonzero(batch["input_ids"] != tokenizer.pad_id)) for batch in batches
    )
    variants = {
        name: _variant(name, description, tokenizer, dataset.element_spec, batches, wordpieces)
        for name in VARIANTS
    }
    return measure_rates(variants, rounds)


def _variant(
    name: str,
    description: ModelDescription,
    tokenizer: WordpieceTokenizer,
    batch_spec: dict[str, tf.TensorSpec],
    batches: list[Batch],
    wordpieces: int,
) -> Callable[[], int]:
    precision, xla, rows, composition = VARIANTS[name]
    if composition:
        tagger = create_composed_tagger(description, dropout=0.1, xla=xla)
    else:
        tagger = description.create_tagger(dropout=0.1, xla=xla)
    optimizer = create_optimizer(
        tagger.trainable_variables,
        WarmupLinearDecay(peak=1e-4, total_steps=10**6, warmup_steps=10**5),
        weight_decay=0.01,
        embedding_tables=tagger.encoder.embedding_layer.weights,
        touched_rows_only=rows == "touched",
    )
    seeds = StepSeeds(1, optimizer.iterations)
    seed_dropout(tagger, seeds)
    step = TrainStep(
        TaggingLoss(tagger, tokenizer, seeds, wordpiece_dropout=0.1),
        tagger.trainable_variables,
        optimizer,
        clip_norm=1.0,
        strategy=tf.distribute.get_strategy(),
    )
    step.compile(batch_spec)

    def train() -> int:
        with matmul_precision(precision):
            for batch in batches:
                result = step(batch)
        float(result["gradient_norm"])
        return wordpieces

    return train


def training_flops(
    config: BertConfig, label_counts: Sequence[int], wordpieces: int, words: int, length: float
) -> float:
    """Floating-point operations of matrix products in one pass forward and backward.

    Two for each weight and row forward, twice that backward. Look-ups, layer norms, softmax and
    the optimizer are not counted.

    Args:
      config: the encoder.
      label_counts: the number of labels of each task.
      wordpieces: rows of the encoder.
      words: rows of the heads.
      length: the mean length of a window, weighted by wordpieces, for attention.
    """
    hidden, inner = config.hidden_size, config.intermediate_size
    per_layer = 4 * hidden * hidden + 2 * hidden * inner + 2 * length * hidden
    encoder = config.num_hidden_layers * per_layer * wordpieces
    return 6.0 * (encoder + sum(label_counts) * hidden * words)


def measure_matrix_products(rounds: int) -> dict[str, Rate]:
    """Megaflops per second of large square matrix products in both precisions."""
    matrix = tf.random.stateless_normal([_MATRIX, _MATRIX], [1, 2])

    @tf.function
    def multiply(a: tf.Tensor) -> tf.Tensor:
        return tf.matmul(a, a)

    def variant(precision: str) -> Callable[[], int]:
        def work() -> int:
            with matmul_precision(precision):
                for _ in range(5):
                    product = multiply(matrix)
            float(product[0, 0])
            return 5 * 2 * _MATRIX**3 // 10**6

        return work

    return measure_rates(
        {f"matrix products, {p} (megaflops)": variant(p) for p in (FLOAT32, BFLOAT16)}, rounds
    )
