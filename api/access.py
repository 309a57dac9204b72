"""Who comes in: access tokens, what each role may do, and which shops it is for."""

import hashlib
import hmac
import re
import secrets
import threading
import time
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from api.problem import Problem

INTAKE = "intake"
READ = "read"
DESK = "desk"
OPERATE = "operate"

ROLES: Mapping[str, frozenset[str]] = {
    "intake": frozenset({INTAKE}),
    "auditor": frozenset({READ}),
    "service": frozenset({READ, DESK}),
    "manager": frozenset({READ, DESK}),
    "warehouse": frozenset({READ, DESK}),
    "finance": frozenset({READ, DESK}),
    "operator": frozenset({READ, OPERATE}),
}
"""What each role may do, by scope."""

KEPT = 30.0
"""Seconds for which a token that was looked up is kept: a revoked one is refused by then."""

_PREFIX = "oak"
_FORM = re.compile(r"oak_([a-z2-7]{12})_([A-Za-z0-9_-]{43})")
_MOST = 10_000


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it is kept: everything but its secret.

    Args:
        id: names it.
        digest: SHA-256 of its secret.
        role: one of `ROLES`.
        shops: it is good for; empty for all.
        label: what its owner calls it.
        created_at: when it was made.
        expires_at: from when on it counts no more.
        revoked_at: when it was revoked; None where it was not.
    """

    id: str
    digest: bytes
    role: str
    shops: tuple[str, ...]
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def counts(self, now: datetime) -> bool:
        """Tell whether it lets anybody in at a time."""
        return self.revoked_at is None and now < self.expires_at

    def may(self, scope: str) -> bool:
        """Tell whether its role has a scope."""
        return scope in ROLES.get(self.role, frozenset())

    def is_for(self, shop: str) -> bool:
        """Tell whether it is good for a shop."""
        return not self.shops or shop in self.shops


Find = Callable[[str], Token | None]
"""Looks a token up by its id."""


def make_secret() -> tuple[str, bytes, str]:
    """Make a token: its id, the SHA-256 of its secret, and the whole, which is shown once."""
    own = b32encode(secrets.token_bytes(8)).decode().lower()[:12]
    secret = urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return own, hashlib.sha256(secret.encode()).digest(), f"{_PREFIX}_{own}_{secret}"


class Gate:
    """Lets in who shows a token that counts; what was looked up is kept for `KEPT` seconds.

    Args:
        find: looks up a token.
        clock: the time for expiry.
    """

    def __init__(self, find: Find, clock: Callable[[], datetime]) -> None:
        self._find = find
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Token | None]] = {}

    def admit(self, header: str | None, scope: str) -> Token:
        """Return the token of an `Authorization` header.

        Raises:
            Problem: 401 where none that counts is shown, 403 where its role has not the scope.
        """
        form = _FORM.fullmatch((header or "").removeprefix("Bearer ").strip())
        if form is None or not (header or "").startswith("Bearer "):
            raise Problem("token-missing")
        token = self._look_up(form[1])
        # An unknown id takes as long as a wrong secret.
        wanted = bytes(32) if token is None else token.digest
        same = hmac.compare_digest(hashlib.sha256(form[2].encode()).digest(), wanted)
        if token is None or not same or not token.counts(self._clock()):
            raise Problem("token-refused")
        if not token.may(scope):
            raise Problem("scope-missing")
        return token

    def _look_up(self, own: str) -> Token | None:
        now = time.monotonic()
        with self._lock:
            kept = self._kept.get(own)
        if kept is not None and now - kept[0] < KEPT:
            return kept[1]
        found = self._find(own)
        with self._lock:
            if len(self._kept) >= _MOST:
                self._kept.clear()  # somebody tries ids; those in use are looked up again
            self._kept[own] = (now, found)
        return found
