"""Encoders in the form of Hugging Face against what their families compute, in NumPy."""

import json
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

from minibert.errors import InputError
from minibert.models.bert import BertEncoder
from minibert.models.hugging_face_config import read_hugging_face_config, to_bert_config
from minibert.models.tagging_network import TaggingNetwork, create_heads
from minibert.text.feature_kinds import features_of_vocab
from minibert.text.normalization import NONE
from minibert.text.subword_features import INPUT_IDS
from minibert.weights.hugging_face import load_hugging_face_weights, vocab_file, weight_files
from tests import hugging_face
from tests.hugging_face import BERT, DISTILBERT, PREFIXES, XLM_R, heads_of, random_weights, write

FAMILIES = pytest.mark.parametrize("config", [BERT, XLM_R, DISTILBERT])
# Two rows, of which the second is shorter; no piece has this id.
IDS = np.array([[2, 5, 9, 7, 28, 3], [4, 4, 6, 0, 0, 0]])


def _load(directory: Path, pad_id: int = 0, **changes) -> BertEncoder:
    path = directory / "config.json"
    config = to_bert_config(read_hugging_face_config(path), path)
    config = type(config)(**{**_fields(config), **changes})
    encoder = BertEncoder(config, {INPUT_IDS: pad_id})
    encoder({INPUT_IDS: tf.zeros([1, 1], tf.int32)})
    load_hugging_face_weights(encoder, config, directory)
    return encoder


def _fields(config) -> dict:
    return {name: getattr(config, name) for name in config.__struct_fields__}


def _encode(encoder: BertEncoder, ids: np.ndarray) -> np.ndarray:
    return encoder({INPUT_IDS: tf.constant(ids, tf.int32)}).sequence.numpy()


@FAMILIES
@pytest.mark.parametrize("prefixed", [False, True])
def test_equals_the_family(tmp_path, config, prefixed):
    weights = random_weights(config)
    prefix = PREFIXES[config["model_type"]] if prefixed else ""
    others = heads_of(config) if prefixed else {}
    encoder = _load(write(tmp_path / "public", config, weights, prefix=prefix, others=others))
    expected = hugging_face.forward(config, weights, IDS, pad_id=0)
    is_piece = IDS != 0
    np.testing.assert_allclose(_encode(encoder, IDS)[is_piece], expected[is_piece], atol=2e-5)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float16, 3e-3), (ml_dtypes.bfloat16, 3e-2)])
def test_half_precision_and_shards(tmp_path, dtype, tolerance):
    weights = {name: value.astype(dtype) for name, value in random_weights(BERT).items()}
    directory = write(tmp_path / "public", BERT, weights, num_shards=3)
    assert len(weight_files(directory)) == 3
    expected = hugging_face.forward(BERT, weights, IDS[:1], pad_id=0)
    # The weights are those of the file, so that only the arithmetic differs.
    np.testing.assert_allclose(_encode(_load(directory), IDS[:1]), expected, atol=2e-5)
    exact = hugging_face.forward(BERT, random_weights(BERT), IDS[:1], pad_id=0)
    assert 0 < np.abs(exact - expected).max() < 100 * tolerance


def test_names_of_the_first_releases(tmp_path):
    weights = random_weights(BERT)
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): value
        for name, value in weights.items()
    }
    assert old.keys() != weights.keys()
    found = _encode(_load(write(tmp_path / "old", BERT, old)), IDS[:1])
    expected = hugging_face.forward(BERT, weights, IDS[:1], pad_id=0)
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_heads_of_others_are_those_without_the_prefix(tmp_path):
    weights, others = random_weights(BERT), {"linear.weight": np.ones([4, 12], np.float32)}
    with_prefix = write(tmp_path / "prefix", BERT, weights, prefix="bert.", others=others)
    expected = hugging_face.forward(BERT, weights, IDS[:1], pad_id=0)
    np.testing.assert_allclose(_encode(_load(with_prefix), IDS[:1]), expected, atol=2e-5)
    with pytest.raises(InputError, match=r"linear\.weight is left over; give .* the encoder alone"):
        _load(write(tmp_path / "none", BERT, weights, others=others))


def test_rows_of_no_piece_are_left_out(tmp_path):
    weights = random_weights(BERT)
    encoder = _load(write(tmp_path / "public", BERT, weights), vocab_size=20)
    table = weights["embeddings.word_embeddings.weight"]
    np.testing.assert_array_equal(encoder.word_embeddings.numpy(), table[:20])


