"""Very many rows of bytes of one width, found by how they begin: no object for each."""

from collections.abc import Iterator

_BUCKETS = 256


class Table:
    """Rows that begin with a key of evenly spread bytes, such as a hash.

    Args:
        width: bytes in a row.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._buckets = [bytearray() for _ in range(_BUCKETS)]
        self._marks: list[bytearray | None] = [None] * _BUCKETS
        self._unsorted = set(range(_BUCKETS))

    def __len__(self) -> int:
        return sum(map(len, self._buckets)) // self._width

    def add(self, row: bytes) -> None:
        """Take in a row. Marks that were set before are lost."""
        bucket = row[0]
        self._buckets[bucket] += row
        self._unsorted.add(bucket)

    def rows(self) -> Iterator[bytes]:
        """Yield all rows in order."""
        for number in range(_BUCKETS):
            yield from self._rows(number)

    def find(self, key: bytes) -> list[bytes]:
        """Return the rows that begin with a key, in order."""
        bucket = self._bucket(key[0])
        place = self._place(bucket, key)
        found = []
        while bucket.startswith(key, place):
            found.append(bytes(bucket[place : place + self._width]))
            place += self._width
        return found

    def mark(self, key: bytes) -> bool:
        """Mark the rows that begin with a key. Return whether there are any."""
        bucket = self._bucket(key[0])
        first = place = self._place(bucket, key)
        marks = self._marks[key[0]]
        if marks is None:
            marks = self._marks[key[0]] = bytearray(len(bucket) // self._width)
        while bucket.startswith(key, place):
            marks[place // self._width] = 1
            place += self._width
        return place > first

    def is_marked(self, key: bytes) -> bool:
        """Tell whether the first row that begins with a key is marked."""
        bucket = self._bucket(key[0])
        place = self._place(bucket, key)
        marks = self._marks[key[0]]
        if marks is None or not bucket.startswith(key, place):
            return False
        return marks[place // self._width] == 1

    def _place(self, bucket: bytearray, key: bytes) -> int:
        """Return where the first row begins that is not below a key."""
        width, length = self._width, len(key)
        low, high = 0, len(bucket) // width
        while low < high:
            middle = (low + high) // 2
            if bucket[middle * width : middle * width + length] < key:
                low = middle + 1
            else:
                high = middle
        return low * width

    def _bucket(self, number: int) -> bytearray:
        if number in self._unsorted:
            bucket = self._buckets[number]
            self._unsorted.discard(number)
            bucket[:] = b"".join(sorted(self._rows(number)))
            self._marks[number] = None
        return self._buckets[number]

    def _rows(self, number: int) -> list[bytes]:
        bucket, width = bytes(self._bucket(number)), self._width
        return [bucket[place : place + width] for place in range(0, len(bucket), width)]
