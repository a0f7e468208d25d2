import json

import pytest

from minibert.benchmark.timing import measure_rates
from minibert.benchmark.training_speed import VARIANTS, training_flops
from minibert.models.bert_config import BertConfig
from tests.conftest import TESTDATA, run_script


def test_rates_leave_out_the_first_round_and_take_turns():
    calls = []

    def variant(name):
        def work():
            calls.append(name)
            return 7

        return work

    rates = measure_rates({name: variant(name) for name in "ab"}, rounds=3)
    assert calls == ["a", "b"] * 4
    for rate in rates.values():
        assert 0 < rate.least <= rate.median <= rate.greatest


def test_flops_are_those_of_the_matrix_products():
    config = BertConfig(
        vocab_size=9, hidden_size=4, num_hidden_layers=2, num_attention_heads=2, intermediate_size=6
    )
    # One window of 3 wordpieces and 2 words; multiplications and additions, forward:
    projections = 2 * 3 * (4 * 4) * 4  # query, key, value and output
    attention = 2 * (3 * 3 * 4) * 2  # scores, and their sums of values
    feed_forward = 2 * 3 * (4 * 6) * 2
    heads = 2 * 2 * 4 * (5 + 7)
    forward = 2 * (projections + attention + feed_forward) + heads
    assert training_flops(config, [5, 7], 3, 2, 3.0) == 3 * forward


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("max_seq_length", "2", "--max_seq_length=2: must be from 3 to 512"),
        ("model_dir", "/no/model", "/no/model: no model.json there"),
        ("output", "/no/figures.json", "--output=/no/figures.json: no such directory"),
    ],
)
def test_mistakes_are_found_before_anything_is_measured(tmp_path, flag, value, message):
    options = {
        "input_dir": "/no/data",
        "vocab_file": TESTDATA / "vocab.txt",
        "output": tmp_path / "figures.json",
    }
    result = run_script("benchmark", **{**options, flag: value})
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: {message}")


@pytest.mark.parametrize("suites", ["reading,pipeline,training"])
def test_figures_are_written(tmp_path, tiny_bert_config, suites):
    result = run_script(
        "benchmark",
        input_dir=TESTDATA / "ud" / "tr_demo",
        vocab_file=TESTDATA / "vocab.txt",
        output=tmp_path / "figures.json",
        bert_config=tiny_bert_config,
        max_seq_length="40",
        suites=suites,
        rounds="1",
        steps="1",
    )
    assert result.returncode == 0, result.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["reading"]["CoNLL-U to records (words)"]["median"] > 0
    assert figures["pipeline"]["records to batches (wordpieces)"]["median"] > 0
    assert set(VARIANTS) < set(figures["training"])
    assert figures["training"]["megaflops_per_wordpiece"] > 0
    assert "wordpieces/s" in result.stdout
