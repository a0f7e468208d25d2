"""Speed of the training step, next to what the machine can multiply."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice

import tensorflow as tf

from minibert.benchmark.timing import Rate, measure_rates
from minibert.data.input_pipeline import Batch, InputPipeline
from minibert.models.bert_config import BertConfig
from minibert.runs.trained_model import ModelDescription
from minibert.text.subword_features import INPUT_IDS
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.training.fine_tune import label_stage
from minibert.training.fine_tune_config import FineTuneConfig
from minibert.training.hardware import (
    BFLOAT16,
    FLOAT32,
    matmul_precision,
    resolve_precision,
)
from minibert.training.stage import Stage
from minibert.training.stage_training import create_stage_training
from minibert.training.training_config import TrainingConfig

_PLAIN = FineTuneConfig(
    data_dir=(), vocab_file="", model_dir="", composition=False, precision=FLOAT32
)
VARIANTS = {
    "float32": _PLAIN,
    "float32 + all rows": replace(_PLAIN, embedding_update="all"),
    "float32 + XLA": replace(_PLAIN, xla=True),
    "bfloat16": replace(_PLAIN, precision=BFLOAT16),
    "bfloat16 + all rows": replace(_PLAIN, precision=BFLOAT16, embedding_update="all"),
    "bfloat16 + composition": replace(_PLAIN, precision=BFLOAT16, composition=True),
    "bfloat16 + labels composed": replace(
        _PLAIN, precision=BFLOAT16, composition=True, compose_pieces=False
    ),
}
_MATRIX = 2048


def measure_training(
    create_pipeline: Callable[[bool], InputPipeline],
    description: ModelDescription,
    featurizer: SubwordFeaturizer,
    *,
    variants: Sequence[str],
    steps: int,
    rounds: int,
) -> dict[str, Rate]:
    """Wordpieces per second, padding not counted, of the training step in some variants.

    Args:
      create_pipeline: makes the pipeline, with static shapes or without.
      description: the tagger.
      featurizer: makes its features.
      variants: names in `VARIANTS`.
      steps: updates in a measurement, on the same batches each time.
      rounds: measurements.
    """
    return measure_rates(
        {
            name: fine_tuning(
                VARIANTS[name],
                create_pipeline(VARIANTS[name].xla),
                description,
                featurizer,
                steps,
            )
            for name in variants
        },
        rounds,
    )


def fine_tuning(
    config: FineTuneConfig,
    pipeline: InputPipeline,
    description: ModelDescription,
    featurizer: SubwordFeaturizer,
    steps: int,
) -> Callable[[], int]:
    """What trains a tagger on the same few batches at each call, as `measure_rates` takes it."""
    batches = list(islice(pipeline.training_batches(0), steps))
    return updates(
        config,
        description,
        label_stage(config, pipeline, pipeline, featurizer, description.label_vocabs),
        lambda: batches,
        featurizer.tokenizer.pad_id,
    )


def updates(
    config: TrainingConfig,
    description: ModelDescription,
    stage: Stage,
    batches: Callable[[], Iterable[Batch]],
    pad_id: int,
) -> Callable[[], int]:
    """What makes an update from each of some batches at each call, and counts their wordpieces.

    Args:
      config: the options of training.
      description: the tagger.
      stage: what is trained.
      batches: gives the batches of a call, which are of its training.
      pad_id: what is not counted.
    """
    strategy = tf.distribute.get_strategy()
    step = create_stage_training(config, description, stage, strategy).step
    step.compile(stage.training.training_batches(0).element_spec)
    precision = resolve_precision(config.precision)

    def update() -> int:
        wordpieces = 0
        with matmul_precision(precision):
            for batch in batches():
                result = step(batch)
                wordpieces += count_wordpieces(batch, pad_id)
        float(result["gradient_norm"])
        return wordpieces

    return update


def count_wordpieces(batch: Batch, pad_id: int) -> int:
    """The wordpieces of a batch, padding not counted."""
    return int(tf.math.count_nonzero(batch[INPUT_IDS] != pad_id))


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
