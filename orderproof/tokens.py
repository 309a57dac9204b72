"""Access tokens for HTTP: made, listed, revoked; the secret is shown once and kept nowhere."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2

from api.access import BREAK_GLASS, ROLES, Token, make_secret
from api.signed_tokens import SUBJECT, Provider, check
from eventstore.connection import Connection, Cursor, connect, transaction
from eventstore.pool import Pool
from orderproof import engagements, errors
from orderproof.access_notes import GATE, note
from orderproof.bootstrap import Store
from orderproof.errors import CommandError
from orderproof.provider_keys import ProviderKeys

_LATEST = 32_503_680_000  # the year 3000, as a provider may say anything
_REASON = 10  # characters at least

_COLUMNS = "t.id, digest, role, t.shops, label, t.created_at, t.expires_at, t.revoked_at, subject"
_LIMITS = "e.id, auditor, e.shops, first_day, last_day, fields, purpose, e.expires_at, e.revoked_at"
_BOTH = (
    f"SELECT {_COLUMNS}, {_LIMITS} FROM access_tokens t LEFT JOIN engagements e"
    " ON e.id = t.engagement"
)


def make(
    store: Store,
    role: str,
    shops: Sequence[str],
    label: str,
    days: int,
    by: str,
    engagement: str | None = None,
    subject: str | None = None,
) -> tuple[Token, str]:
    """Make a token, and return it with the text that is shown once.

    Args:
        store: the open installation.
        role: one of `api.access.ROLES`.
        shops: it is good for; none for all.
        label: what its owner calls it.
        days: for which it counts.
        by: who makes it; recorded.
        engagement: id of what limits it further.
        subject: who opens it, by the identity provider's name for them; the secret, which nobody
            is shown then, does not.

    Raises:
        CommandError: the role is not known, or a shop is named as none can be.
    """
    if role not in ROLES or role == BREAK_GLASS:
        raise CommandError(f"--role: {', '.join(sorted(ROLES.keys() - {BREAK_GLASS}))}")
    if any(not shop or "/" in shop for shop in shops):
        raise CommandError("--shop: a shop's name has no slash and is not empty")
    if engagement is not None:
        if role != "auditor":
            raise CommandError("--engagement: it is for the role auditor")
        engagements.find(store, engagement)
    named = None if subject is None else _named(store, subject)
    own, digest, text = make_secret()
    until = datetime.now(UTC) + timedelta(days=days)
    # The record comes first: no token counts that nobody wrote down.
    note(store, "access.granted", own, role, by, until=until.isoformat(timespec="seconds"))
    with connect(store.dsn, GATE) as connection, transaction(connection) as cursor:
        cursor.execute(
            "INSERT INTO access_tokens"
            " (id, digest, role, shops, label, expires_at, engagement, subject)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (own, psycopg2.Binary(digest), role, list(shops), label, until, engagement, named),
        )
        return _read(cursor, own), text


def break_glass(store: Store, by: str, reason: str, ticket: str) -> tuple[Token, str]:
    """Make a token that sees everything for an hour, when nobody who may is there.

    Args:
        store: the open installation.
        by: who takes it; recorded.
        reason: why; recorded.
        ticket: where the matter is followed up; recorded.

    Raises:
        CommandError: no reason or ticket is given, or the last such token still counts.
    """
    if len(reason.strip()) < _REASON or not ticket.strip():
        raise CommandError("say why (--reason, a sentence) and where it is followed up (--ticket)")
    now = datetime.now(UTC)
    with connect(store.dsn, GATE) as connection:
        if any(one.role == BREAK_GLASS and one.counts(now) for one in every(connection)):
            raise CommandError(
                "the last such token still counts. Next: use it, or orderproof token revoke ID",
                errors.REFUSED,
            )
    own, digest, text = make_secret()
    until = now + timedelta(minutes=60)
    note(
        store, "access.granted", own, BREAK_GLASS, by, reason=reason, scope=f"ticket {ticket}",
        until=until.isoformat(timespec="seconds"),
    )  # fmt: skip
    with connect(store.dsn, GATE) as connection, transaction(connection) as cursor:
        cursor.execute(
            "INSERT INTO access_tokens (id, digest, role, shops, label, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (own, psycopg2.Binary(digest), BREAK_GLASS, [], f"break-glass {ticket}", until),
        )
        return _read(cursor, own), text


def taken(pool: Pool) -> int:
    """Return how many tokens of the role `BREAK_GLASS` were taken within a day."""
    with pool.statement() as cursor:
        cursor.execute(
            "SELECT count(*) FROM access_tokens"
            " WHERE role = %s AND created_at > now() - interval '1 day'",
            (BREAK_GLASS,),
        )
        [(number,)] = cursor.fetchall()
    return int(number)


def revoke(store: Store, own: str, by: str) -> Token:
    """Revoke a token; one that is revoked stays as it is.

    Raises:
        CommandError: there is none of this id.
    """
    with connect(store.dsn, GATE) as connection, transaction(connection) as cursor:
        cursor.execute(
            "UPDATE access_tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = %s",
            (own,),
        )
        if not cursor.rowcount:
            raise CommandError("there is no token of this id", errors.NOT_FOUND)
        token = _read(cursor, own)
    note(store, "access.revoked", own, token.role, by)
    return token


def every(connection: Connection) -> list[Token]:
    """Return all tokens, the oldest first."""
    with transaction(connection) as cursor:
        cursor.execute(f"{_BOTH} ORDER BY t.created_at, t.id")
        return [_token(row) for row in cursor.fetchall()]


def find(pool: Pool, own: str) -> Token | None:
    """Return the token of an id, None where there is none."""
    with pool.statement() as cursor:
        cursor.execute(f"{_BOTH} WHERE t.id = %s", (own,))
        rows = cursor.fetchall()
    return _token(rows[0]) if rows else None


def identify(
    pool: Pool, provider: Provider, keys: ProviderKeys, text: str, now: datetime
) -> tuple[Token, datetime] | None:
    """Return the newest token that was made for whom a provider's token names; see `Identify`."""
    shown = check(text, provider, keys, now)
    with pool.statement() as cursor:
        cursor.execute(
            f"{_BOTH} WHERE subject = %s ORDER BY t.created_at DESC LIMIT 1",
            (f"{provider.issuer} {shown.subject}",),
        )
        rows = cursor.fetchall()
    until = datetime.fromtimestamp(min(shown.expires_at, _LATEST), UTC)
    return (_token(rows[0]), until) if rows else None


def _named(store: Store, subject: str) -> str:
    issuer = store.installation.settings.oidc_issuer
    if not issuer:
        raise CommandError("--subject: no identity provider is set. Next: oidc_issuer")
    if not 0 < len(subject) <= SUBJECT or not subject.isprintable():
        raise CommandError("--subject: what stands under `sub` in the person's token")
    return f"{issuer} {subject}"


def _read(cursor: Cursor, own: str) -> Token:
    cursor.execute(f"{_BOTH} WHERE t.id = %s", (own,))
    [row] = cursor.fetchall()
    return _token(row)


def _token(row: tuple[Any, ...]) -> Token:
    own, digest, role, shops, label, created_at, expires_at, revoked_at, subject = row[:9]
    return Token(
        id=own,
        digest=bytes(digest),
        role=role,
        shops=tuple(shops),
        label=label,
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
        engagement=None if row[9] is None else engagements.of_row(row[9:]),
        subject=subject,
    )
