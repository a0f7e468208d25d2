"""Speed of distillation: with kept outputs of a teacher, and with a teacher that is asked anew."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path

from tqdm import tqdm

from minibert.benchmark.random_model import save_random_model
from minibert.benchmark.timing import Rate, measure_rates
from minibert.benchmark.training_speed import count_wordpieces, fine_tuning, updates
from minibert.chunks import SENTENCES_PER_CALL
from minibert.data.input_pipeline import Batch, InputPipeline
from minibert.data.output_positions import WORDS
from minibert.data.teacher_outputs import load_outputs_info
from minibert.data.text_corpus import read_text_shard, text_shards
from minibert.data.text_info import load_text_info
from minibert.models.bert_config import BertConfig
from minibert.runs.trained_model import ModelDescription, load_trained_model
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.training.cache_teacher_outputs import cache_teacher_outputs
from minibert.training.cache_teacher_outputs_config import CacheTeacherOutputsConfig
from minibert.training.distill import teacher_stage
from minibert.training.distill_config import DistillConfig
from minibert.training.fine_tune_config import FineTuneConfig
from minibert.training.stage import Batches
from minibert.training.teacher_run import TeacherRun
from minibert.training.teaching import Teaching, kept_teaching, online_teaching

# Windows in a batch, of the student and of the tagger beside it.
BATCH_SIZE = 128
# A fine-tuning that does what a distillation does, but for the loss.
_FINE_TUNING = FineTuneConfig(
    data_dir=(), vocab_file="", model_dir="", composition=False, wordpiece_dropout=0.0
)


def measure_distillation(
    labeled: InputPipeline,
    description: ModelDescription,
    teacher_config: BertConfig,
    featurizer: SubwordFeaturizer,
    transfer_dir: Path,
    directory: Path,
    *,
    steps: int,
    rounds: int,
) -> dict[str, Rate]:
    """Wordpieces per second, padding not counted, of the student and of whole epochs.

    Args:
      labeled: batches of `BATCH_SIZE` windows to fine-tune on, for comparison.
      description: the student; the teacher has its labels.
      teacher_config: the shape of the teacher, whose weights are random.
      featurizer: of both.
      transfer_dir: prepared text.
      directory: where the teacher and its outputs are written.
      steps: updates in a measurement of the fine-tuning step.
      rounds: measurements.
    """
    pad_id = featurizer.tokenizer.pad_id
    teacher_dir, outputs_dir = str(directory / "teacher"), str(directory / "outputs")
    save_random_model(replace(description, encoder=teacher_config), Path(teacher_dir))
    caching = CacheTeacherOutputsConfig(
        teacher_dir=teacher_dir, transfer_dir=str(transfer_dir), output_dir=outputs_dir
    )
    of_words = replace(
        caching, output_dir=str(directory / "outputs_of_words"), positions=WORDS, top_k=16
    )
    for each in (caching, of_words):
        cache_teacher_outputs(each)
    config = DistillConfig(
        teacher_outputs_dir=outputs_dir, vocab_file="", model_dir="", batch_size=BATCH_SIZE
    )
    text = load_text_info(transfer_dir)
    shards = text_shards(text)
    kept = kept_teaching(config, featurizer.spec, outputs_dir)
    online = online_teaching(config, featurizer.spec, teacher_dir, str(transfer_dir))
    kept_batches, _ = kept.load_batches()
    online_batches, _ = online.load_batches()
    in_memory = list(kept_batches.training_batches(0))

    def student(
        teaching: Teaching, text: Batches, batches: Callable[[], Iterable[Batch]]
    ) -> Callable[[], int]:
        stage = teacher_stage(config, teaching, text, text)
        return updates(config, description, stage, batches, pad_id)

    def asking(caching: CacheTeacherOutputsConfig) -> Callable[[], int]:
        teacher = TeacherRun(
            load_trained_model(teacher_dir),
            load_outputs_info(Path(caching.output_dir)),
            batch_wordpieces=caching.batch_wordpieces,
        )

        def ask() -> int:
            wordpieces = 0
            for shard in shards:
                sentences = read_text_shard(text, shard, sentences=SENTENCES_PER_CALL)
                with tqdm(disable=True) as bar:
                    wordpieces += sum(window.length for window, _ in teacher(sentences, bar))
            return wordpieces

        return ask

    def read() -> int:
        return sum(count_wordpieces(batch, pad_id) for batch in next(kept_epochs))

    kept_epochs = map(kept_batches.training_batches, count())
    online_epochs = map(online_batches.training_batches, count())
    return measure_rates(
        {
            "fine-tuning step": fine_tuning(_FINE_TUNING, labeled, description, featurizer, steps),
            "teacher's outputs": asking(caching),
            "teacher's outputs, of words": asking(of_words),
            "student's step": student(kept, kept_batches, lambda: in_memory),
            "reading of kept outputs": read,
            "epoch with kept outputs": student(kept, kept_batches, lambda: next(kept_epochs)),
            "epoch with the teacher": student(online, online_batches, lambda: next(online_epochs)),
        },
        rounds,
    )