@pytest.mark.parametrize(
    ("activation", "ours"),
    [("gelu", "gelu_erf"), ("gelu_new", "gelu"), ("gelu_pytorch_tanh", "gelu"), ("relu", "relu")],
)
def test_activations(tmp_path, activation, ours):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**BERT, "hidden_act": activation}))
    assert to_bert_config(read_hugging_face_config(path), path).hidden_act == ours


def _index(directory: Path) -> Path:
    return directory / "model.safetensors.index.json"


def _change_index(directory: Path, change) -> None:
    content = json.loads(_index(directory).read_text())
    change(content)
    _index(directory).write_text(json.dumps(content))


def _header(tensors: dict, size: int = 24) -> bytes:
    header = json.dumps(tensors).encode()
    return len(header).to_bytes(8, "little") + header + bytes(size)


def _tensor(start: int, end: int) -> dict:
    return {"dtype": "F32", "shape": [(end - start) // 4], "data_offsets": [start, end]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x08\0\0",
        (10 * 2**30).to_bytes(8, "little") + b"{}",
        _header({"a": _tensor(0, 12), "b": _tensor(4, 16)}, 16),
        _header({"a": _tensor(0, 400)}, 24),
        _header({"a": {"dtype": "F32", "shape": [2**62, 8], "data_offsets": [0, 24]}}),
        None,
    ],
    ids=["empty", "short", "header of 10 GB", "overlap", "outside", "overflow", "cut"],
)
def test_damaged_files(tmp_path, content):
    directory = write(tmp_path / "public", BERT, random_weights(BERT))
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-9] if content is None else content)
    with pytest.raises(InputError, match=rf"{path}: damaged, or no safetensors \(.*download"):
        _load(directory)


def test_what_does_not_fit_is_named(tmp_path):
    weights = random_weights(BERT)
    del weights["encoder.layer.1.output.dense.bias"]
    weights["embeddings.LayerNorm.bias"] = np.zeros([13], np.float32)
    weights["embeddings.LayerNorm.weight"] = np.zeros([12], np.int32)
    weights["encoder.layer.7.output.dense.bias"] = np.zeros([12], np.float32)
    weights["embeddings.word_embeddings.weight"] = np.array(1, np.float32)
    weights["embeddings.position_embeddings.weight"] = np.array(1, np.float32)
    with pytest.raises(InputError) as error:
        _load(write(tmp_path / "public", BERT, weights))
    for part in (
        "transformer/layer_1/output/bias is missing",
        "embeddings.LayerNorm.bias has shape [13], not [12]",
        "embeddings.LayerNorm.weight is I32, not float32 or float16 or bfloat16",
        "encoder.layer.7.output.dense.bias is left over",
        "embeddings.word_embeddings.weight has shape [], not [29, 12]",
        "embeddings.position_embeddings.weight has shape [], not [11, 12]",
    ):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocab_size": 30}, "has 29 rows, config.json says 30"),
        ({"hidden_size": 24}, "has shape"),
        ({"num_hidden_layers": 1}, "encoder.layer.1"),
        ({"max_position_embeddings": 10}, r"has shape \[11, 12\], not \[10, 12\]"),
        ({"model_type": "deberta-v2"}, "Invalid value 'deberta-v2'.*read are bert, xlm-roberta"),
        ({"hidden_act": "swish"}, "activation 'swish', read are gelu"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type.*absolute"),
        ({"num_attention_heads": 5}, "not a multiple"),
        ({"is_decoder": True}, "is_decoder, so that no word sees those behind it"),
        ({"model_type": "xlm-roberta", "pad_token_id": 0}, r"\$\.pad_token_id"),
    ],
)
def test_configurations_that_do_not_fit(tmp_path, changes, message):
    directory = write(tmp_path / "public", BERT, random_weights(BERT))
    (directory / "config.json").write_text(json.dumps({**BERT, **changes}))
    with pytest.raises(InputError, match=message):
        _load(directory)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers(tmp_path, value):
    weights = random_weights(BERT)
    weights["embeddings.word_embeddings.weight"][7, 3] = value
    with pytest.raises(InputError, match=r"word_embeddings.weight has values that are no finite"):
        _load(write(tmp_path / "public", BERT, weights))


def test_names_of_weights_are_those_without_xla(tmp_path):
    path = write(tmp_path / "public", BERT, random_weights(BERT)) / "config.json"
    config = to_bert_config(read_hugging_face_config(path), path)
    names = []
    for xla in (False, True):
        tagger = TaggingNetwork(
            BertEncoder(config, {INPUT_IDS: 0}, xla=xla), create_heads({"upos": 2}, stddev=0.1)
        )
        names.append(list(tagger.encoder.named_weights))
    assert names[0] == names[1]


