"""Sessions of the pages: a row behind a cookie, ended by its owner, its token, or time."""

import hashlib
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe

import psycopg2

from api.access import Token
from eventstore.pool import Pool

KEPT = timedelta(hours=12)
"""How long somebody stays logged in."""


class PageSessions:
    """Begins, finds and ends sessions; see `api.pages.session.Sessions`.

    Args:
        pool: connections in the role that keeps tokens.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def begin(self, token: Token) -> str:
        """Begin a session of a token, and return the secret for the cookie."""
        secret = token_urlsafe(32)
        with self._pool.statement() as cursor:
            cursor.execute(
                "INSERT INTO sessions (digest, token, expires_at) VALUES (%s, %s, %s)",
                (_digest(secret), token.id, min(datetime.now(UTC) + KEPT, token.expires_at)),
            )
        return secret

    def find(self, secret: str) -> str | None:
        """Return the id of the token that a session stands for; None where it has ended."""
        with self._pool.statement() as cursor:
            cursor.execute(
                "SELECT token FROM sessions WHERE digest = %s AND ended_at IS NULL"
                " AND expires_at > %s",
                (_digest(secret), datetime.now(UTC)),
            )
            rows = cursor.fetchall()
        return rows[0][0] if rows else None

    def end(self, secret: str) -> None:
        """End a session."""
        with self._pool.statement() as cursor:
            cursor.execute(
                "UPDATE sessions SET ended_at = coalesce(ended_at, now()) WHERE digest = %s",
                (_digest(secret),),
            )


def _digest(secret: str) -> psycopg2.Binary:
    return psycopg2.Binary(hashlib.sha256(secret.encode()).digest())
