"""Erasing: keys to personal data destroyed, and the events that say so, in one transaction."""

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

import msgspec
import psycopg2.errors

from domain import catalogue
from domain.erasure import KEY_DESTROYED
from domain.event import Fact
from domain.stream import KEYS_STREAM, stream_id
from eventstore import encoding
from eventstore.appending import Encoded, append_all
from eventstore.connection import Connection, Cursor, transaction
from eventstore.errors import HeldError

ROLE = "orderproof_eraser"
"""The database role that may destroy keys, and that reads nothing."""

REQUESTED = "erasure.requested"


class Decision(msgspec.Struct, frozen=True):
    """Who decided to erase, and why. All of it is recorded for good and in the clear.

    Args:
        ground: the legal ground, in words that name no person who is erased.
        requested_by: id of the member of staff who asked.
        approved_by: id of the one who approved.
        purposes: whose keys are destroyed; see `catalogue.PURPOSES`.
    """

    ground: str
    requested_by: str
    approved_by: str
    purposes: tuple[str, ...]


class Erased(msgspec.Struct, frozen=True):
    """What was erased.

    Args:
        id: of the erasure; its events hold it.
        position: of the newest of these events.
        streams: the streams of which keys were destroyed, with their purposes.
    """

    id: str
    position: int
    streams: dict[str, tuple[str, ...]]


class KeyState(msgspec.Struct, frozen=True):
    """The keys of one stream.

    Args:
        there: purposes that have a key.
        destroyed: purposes of which a key was destroyed once; a new one may have come since.
    """

    there: frozenset[str] = frozenset()
    destroyed: frozenset[str] = frozenset()


def key_states(connection: Connection, streams: Sequence[str]) -> dict[str, KeyState]:
    """Return which keys streams have and had.

    Args:
        connection: may read `stream_keys`; no transaction is open on it.
        streams: their names.
    """
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT stream_id::text, array_agg(purpose) FILTER (WHERE wrapped IS NOT NULL),"
            " array_agg(purpose) FILTER (WHERE destroyed_at IS NOT NULL)"
            " FROM stream_keys WHERE stream_id = ANY (%s::uuid[]) GROUP BY stream_id",
            ([str(stream_id(stream)) for stream in streams],),
        )
        found = {
            UUID(id_): KeyState(frozenset(there or ()), frozenset(destroyed or ()))
            for id_, there, destroyed in cursor.fetchall()
        }
    return {stream: found.get(stream_id(stream), KeyState()) for stream in streams}


def erase(connection: Connection, streams: Sequence[str], decision: Decision) -> Erased | None:
    """Destroy the keys of streams, and record it in each of them and in the stream of the keys.

    All of it is committed or nothing. It waits for the writers' lock, so nobody appends with an
    old key behind it: what was sealed before and comes after is refused, and sealed again with a
    new key.

    Args:
        connection: with the role `ROLE`; no transaction is open on it.
        streams: of the person. They must exist.
        decision: who decided it, and why.

    Returns:
        What was erased; None where there was no key left, and nothing was recorded.

    Raises:
        HeldError: one of the streams is under legal hold; nothing was erased.
    """
    names = {stream_id(stream): stream for stream in streams}
    with transaction(connection) as cursor:
        try:
            cursor.execute(
                "SELECT stream_id::text, purpose FROM destroy_keys(%s::uuid[], %s::text[])",
                ([str(id_) for id_ in names], list(decision.purposes)),
            )
        except psycopg2.errors.ObjectInUse as error:
            raise HeldError("one of the orders is under legal hold; nothing was erased") from error
        destroyed: dict[str, list[str]] = {}
        for id_, purpose in cursor.fetchall():
            destroyed.setdefault(names[UUID(id_)], []).append(purpose)
        if not destroyed:
            connection.rollback()
            return None
        erasure_id = uuid4().hex
        positions = append_all(cursor, _events(cursor, erasure_id, destroyed, decision))
    gone = {stream: tuple(sorted(purposes)) for stream, purposes in sorted(destroyed.items())}
    return Erased(erasure_id, positions[-1], gone)


def _events(
    cursor: Cursor, erasure_id: str, destroyed: dict[str, list[str]], decision: Decision
) -> list[Encoded]:
    cursor.execute("SELECT utc_text(log_clock())")
    [(moment,)] = cursor.fetchall()
    scope = "1 order" if len(destroyed) == 1 else f"{len(destroyed)} orders"
    whole = (KEYS_STREAM, REQUESTED, list(decision.purposes), scope)
    about = [whole] + [
        (stream, KEY_DESTROYED, purposes, "this order")
        for stream, purposes in sorted(destroyed.items())
    ]
    encoded = []
    for number, (stream, type_, purposes, reach) in enumerate(about):
        fact = Fact(
            stream=stream,
            type=type_,
            source=catalogue.OUR_SOURCE,
            id=f"erasure/{erasure_id}/{number}",
            occurred_at=moment,
            data={
                "erasure_id": erasure_id,
                "requested_by": decision.requested_by,
                "approved_by": decision.approved_by,
                "ground": decision.ground,
                "scope": reach,
                "purposes": sorted(purposes),
                "stays": _others(decision.purposes),
            },
        )
        parted = encoding.part(fact)
        encoded.append(encoding.encode(parted, 0, {}))
    return encoded


def _others(purposes: Iterable[str]) -> str:
    left = [purpose for purpose in catalogue.PURPOSES if purpose not in set(purposes)]
    return ", ".join(left) or "nothing that was sealed"
