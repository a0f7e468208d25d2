"""An order of sentences that is as good as random, and the same on every machine."""

import hashlib

_PLACE_BYTES = 4
PLACE_DIGITS = 2 * _PLACE_BYTES
_PLACES = 1 << (8 * _PLACE_BYTES)


def digest(text: str) -> bytes:
    """What sentences are ordered by; 16 bytes."""
    return hashlib.blake2b(text.encode(), digest_size=16, person=b"shards").digest()


def section(of_digest: bytes, number: int) -> int:
    """Which of so many sections, equal in size, of the order a digest is in.

    Of a multiple of `number`, each section lies within one of these.

    Args:
      of_digest: a digest.
      number: the sections; at most 2^32.
    """
    return int.from_bytes(of_digest[:_PLACE_BYTES], "big") * number // _PLACES


def place_digits(of_digest: bytes) -> str:
    """The place in the order as text that sorts as the digests do; `PLACE_DIGITS` digits."""
    return of_digest[:_PLACE_BYTES].hex()


def section_bounds(index: int, number: int) -> tuple[str, str]:
    """The first place of a section, and what is greater than its last, as `place_digits`.

    Args:
      index: the section, as `section` counts them.
      number: how many there are.
    """
    first, end = (-(-_PLACES * place // number) for place in (index, index + 1))
    # Behind f.
    end_digits = "g" if end == _PLACES else f"{end:08x}"
    return f"{first:08x}", end_digits
