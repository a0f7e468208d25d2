"""Which sentences of unlabeled text are held out to measure on."""

import hashlib

_MAX_HASH = 2**64


def is_held_out(text: str, fraction: float) -> bool:
    """Whether a sentence is, by its letters: one that is there twice is not on both sides."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") < fraction * _MAX_HASH
