"""Telling a repeated event from a changed one where the bytes alone cannot.

The same fact encodes to other bytes when its type has been declared otherwise since, and when the
person it names has been erased since: the key that sealed it then is gone.
"""

from typing import Any

import msgspec

from domain import catalogue
from eventstore import encoding
from eventstore.appending import Encoded
from eventstore.connection import Cursor
from eventstore.encoding import Parted
from eventstore.errors import StoreAlteredError
from eventstore.stream_keys import KeyRing, Transact


class _Form(msgspec.Struct):
    """What is read of a stored body here, beside comparing it as a whole."""

    schema: int
    pii: dict[str, dict[str, str]] = {}


def is_repeat(transact: Transact, keys: KeyRing | None, offered: Parted, encoded: Encoded) -> bool:
    """Tell whether the event that is stored under the offered one's source and id is the same.

    Args:
        transact: opens a transaction.
        keys: as for recording.
        offered: the fact, parted by today's rules.
        encoded: what it was encoded to by today's rules and with today's keys.

    Raises:
        StoreAlteredError: what is stored is no event's body.
    """
    with transact() as cursor:
        stored = _stored_body(cursor, encoded)
        destroyed = _destroyed_purposes(cursor, encoded)
    if stored is None:
        return False
    try:
        was = msgspec.json.decode(stored)
        schema = msgspec.convert(was, _Form).schema
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise StoreAlteredError(
            "an event that is sent again cannot be read in the store, so it is not what was "
            "recorded. Compare with the archive: orderproof verify."
        ) from None
    # A type that nobody declared is sealed whole, whatever version it was recorded as.
    declared = catalogue.find(encoded.type) is not None
    if declared and schema > msgspec.json.decode(encoded.body)["schema"]:
        return False  # by rules that this version does not know yet
    parted = encoding.part(offered.fact, schema)
    epoch, found = encoding.obtain_keys(keys, transact, [parted])
    again = msgspec.json.decode(encoding.encode(parted, epoch, found, schema=schema).body)
    for purpose in destroyed:
        before, now = _box(was, purpose), _box(again, purpose)
        if before and now and before["commitment"] != now["commitment"]:
            del was["pii"][purpose], again["pii"][purpose]
    return bool(was == again)


def _stored_body(cursor: Cursor, event: Encoded) -> bytes | None:
    """Return the stored body, if it is of the same stream and type."""
    cursor.execute(
        "SELECT e.body FROM event_ids k JOIN events e ON e.position = k.position"
        " WHERE k.source = %s AND k.id = %s AND e.stream_id = %s AND e.type = %s",
        (event.source, event.id, str(event.stream_id), event.type),
    )
    rows = cursor.fetchall()
    return bytes(rows[0][0]) if rows else None


def _destroyed_purposes(cursor: Cursor, event: Encoded) -> list[str]:
    cursor.execute(
        "SELECT purpose FROM stream_keys WHERE stream_id = %s AND destroyed_at IS NOT NULL",
        (str(event.stream_id),),
    )
    return [purpose for (purpose,) in cursor.fetchall()]


def _box(body: Any, purpose: str) -> Any:
    return body.get("pii", {}).get(purpose)
