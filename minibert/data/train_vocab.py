"""Makes a vocabulary of wordpieces of unlabeled text: byte-pair encoding (Sennrich et al. 2016).

The pieces are those that SentencePiece finds inside the tokens of the public BERT's tokenizer, a
piece at the start of a word and one that continues it told apart. They are used as wordpieces, by
greedy longest match.
"""

import io
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from minibert.data.prepared import TRAIN
from minibert.data.text_corpus import read_text_shard, text_shards
from minibert.data.text_info import TextInfo, load_text_info
from minibert.data.train_vocab_config import TrainVocabConfig
from minibert.errors import InputError
from minibert.files import atomic_file, check_output_file
from minibert.packages import import_package
from minibert.progress import progress
from minibert.quiet import quiet_stderr
from minibert.text.normalization import Normalization
from minibert.text.python_wordpiece import basic_tokens
from minibert.text.sentencepiece_vocab import MODEL_FIRST_PIECES, load_processor
from minibert.text.vocab import CONTINUATION, SPECIAL_PIECES

_SPECIAL = (*SPECIAL_PIECES, "[MASK]")
_SENTENCES_PER_CALL = 256
# A longer token is [UNK].
_MOST_BYTES = 800
# Of a piece.
_MOST_CHARACTERS = 24
# Of the plane of private use, which has room for 65,534 characters.
_FIRST_PRIVATE = 0xF0000


def train_vocab(config: TrainVocabConfig) -> None:
    """Writes the vocabulary, and says how many pieces the words of the text have.

    Raises:
      InputError: bad input; the text has too few words for so many pieces.
    """
    # Before the text is read, which takes a while.
    _import_sentencepiece()
    check_output_file(config.output)
    info = load_text_info(config.text_dir)
    tokens = count_tokens(_texts(info), config.unicode_normalization)
    pieces = make_pieces(tokens, config.vocab_size, coverage=config.character_coverage)
    with atomic_file(Path(config.output), "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{piece}\n" for piece in pieces)
    print(f"{config.output}: {len(pieces):,} wordpieces of {sum(tokens.values()):,} tokens")


def count_tokens(texts: Iterable[str], normalization: Normalization) -> Counter[str]:
    """How often each token is in some text; of those that a wordpiece can be of."""
    tokens: Counter[str] = Counter()
    for text in texts:
        tokens.update(basic_tokens(text, normalization))
    for token in [token for token in tokens if len(token.encode()) > _MOST_BYTES]:
        del tokens[token]
    return tokens


def make_pieces(tokens: Counter[str], size: int, *, coverage: float) -> list[str]:
    """The wordpieces, special ones first, then those of one character, then by their use.

    Args:
      tokens: how often each is there.
      size: their number.
      coverage: the part of the characters that the kept ones make up.

    Raises:
      InputError: the text has not that many pieces, or more characters.
    """
    alphabet = _alphabet(tokens, coverage)
    single = sorted(
        {piece for token in tokens for piece in _single(token) if piece[-1] in alphabet}
    )
    wanted = size - len(_SPECIAL) - len(single)
    if wanted < 0:
        raise InputError(
            f"--vocab_size={size}: too few, the wordpieces of one character are "
            f"{len(single):,}; give more, or a lower --character_coverage"
        )
    merged = _merged(tokens, single, wanted) if wanted else []
    if len(merged) < wanted:
        raise InputError(
            f"--vocab_size={size}: more than the {len(_SPECIAL) + len(single) + len(merged):,} "
            "wordpieces that can be made of this text; give fewer, or more text"
        )
    return [*_SPECIAL, *single, *merged[:wanted]]


def _texts(info: TextInfo) -> Iterator[str]:
    shards = [shard for shard in text_shards(info) if shard.split == TRAIN]
    total = sum(shard.sentences for shard in shards)
    with progress(total=total, unit=" sentences", desc="count tokens") as bar:
        for shard in shards:
            for batch in read_text_shard(info, shard, sentences=_SENTENCES_PER_CALL):
                yield from (text.decode("utf-8") for text in batch.numpy())
                bar.update(len(batch))


def _alphabet(tokens: Counter[str], coverage: float) -> set[str]:
    """The most frequent characters that make up that part of the text."""
    counts: Counter[str] = Counter()
    for token, count in tokens.items():
        for character in token:
            counts[character] += count
    wanted, alphabet = coverage * sum(counts.values()), set()
    for character, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if wanted <= 0:
            break
        wanted -= count
        alphabet.add(character)
    return alphabet


def _merged(tokens: Counter[str], single: Sequence[str], wanted: int) -> list[str]:
    """At most `wanted` pieces of several characters, in the order in which they were merged."""
    # To SentencePiece each piece of one character is one, so that what begins a word and what
    # continues it are as different to it as they are to us.
    as_character = {piece: chr(_FIRST_PRIVATE + number) for number, piece in enumerate(single)}
    as_piece = {character: piece for piece, character in as_character.items()}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n") as file:
        for token, count in sorted(tokens.items()):
            characters = [as_character.get(piece, "") for piece in _single(token)]
            if all(characters):
                file.write(f"{''.join(characters)}\t{count}\n")
        file.flush()
        model = io.BytesIO()
        with quiet_stderr():
            _import_sentencepiece().SentencePieceTrainer.train(
                input=file.name,
                input_format="tsv",
                model_writer=model,
                model_type="bpe",
                # It counts its own special pieces and the mark of a word.
                vocab_size=len(MODEL_FIRST_PIECES) + 1 + len(single) + wanted,
                # Fewer if there are no more.
                hard_vocab_limit=False,
                character_coverage=1.0,
                normalization_rule_name="identity",
                add_dummy_prefix=False,
                split_by_unicode_script=False,
                split_by_number=False,
                max_sentencepiece_length=_MOST_CHARACTERS,
                minloglevel=2,
            )
    processor = load_processor(model.getvalue())
    pieces = [processor.id_to_piece(index) for index in range(processor.get_piece_size())]
    return [
        _joined([as_piece[character] for character in piece])
        for piece in pieces[len(MODEL_FIRST_PIECES) :]
        if len(piece) > 1
    ][:wanted]


def _import_sentencepiece() -> Any:
    return import_package("sentencepiece", needed_for="a new vocabulary")


def _single(token: str) -> list[str]:
    """The pieces of one character that make a token."""
    return [token[:1], *(f"{CONTINUATION}{character}" for character in token[1:])]


def _joined(pieces: Sequence[str]) -> str:
    """The piece that pieces of one character make together."""
    first, *rest = pieces
    return first + "".join(piece.removeprefix(CONTINUATION) for piece in rest)
