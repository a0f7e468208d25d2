"""The numbers of pages that were seen, in bounded memory."""

# MediaWiki has 32 bits for it, but the largest Wikipedia has used 27 of them only. A greater number
# is that of no page, and would cost memory.
MAX_PAGE_ID = 2**30 - 1
_BITS = 15


class PageIds:
    """A set of numbers from 0 to `MAX_PAGE_ID`: a bit for each, of those ranges that have any.

    A million pages of a dump take some megabytes, and no dump takes more than 140.
    """

    def __init__(self) -> None:
        """Makes an empty set."""
        self._ranges: dict[int, bytearray] = {}

    def add(self, page_id: int) -> bool:
        """Adds a number; False if it was there."""
        number, place = divmod(page_id, 1 << _BITS)
        bits = self._ranges.get(number)
        if bits is None:
            bits = self._ranges[number] = bytearray(1 << (_BITS - 3))
        byte, mask = place >> 3, 1 << (place & 7)
        if bits[byte] & mask:
            return False
        bits[byte] |= mask
        return True
