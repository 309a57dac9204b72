"""Full tiles that were made while the log was checked, on the disk until they are stored."""

import tempfile
from collections.abc import Iterator
from struct import Struct

_LENGTHS = Struct(">HI")


class TileSpool:
    """Tiles in their order, in a file without a name; none in memory. Close it after use."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # `close` ends it

    def add(self, name: str, data: bytes) -> None:
        """Put a tile behind the others."""
        self._file.write(_LENGTHS.pack(len(name), len(data)))
        self._file.write(name.encode())
        self._file.write(data)

    def drain(self) -> Iterator[tuple[str, bytes]]:
        """Yield all tiles as names and contents; then there are none any more."""
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            name, data = _LENGTHS.unpack(self._file.read(_LENGTHS.size))
            yield self._file.read(name).decode(), self._file.read(data)
        self.clear()

    def clear(self) -> None:
        """Forget all tiles."""
        self._file.seek(0)
        self._file.truncate()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
