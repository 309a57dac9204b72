"""Cursors of lists: where a walk goes on, signed, so that nobody can make one up."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from api.problem import Problem

_MARK = 16  # bytes of the signature
_LONGEST = 2_000

_T = TypeVar("_T")


class Cursors:
    """Seals and opens cursors.

    Args:
        key: signs them; 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, walk: object, place: object) -> str:
        """Return a cursor.

        Args:
            walk: which list it is of, for whom, and with which filters: it counts there alone.
            place: where the list goes on.
        """
        data = msgspec.json.encode(place)
        return urlsafe_b64encode(self._mark(walk, data) + data).decode().rstrip("=")

    def open(self, walk: object, cursor: str, kind: type[_T]) -> _T:
        """Return the place of a cursor.

        Raises:
            Problem: 400, it was not made by us for this list, reader and filter.
        """
        try:
            raw = urlsafe_b64decode(cursor[:_LONGEST] + "=" * (-len(cursor) % 4))
        except ValueError:
            raw = b""
        mark, data = raw[:_MARK], raw[_MARK:]
        if not hmac.compare_digest(mark, self._mark(walk, data)):
            raise Problem("cursor-refused")
        return msgspec.json.decode(data, type=kind)

    def _mark(self, walk: object, data: bytes) -> bytes:
        scope = hashlib.sha256(msgspec.json.encode(walk)).digest()
        return hmac.digest(self._key, scope + data, "sha256")[:_MARK]
