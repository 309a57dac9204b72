"""Access tokens for HTTP: made, listed, revoked; the secret is shown once and kept nowhere."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2

from api.access import ROLES, Token, make_secret
from domain.catalogue import OUR_SOURCE
from domain.event import Fact
from domain.stream import ACCESS_STREAM
from eventstore import log, recording
from eventstore.connection import Connection, connect, transaction
from eventstore.pool import Pool
from eventstore.writer import ROLE as WRITER
from orderproof import errors
from orderproof.bootstrap import Store
from orderproof.errors import CommandError

GATE = "orderproof_gate"
"""Database role that sees tokens, and nothing else."""

_COLUMNS = "id, digest, role, shops, label, created_at, expires_at, revoked_at"


def make(
    store: Store, role: str, shops: Sequence[str], label: str, days: int, by: str
) -> tuple[Token, str]:
    """Make a token, and return it with the text that is shown once.

    Args:
        store: the open installation.
        role: one of `api.access.ROLES`.
        shops: it is good for; none for all.
        label: what its owner calls it.
        days: for which it counts.
        by: who makes it; recorded.

    Raises:
        CommandError: the role is not known, or a shop is named as none can be.
    """
    if role not in ROLES:
        raise CommandError(f"--role: {', '.join(ROLES)}")
    if any(not shop or "/" in shop for shop in shops):
        raise CommandError("--shop: a shop's name has no slash and is not empty")
    own, digest, text = make_secret()
    until = datetime.now(UTC) + timedelta(days=days)
    # The record comes first: no token counts that nobody wrote down.
    _note(store, "access.granted", own, role, by, until.isoformat(timespec="seconds"))
    with connect(store.dsn, GATE) as connection, transaction(connection) as cursor:
        cursor.execute(
            "INSERT INTO access_tokens (id, digest, role, shops, label, expires_at)"
            f" VALUES (%s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}",
            (own, psycopg2.Binary(digest), role, list(shops), label, until),
        )
        [row] = cursor.fetchall()
    return _token(row), text


def revoke(store: Store, own: str, by: str) -> Token:
    """Revoke a token; one that is revoked stays as it is.

    Raises:
        CommandError: there is none of this id.
    """
    with connect(store.dsn, GATE) as connection, transaction(connection) as cursor:
        cursor.execute(
            "UPDATE access_tokens SET revoked_at = coalesce(revoked_at, now())"
            f" WHERE id = %s RETURNING {_COLUMNS}",
            (own,),
        )
        rows = cursor.fetchall()
    if not rows:
        raise CommandError("there is no token of this id", errors.NOT_FOUND)
    token = _token(rows[0])
    _note(store, "access.revoked", own, token.role, by, None)
    return token


def every(connection: Connection) -> list[Token]:
    """Return all tokens, the oldest first."""
    with transaction(connection) as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM access_tokens ORDER BY created_at, id")
        return [_token(row) for row in cursor.fetchall()]


def find(pool: Pool, own: str) -> Token | None:
    """Return the token of an id, None where there is none."""
    with pool.statement() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM access_tokens WHERE id = %s", (own,))
        rows = cursor.fetchall()
    return _token(rows[0]) if rows else None


def _token(row: tuple[Any, ...]) -> Token:
    own, digest, role, shops, label, created_at, expires_at, revoked_at = row
    return Token(
        id=own,
        digest=bytes(digest),
        role=role,
        shops=tuple(shops),
        label=label,
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
    )


def _note(store: Store, type_: str, own: str, role: str, by: str, until: str | None) -> None:
    now = log.clock(store.connection)
    said = {"who": own, "role": role, "by": by, "until": until}
    fact = Fact(
        stream=f"{ACCESS_STREAM}/{now[:10]}",
        type=type_,
        source=OUR_SOURCE,
        id=f"{type_}/{own}/{now}",
        occurred_at=now,
        data={name: value for name, value in said.items() if value is not None},
        actor={"kind": "staff", "id": by},
    )
    with connect(store.dsn, WRITER) as connection:
        recording.record(connection, None, [fact])
