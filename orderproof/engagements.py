"""Engagements: what somebody from outside may read, for what, and until when."""

import secrets
from base64 import b32encode
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from api.access import Engagement
from domain.catalogue import CONTACT, FRAUD, TAX
from eventstore.connection import connect, transaction
from orderproof import errors
from orderproof.access_notes import GATE, note
from orderproof.bootstrap import Store
from orderproof.errors import CommandError

FIELDS = (CONTACT, FRAUD, TAX)
"""Purposes of personal data that an engagement may open."""

_COLUMNS = "id, auditor, shops, first_day, last_day, fields, purpose, expires_at, revoked_at"
_ROLE = "engagement"


def make(
    store: Store,
    auditor: str,
    shops: Sequence[str],
    days: tuple[date | None, date | None],
    fields: Sequence[str],
    purpose: str,
    expires: int,
    by: str,
) -> Engagement:
    """Make an engagement.

    Args:
        store: the open installation.
        auditor: who it is for.
        shops: whose orders; none for all.
        days: the first and the last UTC day of an order's first event; None for any.
        fields: of `FIELDS`, that are not masked.
        purpose: what it is for; recorded.
        expires: days for which it counts.
        by: who makes it; recorded.

    Raises:
        CommandError: one of them cannot be.
    """
    if unknown := set(fields) - set(FIELDS):
        raise CommandError(f"--field: {', '.join(FIELDS)}, not {min(unknown)}")
    if any(not shop or "/" in shop for shop in shops):
        raise CommandError("--shop: a shop's name has no slash and is not empty")
    if not auditor.strip() or not purpose.strip():
        raise CommandError("say who it is for (--auditor), and what for (--purpose)")
    first, last = days
    if first is not None and last is not None and last < first:
        raise CommandError("--to is before --from")
    own = b32encode(secrets.token_bytes(8)).decode().lower()[:12]
    until = datetime.now(UTC) + timedelta(days=expires)
    scope = ", ".join(shops) or "all shops"
    note(
        store, "access.granted", own, _ROLE, by, purpose=purpose, scope=scope,
        until=until.isoformat(timespec="seconds"),
    )  # fmt: skip
    with connect(store.dsn, GATE) as connection, transaction(connection) as cursor:
        cursor.execute(
            "INSERT INTO engagements (id, auditor, shops, first_day, last_day, fields, purpose,"
            f" expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}",
            (own, auditor, list(shops), first, last, sorted(set(fields)), purpose, until),
        )
        [row] = cursor.fetchall()
    return of_row(row)


def revoke(store: Store, own: str, by: str) -> Engagement:
    """End an engagement, and with it what its tokens let in; one that has ended stays so.

    Raises:
        CommandError: there is none of this id.
    """
    with connect(store.dsn, GATE) as connection, transaction(connection) as cursor:
        cursor.execute(
            "UPDATE engagements SET revoked_at = coalesce(revoked_at, now())"
            f" WHERE id = %s RETURNING {_COLUMNS}",
            (own,),
        )
        rows = cursor.fetchall()
    if not rows:
        raise _none()
    note(store, "access.revoked", own, _ROLE, by)
    return of_row(rows[0])


def every(store: Store) -> list[Engagement]:
    """Return all engagements, the oldest first."""
    with connect(store.dsn, GATE) as connection, transaction(connection) as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM engagements ORDER BY created_at, id")
        return [of_row(row) for row in cursor.fetchall()]


def find(store: Store, own: str) -> Engagement:
    """Return an engagement.

    Raises:
        CommandError: there is none of this id.
    """
    for one in every(store):
        if one.id == own:
            return one
    raise _none()


def of_row(row: Sequence[Any]) -> Engagement:
    """Return the engagement of a row: id to revoked_at, as the table has them."""
    own, auditor, shops, first_day, last_day, fields, purpose, expires_at, revoked_at = row
    return Engagement(
        id=own,
        auditor=auditor,
        shops=tuple(shops),
        first_day=first_day,
        last_day=last_day,
        fields=tuple(fields),
        purpose=purpose,
        expires_at=expires_at,
        revoked_at=revoked_at,
    )


def _none() -> CommandError:
    return CommandError("there is no engagement of this id", errors.NOT_FOUND)
