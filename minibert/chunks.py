"""Streams in pieces of bounded size."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

# Sentences that are tokenized together, in graph; few enough that the longest that are read do not
# fill the memory.
SENTENCES_PER_CALL = 64

T = TypeVar("T")


def chunks(
    items: Iterable[T], *, max_items: int, size: Callable[[T], int], max_size: int
) -> Iterator[list[T]]:
    """Groups a stream into lists, in order.

    Args:
      items: the stream.
      max_items: the most items in a list.
      size: of an item.
      max_size: a list ends with the item that takes its sizes to this sum.

    Yields:
      Lists of one item or more.
    """
    chunk: list[T] = []
    total = 0
    for item in items:
        chunk.append(item)
        total += size(item)
        if len(chunk) == max_items or total >= max_size:
            yield chunk
            chunk, total = [], 0
    if chunk:
        yield chunk


def first(items: Iterable[T], limit: int, *, counts: Callable[[T], bool]) -> Iterator[T]:
    """The first items of a stream, up to the last of `limit` that count; all for 0."""
    taken = 0
    for item in items:
        yield item
        taken += counts(item)
        if limit and taken == limit:
            return


def text_size(words: Sequence[str]) -> int:
    """The characters of words and the spaces between them: what they take to tokenize."""
    return sum(map(len, words)) + len(words)
