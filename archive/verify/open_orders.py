"""Which orders have lines in no history, as the index has to say it."""

from array import array
from bisect import bisect_right

from archive.index import root as roots
from archive.index import rows
from archive.layout import ORDER_STREAM


class OpenOrders:
    """What the open lines show of orders. Memory: eight bytes a line, and a little an order."""

    def __init__(self) -> None:
        self._positions = array("Q")
        self._first: dict[bytes, int] = {}

    def add(self, stream: str, position: int) -> None:
        """Take in an open line; their positions rise."""
        if not stream.startswith(ORDER_STREAM):
            return
        self._positions.append(position)
        # Later ones would not be listed anyway, whatever size is asked for.
        if len(self._first) <= roots.OPEN_STREAMS:
            self._first.setdefault(roots.prefix(rows.key_of(stream)), position)

    def upto(self, size: int) -> tuple[int, bytes | None]:
        """Return `open_lines` and `open_streams` of an index at a size of the log."""
        found = {prefix for prefix, position in self._first.items() if position <= size}
        return bisect_right(self._positions, size), roots.open_prefixes(found)
