import json

import pytest

from minibert.errors import InputError
from minibert.models.bert_config import PRESETS, load_bert_config, resolve_bert_config


def _write(tmp_path, **values):
    path = tmp_path / "bert_config.json"
    path.write_text(json.dumps(values))
    return path


def test_what_is_read_is_written(tmp_path):
    content = {
        "vocab_size": 7,
        "hidden_size": 12,
        "num_hidden_layers": 1,
        "num_attention_heads": 3,
        "intermediate_size": 5,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.2,
        "attention_probs_dropout_prob": 0,
        "max_position_embeddings": 9,
        "type_vocab_size": 2,
        "initializer_range": 0.02,
        "directionality": "bidi",
        "pooler_num_fc_layers": 3,
    }
    config = load_bert_config(_write(tmp_path, **content))
    config.save(tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == content


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hidden_size": 12}, "no vocab_size"),
        ({"vocab_size": "many"}, "vocab_size is 'many', expected int"),
        ({"vocab_size": True}, "vocab_size is True, expected int"),
        ({"vocab_size": 0}, "must be at least 1"),
        ({"vocab_size": 10**12}, "must be at most"),
        ({"vocab_size": 5, "hidden_size": 10**9}, "must be at most"),
        ({"vocab_size": 5, "num_hidden_layers": 10**6}, "num_hidden_layers is 1000000, must be"),
        ({"vocab_size": 10**6, "hidden_size": 12 * 2**9}, "weights, must be at most 1,073,741,824"),
        ({"vocab_size": 5, "hidden_dropout_prob": 1.5}, r"must be in \[0, 1\)"),
        ({"vocab_size": 5, "hidden_act": "swish"}, "known are gelu"),
        ({"vocab_size": 5, "num_attention_heads": 7}, "768 is not a multiple of"),
    ],
)
def test_bad_values(tmp_path, values, message):
    path = _write(tmp_path, **values)
    with pytest.raises(InputError, match=message) as error:
        load_bert_config(path)
    assert str(path) in str(error.value)


def test_presets_take_the_size_of_the_vocabulary():
    assert resolve_bert_config("minibert", 99, "vocab.txt").vocab_size == 99
    assert PRESETS["minibert"].vocab_size == 119547


def test_size_of_vocabulary_must_agree_with_a_file(tmp_path):
    path = _write(tmp_path, vocab_size=7)
    with pytest.raises(InputError, match=r"v.txt: 8 pieces, but .* has vocab_size 7"):
        resolve_bert_config(str(path), 8, "v.txt")
    with pytest.raises(InputError, match="neither a file nor one of mbert minibert"):
        resolve_bert_config("maxibert", 8, "v.txt")


def test_dropout_is_set_unless_negative():
    config = resolve_bert_config("minibert", 9, "v.txt", dropout=0.3)
    assert config.hidden_dropout_prob == config.attention_probs_dropout_prob == 0.3
    assert resolve_bert_config("minibert", 9, "v.txt").hidden_dropout_prob == 0.1
