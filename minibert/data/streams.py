"""Random choices from streams that may be larger than memory."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_SHUFFLE_BUFFER_BYTES = 128 * 2**20

T = TypeVar("T")


def sample(items: Iterable[T], count: int, generator: random.Random) -> list[T]:
    """Draws `count` items of a stream, each with the same probability (Vitter 1985)."""
    drawn: list[T] = []
    for number, item in enumerate(items):
        if number < count:
            drawn.append(item)
        elif (place := generator.randrange(number + 1)) < count:
            drawn[place] = item
    return drawn


def shuffle(
    items: Iterable[T], generator: random.Random, memory: Callable[[T], int]
) -> Iterator[T]:
    """Shuffles a stream through a buffer of bounded size; one that fits, uniformly.

    Args:
      items: the stream.
      generator: makes the choices.
      memory: the bytes that an item takes, about.

    Yields:
      The items.
    """
    buffer: list[T] = []
    size = 0
    for item in items:
        buffer.append(item)
        size += memory(item)
        while size > _SHUFFLE_BUFFER_BYTES:
            drawn = _draw(buffer, generator)
            size -= memory(drawn)
            yield drawn
    while buffer:
        yield _draw(buffer, generator)


def _draw(buffer: list[T], generator: random.Random) -> T:
    index = generator.randrange(len(buffer))
    buffer[index], buffer[-1] = buffer[-1], buffer[index]
    return buffer.pop()
