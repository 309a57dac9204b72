"""Names and sizes of an archive's files: a million of them in some 20 MB."""

import pickle
import stat
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

_FEW = 64
_OPEN = 4  # at once; a history and what proves it lie in two or three

_Packed = tuple[int, bytes]  # how many, and they themselves


class Sizes(MutableMapping[str, int]):
    """A mapping of names to sizes that packs the folders which are not looked into just now.

    It is quick where neighbours are asked for one after the other, and slow where they are not.
    """

    def __init__(self) -> None:
        self._folders: dict[str, dict[str, int] | _Packed] = {}
        self._open: OrderedDict[str, dict[str, int]] = OrderedDict()
        self._changed: set[str] = set()

    def __getitem__(self, name: str) -> int:
        folder, _, last = name.rpartition("/")
        return self._unpacked(folder)[last]

    def __setitem__(self, name: str, size: int) -> None:
        folder, _, last = name.rpartition("/")
        self._folders.setdefault(folder, {})
        self._unpacked(folder)[last] = size
        self._changed.add(folder)

    def __delitem__(self, name: str) -> None:
        folder, _, last = name.rpartition("/")
        del self._unpacked(folder)[last]
        self._changed.add(folder)

    def __iter__(self) -> Iterator[str]:
        return self.under("")

    def __len__(self) -> int:
        found = (self._open.get(name, each) for name, each in self._folders.items())
        return sum(each[0] if isinstance(each, tuple) else len(each) for each in found)

    def under(self, prefix: str) -> Iterator[str]:
        """Yield the names that start with a prefix, folder by folder, each in order."""
        for folder in sorted(self._folders):
            start = f"{folder}/" if folder else ""
            if not (start.startswith(prefix) or prefix.startswith(start)):
                continue
            for last in sorted(self._unpacked(folder)):
                if (start + last).startswith(prefix):
                    yield start + last

    def _unpacked(self, folder: str) -> dict[str, int]:
        content = self._open.get(folder)
        if content is not None:
            self._open.move_to_end(folder)
            return content
        found = self._folders.get(folder)
        if found is None:
            return {}
        if isinstance(found, tuple):
            found = pickle.loads(zlib.decompress(found[1]))  # noqa: S301  # our own, of below
        self._open[folder] = found
        if len(self._open) > _OPEN:
            self._close(*self._open.popitem(last=False))
        return found

    def _close(self, folder: str, content: dict[str, int]) -> None:
        """Pack a folder that holds more than a few names, unless it is packed as it is."""
        if folder in self._changed:
            self._changed.discard(folder)
            self._folders[folder] = content
            if len(content) > _FEW:
                self._folders[folder] = len(content), zlib.compress(pickle.dumps(content), 1)


class OnDisk(Mapping[str, int]):
    """The same of files as they are found when they are asked for; nothing is kept of them.

    Args:
        root: the archive's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def __getitem__(self, name: str) -> int:
        try:
            found = (self._root / name).lstat()
        except (OSError, ValueError):
            raise KeyError(name) from None
        if not stat.S_ISREG(found.st_mode):
            raise KeyError(name)
        return found.st_size

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError("the files are listed where the verification began")

    def __len__(self) -> int:
        raise NotImplementedError("the files are listed where the verification began")
