"""What an archive is written to: a folder or a bucket, and what both of them promise.

An object is there whole or not at all. Objects are final but for the few that
`REPLACED` names; a final object that is there already is compared and kept.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Protocol, Self

from archive import member
from archive.errors import MemberError, StoreError, TooLargeError

REPLACED = re.compile(
    r"log/checkpoint|README\.txt|orderproof-verify\.py|index/root\.json|(?:open|staged)/[^/]+|(?:viewer|spec)/.+"
)
"""Names of the objects that are replaced, and never locked."""

DELETED = re.compile(r"(?:open|staged)/[^/]+|index/.+")
"""Names of the objects that a later run may delete, once newer ones took their place."""

EXPIRED = re.compile(r"(?:orders|packs|holds|evidence)/.+")
"""Names of the objects that are deleted when they need not be kept any longer."""

_PART = re.compile(r"[A-Za-z0-9_%~-][A-Za-z0-9_%~.-]{0,254}")


@dataclass(frozen=True)
class NewObject:
    """An object to store.

    Args:
        path: its name in the archive.
        data: its bytes.
        retain_until: last day on which nobody shall be able to change or delete it. A bucket
            locks it so; a folder has no such lock. None: it is not locked.
    """

    path: str
    data: bytes
    retain_until: date | None = None


@dataclass(frozen=True)
class Stored:
    """An object as it is in the archive now.

    Args:
        data: its bytes; of an object that was there already, those that were kept.
        version: id of this version in the bucket; None in a folder.
    """

    data: bytes
    version: str | None = None


class ObjectDiffersError(StoreError):
    """An object that never changes is there already with another content.

    Args:
        path: name of the object in the archive.
    """

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is there already with another content; it was left as it is")
        self.path = path


class Reading(Protocol):
    """An archive, as far as its single objects are read."""

    def get(self, path: str) -> bytes | None:
        """Return the bytes of an object, or None if there is none."""
        ...


class Store(Protocol):
    """An archive, open for the one archiver that writes it. Close it after use.

    Names of objects use `/` and come from `archive.layout` and `archive.tiles`. Every method
    raises StoreError where the archive cannot be read or written as an archive must be.
    """

    @property
    def address(self) -> str:
        """Where the archive is, as people and `orderproof verify` name it."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def get(self, path: str) -> bytes | None:
        """Return the bytes of an object, or None if there is none."""
        ...

    def has(self, path: str) -> bool:
        """Tell whether there is an object."""
        ...

    def reading(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open an object that may be larger than memory."""
        ...

    def names(self, folder: str) -> list[str]:
        """List the names of the objects directly in a folder of the archive, sorted."""
        ...

    def put_new(self, path: str, data: bytes, retain_until: date | None = None) -> Stored:
        """Store one object that never changes; as `put_batch`."""
        ...

    def put_batch(self, objects: Sequence[NewObject]) -> list[Stored]:
        """Store objects that never change. They are durable and locked when this returns.

        An object that is there with the same text is kept as it is: another release of the
        compressor may write the same text in other bytes.

        Returns:
            What is in the archive now, one for each object.

        Raises:
            ObjectDiffersError: an object is there with another text.
            StoreError: the store did not confirm a write.
        """
        ...

    def put_large(
        self, path: str, pieces: Iterable[bytes], retain_until: date | None = None
    ) -> None:
        """Store one object that never changes, may be larger than memory, and is not there yet.

        Raises:
            ObjectDiffersError: there is one.
            StoreError: the store did not confirm the write.
        """
        ...

    def replace(self, path: str, pieces: Iterable[bytes]) -> None:
        """Store one of the objects that are replaced: old or new is there, nothing between.

        Args:
            path: a name that `REPLACED` matches.
            pieces: the content; may be larger than memory.
        """
        ...

    def delete(self, path: str) -> None:
        """Delete an object whose name `DELETED` matches."""
        ...

    def hold(self, path: str, *, on: bool) -> None:
        """Put an object under legal hold, or release it. A folder knows no holds: nothing."""
        ...


def parts_of(path: str) -> list[str]:
    """Take an object's name apart.

    Raises:
        StoreError: it could lead out of the archive, or is none that an archive has.
    """
    if not is_name(path):
        raise StoreError(f"{path!r} is not a name in an archive")
    return path.split("/")


def is_name(path: str) -> bool:
    """Tell whether an archive may have an object of this name."""
    return all(_PART.fullmatch(part) for part in path.split("/"))


def refuse_final(path: str, replaced: re.Pattern[str], verb: str) -> None:
    """Do nothing for an object that may be replaced or deleted.

    Raises:
        StoreError: the object is final.
    """
    if not replaced.fullmatch(path):
        raise StoreError(f"{path} is never {verb}")


def same_text(path: str, present: bytes, wanted: bytes) -> bool:
    """Tell whether two contents of an object say the same: equal bytes, or equal gzip texts."""
    if present == wanted:
        return True
    if not path.endswith(".gz"):
        return False
    try:
        text = member.decompress(wanted, sys.maxsize)
        return member.decompress(present, len(text)) == text
    except (MemberError, TooLargeError):
        return False
