"""What the tests of distillation share: text, what a teacher says of it, its batches."""

import pytest

from minibert.data.input_pipeline import Batching
from minibert.data.teacher_outputs import load_outputs, load_outputs_info
from minibert.data.text_corpus import TextShard
from minibert.text.normalization import NFC
from minibert.text.subword_featurizer import SubwordFeaturizer
from minibert.text.wordpiece_features import WordpieceFeatures
from minibert.training.cache_teacher_outputs import cache_teacher_outputs
from minibert.training.cache_teacher_outputs_config import CacheTeacherOutputsConfig
from minibert.training.language_pipeline import LanguagePipeline
from minibert.training.language_records import LanguageRecords
from minibert.training.optimization import BertOptimization
from minibert.training.sentence_windows import SentenceWindows
from tests.conftest import TESTDATA, made_once, run_well

VOCAB = TESTDATA / "vocab.txt"
FEATURIZER = SubwordFeaturizer(WordpieceFeatures.from_file(VOCAB, max_length=40, normalization=NFC))


@pytest.fixture(scope="session")
def transfer_dir(tmp_path_factory):
    """Unlabeled text of English and Russian in two shards for each split."""
    return made_once(
        tmp_path_factory,
        "transfer_text",
        lambda directory: run_well(
            "prepare_text",
            input=",".join(f"{TESTDATA}/ud/{name}_demo/*-train.conllu" for name in ("en", "ru")),
            output_dir=directory,
            held_out_fraction="0.2",
            num_shards="2",
        ),
    )


@pytest.fixture(scope="session")
def outputs_dir(demo_model, transfer_dir, tmp_path_factory):
    """What the demo model says of it; of FEATS the greatest few logits alone."""
    return made_once(
        tmp_path_factory,
        "outputs",
        lambda directory: cache_teacher_outputs(cache_config(demo_model, transfer_dir, directory)),
    )


@pytest.fixture(scope="session")
def student_options(outputs_dir, demo_model) -> dict[str, str]:
    """Flags of a run of `distill.py` that takes a few seconds."""
    return {
        "teacher_outputs_dir": str(outputs_dir),
        "vocab_file": str(VOCAB),
        "bert_config": str(demo_model / "bert_config.json"),
        "epochs": "4",
        "batch_size": "16",
        "learning_rate": "3e-2",
        "init_embeddings": "svd",
        "teacher_dir": str(demo_model),
    }


def cache_config(demo_model, transfer_dir, directory, **options) -> CacheTeacherOutputsConfig:
    return CacheTeacherOutputsConfig(
        teacher_dir=str(demo_model),
        transfer_dir=str(transfer_dir),
        output_dir=str(directory),
        precision="float32",
        # So that the FEATS of the demo data are kept as those of real data are.
        **{"top_k": 5, "keep_all_up_to": 20, **options},
    )


def outputs_pipeline(
    outputs_dir, split, *, fields=None, featurizer=FEATURIZER, likeliest=dict, **options
) -> LanguagePipeline:
    """The batches of kept outputs, with all fields or some."""
    info = load_outputs_info(outputs_dir)
    found = [pair for pair in load_outputs(outputs_dir, info) if pair[0].split == split]
    shards = [TextShard(s.language, s.split, o.shard, o.records) for s, o in found]
    records = LanguageRecords(outputs_dir, shards, compressed=False, remedy="")
    windows = SentenceWindows(featurizer, info.positions, info.kept if fields is None else fields)
    return LanguagePipeline(
        records,
        windows,
        Batching(info.max_seq_length, windows=16),
        likeliest=likeliest,
        lengths=records.count_windows(windows),
        **{"seed": 1, "sampling_exponent": 1.0, **options},
    )


def sorted_keys(batches) -> list[tuple[int, ...]]:
    """The ids of each window, without padding, with the language."""
    return sorted(key for batch in batches for key in window_keys(batch))


def window_keys(batch) -> list[tuple]:
    return [
        (int(group), *ids[ids != 0].tolist())
        for ids, group in zip(batch["input_ids"].numpy(), batch["group"].numpy(), strict=True)
    ]


def optimization(learning_rate: float, **options) -> BertOptimization:
    """Without warm-up, decay and clipping."""
    values = {
        "head_learning_rate": 0.0,
        "warmup_fraction": 0.0,
        "weight_decay": 0.0,
        "clip_norm": 0.0,
        "touched_rows_only": True,
        **options,
    }
    return BertOptimization(learning_rate=learning_rate, **values)
