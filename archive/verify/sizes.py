"""Names and sizes of an archive's files: a million of them in some 20 MB."""

import pickle
import zlib
from collections.abc import Iterator, MutableMapping

_FEW = 64

_Packed = tuple[int, bytes]  # how many, and they themselves


class Sizes(MutableMapping[str, int]):
    """A mapping of names to sizes that packs the folders which are not looked into just now.

    It is quick where neighbours are asked for one after the other, and slow where they are not.
    """

    def __init__(self) -> None:
        self._folders: dict[str, dict[str, int] | _Packed] = {}
        self._open = ""

    def __getitem__(self, name: str) -> int:
        folder, _, last = name.rpartition("/")
        return self._unpacked(folder)[last]

    def __setitem__(self, name: str, size: int) -> None:
        folder, _, last = name.rpartition("/")
        self._unpacked(folder, new=True)[last] = size

    def __delitem__(self, name: str) -> None:
        folder, _, last = name.rpartition("/")
        del self._unpacked(folder)[last]

    def __iter__(self) -> Iterator[str]:
        return self.under("")

    def __len__(self) -> int:
        return sum(f[0] if isinstance(f, tuple) else len(f) for f in self._folders.values())

    def under(self, prefix: str) -> Iterator[str]:
        """Yield the names that start with a prefix, folder by folder, each in order."""
        for folder in sorted(self._folders):
            start = f"{folder}/" if folder else ""
            if not (start.startswith(prefix) or prefix.startswith(start)):
                continue
            for last in sorted(self._unpacked(folder)):
                if (start + last).startswith(prefix):
                    yield start + last

    def _unpacked(self, folder: str, *, new: bool = False) -> dict[str, int]:
        found = self._folders.get(folder)
        if isinstance(found, dict):
            if folder != self._open:
                self._pack(folder)
            return found
        if found is None:
            content: dict[str, int] = {}
            if not new:
                return content
        else:
            content = pickle.loads(zlib.decompress(found[1]))  # noqa: S301  # our own, of above
        self._folders[folder] = content
        self._pack(folder)
        return content

    def _pack(self, newly_open: str) -> None:
        """Pack the folder that was looked into last, if it holds more than a few names."""
        before = self._folders.get(self._open)
        self._open, last = newly_open, self._open
        if isinstance(before, dict) and len(before) > _FEW and last != newly_open:
            self._folders[last] = len(before), zlib.compress(pickle.dumps(before), 1)
