import json

import pytest

from minibert.errors import InputError
from minibert.models.bert_config import BertConfig
from minibert.models.encoder_kinds import (
    PRESETS,
    find_encoder_config,
    read_encoder_config,
    resolve_encoder_config,
    write_encoder_config,
)
from minibert.text.normalization import NFC
from minibert.text.wordpiece_features import WordpieceFeatures


def _write(tmp_path, **values):
    path = tmp_path / "bert_config.json"
    path.write_text(json.dumps(values))
    return path


def _features(pieces: int) -> WordpieceFeatures:
    return WordpieceFeatures(5, NFC, [str(number) for number in range(pieces)])


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
    config = read_encoder_config(_write(tmp_path, **content))
    write_encoder_config(tmp_path / "again.json", config)
    assert json.loads((tmp_path / "again.json").read_text()) == content


def test_a_model_type_that_stood_there_stands_there_again(tmp_path):
    """As in the files of Hugging Face; runs have recorded it."""
    path = _write(tmp_path, vocab_size=7, model_type="bert")
    assert read_encoder_config(path).to_dict()["model_type"] == "bert"
    assert "model_type" not in read_encoder_config(_write(tmp_path, vocab_size=7)).to_dict()
    assert read_encoder_config(_write(tmp_path, vocab_size=7, extra=1)).to_dict()["extra"] == 1
    for other, shown in (("roberta", "'roberta'"), (["bert"], r"\['bert'\]"), (None, "None")):
        with pytest.raises(InputError, match=f"model_type {shown}, this release has bert"):
            read_encoder_config(_write(tmp_path, vocab_size=7, model_type=other))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hidden_size": 12}, "missing required field `vocab_size`"),
        ({"vocab_size": "many"}, "Expected `int`, got `str` - at `\\$.vocab_size`"),
        ({"vocab_size": True}, "Expected `int`, got `bool` - at `\\$.vocab_size`"),
        ({"vocab_size": 0}, "Expected `int` >= 1"),
        ({"vocab_size": 10**12}, "Expected `int` <= 2000000"),
        ({"vocab_size": 5, "hidden_size": 10**9}, "Expected `int` <= 16384 - at `\\$.hidden"),
        ({"vocab_size": 5, "num_hidden_layers": 10**6}, "<= 256 - at `\\$.num_hidden_layers"),
        ({"vocab_size": 10**6, "hidden_size": 12 * 2**9}, "weights, must be at most 1,073,741,824"),
        (
            {"vocab_size": 5, "hidden_dropout_prob": 1.5},
            "< 1.0 - at `\\$.hidden_dropout",
        ),
        (
            {"vocab_size": 5, "hidden_act": "swish"},
            "Invalid enum value 'swish'",
        ),
        ({"vocab_size": 5, "num_attention_heads": 7}, "768 is not a multiple of"),
    ],
)
def test_bad_values(tmp_path, values, message):
    path = _write(tmp_path, **values)
    with pytest.raises(InputError, match=message) as error:
        read_encoder_config(path)
    assert str(path) in str(error.value)


def test_presets_take_the_size_of_the_vocabulary():
    assert resolve_encoder_config("minibert", _features(99), "vocab.txt").vocab_size == 99
    assert PRESETS["minibert"].vocab_size == 119547


def test_size_of_vocabulary_must_agree_with_a_file(tmp_path):
    path = _write(tmp_path, vocab_size=7)
    with pytest.raises(InputError, match=r"v.txt: 8 pieces, but .* has vocab_size 7"):
        resolve_encoder_config(str(path), _features(8), "v.txt")
    with pytest.raises(InputError, match="neither a file nor one of mbert minibert"):
        resolve_encoder_config("maxibert", _features(8), "v.txt")


def test_dropout_is_set_unless_negative():
    config = resolve_encoder_config("minibert", _features(9), "v.txt", dropout=0.3)
    assert config.hidden_dropout_prob == config.attention_probs_dropout_prob == 0.3
    assert resolve_encoder_config("minibert", _features(9), "v.txt").hidden_dropout_prob == 0.1


@pytest.mark.parametrize(
    ("name", "kind", "activation"),
    [
        ("bert_config.json", "bert", "gelu"),
        ("mine.json", "bert", "gelu"),
        ("config.json", "bert", "gelu_erf"),
        ("xlm-r.json", "xlm-roberta", "gelu_erf"),
    ],
)
def test_whose_gelu_it_is(tmp_path, name, kind, activation):
    """A `bert_config.json` may name a family too, and is Google's."""
    path = tmp_path / name
    path.write_text(json.dumps({"vocab_size": 9, "hidden_act": "gelu", "model_type": kind}))
    config = find_encoder_config(str(path))
    assert isinstance(config, BertConfig)
    assert config.hidden_act == activation


def test_kinds_that_there_are_not(tmp_path):
    path = tmp_path / "shape.json"
    path.write_text('{"model_type": "bilstn"}')
    with pytest.raises(InputError, match=r"model_type 'bilstn', this release has bert"):
        find_encoder_config(str(path))
    path = path.rename(tmp_path / "config.json")
    with pytest.raises(InputError, match=r"'bilstn'.*read are bert, xlm-roberta and distilbert"):
        find_encoder_config(str(path))