def test_a_vocabulary_that_is_not_its_own(tmp_path):
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\nA\nb\n")
    other = tmp_path / "other.txt"
    other.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\nb\nA\n")
    with pytest.raises(InputError, match=r"vocab.txt: differs from the --vocab_file; leave that"):
        vocab_file(tmp_path, str(other))
    assert vocab_file(tmp_path) == tmp_path / "vocab.txt"
    (tmp_path / "vocab.txt").unlink()
    assert vocab_file(tmp_path, str(other)) == other


@pytest.mark.parametrize("given", [False, True])
def test_uncased_encoders(tmp_path, given):
    path = tmp_path / "vocab.txt"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"a{i}" for i in range(6000))]
    path.write_text("\n".join(pieces) + "\n")
    with pytest.raises(InputError, match="no wordpiece has a capital letter; uncased"):
        vocab_file(tmp_path, str(path) if given else None)
    path.write_text("\n".join([*pieces, "Ab"]) + "\n")
    assert vocab_file(tmp_path) == path
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": true}')
    with pytest.raises(InputError, match="do_lower_case; uncased encoders are not read"):
        vocab_file(tmp_path, str(path) if given else None)


def test_missing_files(tmp_path):
    directory = write(tmp_path / "public", BERT, random_weights(BERT), num_shards=2)
    (directory / "model-00002-of-00002.safetensors").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"model-00002-of-00002.safetensors: missing, .*names it"):
        _load(directory)
    _change_index(directory, lambda content: content["weight_map"].update(a="../elsewhere"))
    with pytest.raises(InputError, match=r"names '../elsewhere', which is no file beside it"):
        _load(directory)
    _index(directory).write_text("{}")
    with pytest.raises(InputError, match="no weight_map"):
        _load(directory)
    _index(directory).unlink()
    with pytest.raises(InputError, match=r"no model.safetensors there"):
        _load(directory)
    (directory / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(InputError, match="a pickle, which is a program, and not read; convert it"):
        _load(directory)


# Of twelve scripts.
SENTENCES = """The old teacher doesn't see the red boat .
Der alte Lehrer sieht das rote Boot nicht , weil es fährt .
Le vieux professeur n' a pas vu l' école d' été à Orléans .
El niño pequeño come una manzana ¿ verdad ?
Việt Nam có nhiều thành phố đẹp .
Старый учитель не видит красную лодку .
Ο γέρος δάσκαλος δεν βλέπει την κόκκινη βάρκα .
المعلم العجوز لا يرى القارب الأحمر .
המורה הזקן לא רואה את הסירה האדומה .
बूढ़ा शिक्षक लाल नाव नहीं देखता ।
ครู แก่ ไม่ เห็น เรือ สี แดง
老 教师 看 不 见 红 船 。
年老いた 先生 は 赤い ボート が 見え ない 。
나이 든 선생님은 빨간 배를 보지 못한다 .
ძველი მასწავლებელი ვერ ხედავს წითელ ნავს .
Ծեր ուսուցիչը չի տեսնում կարմիր նավակը :
பழைய ஆசிரியர் சிவப்பு படகைப் பார்க்கவில்லை .
Gamli kennarinn sér ekki rauða bátinn , það er synd .
O velho professor não vê o barco vermelho .
https://example.org/a?b=c 😀 25 000 ½ ﷺ""".splitlines()


def test_e5_small(encoder_dir):
    """A real encoder on sentences of twelve scripts, from the ids that SentencePiece gives."""
    import sentencepiece

    features = features_of_vocab(
        encoder_dir / "sentencepiece.bpe.model", max_length=512, normalization=NONE
    )
    processor = sentencepiece.SentencePieceProcessor()
    processor.load(str(encoder_dir / "sentencepiece.bpe.model"))
    encoder = _load(encoder_dir, pad_id=1, vocab_size=features.num_pieces)
    config, weights = hugging_face.load(encoder_dir)
    for sentence in SENTENCES:
        words = sentence.split()
        # fairseq's ids, in which SentencePiece's unknown piece, 0, is 3.
        pieces = [processor.encode(word) for word in words]
        ids = [0, *(i + 1 if i else 3 for word in pieces for i in word), 2]
        featurized = features.in_graph().featurize(tf.ragged.constant([words]))
        assert featurized.features[INPUT_IDS].to_list() == [ids]
        starts = np.cumsum([1, *map(len, pieces)])[:-1]
        assert featurized.word_positions.to_list() == [starts.tolist()]
        expected = hugging_face.forward(config, weights, np.array([ids]), pad_id=1)
        found = _encode(encoder, np.array([ids]))
        np.testing.assert_allclose(found, expected, atol=1e-4)
