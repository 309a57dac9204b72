"""Who comes in: access tokens, what each role may do, and which shops it is for."""

import hashlib
import hmac
import re
import secrets
import threading
import time
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime

import msgspec

from api.problem import Problem
from api.signed_tokens import looks_like_one
from eventstore.reading import Scope

INTAKE = "intake"
READ = "read"
EXPORT = "export"
REVEAL = "reveal"
DESK = "desk"
OPERATE = "operate"
KEYS = "keys"

BREAK_GLASS = "break-glass"
"""Role of a token that somebody takes for an hour, when nobody who may is there."""

ROLES: Mapping[str, frozenset[str]] = {
    "intake": frozenset({INTAKE}),
    "auditor": frozenset({READ, EXPORT}),
    "support": frozenset({READ, REVEAL, DESK}),
    "support-lead": frozenset({READ, REVEAL, DESK}),
    "compliance": frozenset({READ, REVEAL, EXPORT}),
    "service": frozenset({READ, REVEAL, DESK}),
    "manager": frozenset({READ, REVEAL, DESK}),
    "warehouse": frozenset({READ, DESK}),
    "finance": frozenset({READ, DESK}),
    "operator": frozenset({OPERATE}),
    "key-officer": frozenset({KEYS}),
    BREAK_GLASS: frozenset({READ, REVEAL}),
}
"""What each role may do, by scope. No role contains another: each says what it may itself."""

KEPT = 30.0
"""Seconds for which a token that was looked up is kept: a revoked one is refused by then."""

_PREFIX = "oak"
_FORM = re.compile(r"oak_([a-z2-7]{12})_([A-Za-z0-9_-]{43})")
_MOST = 10_000


class Engagement(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody from outside may read, for what, and until when.

    Args:
        id: names it.
        auditor: who it is for.
        shops: whose orders; empty for all.
        first_day: UTC day of an order's first event from which on it counts; None for any.
        last_day: the last such day.
        fields: purposes of personal data that are not masked.
        purpose: what it is for.
        expires_at: from when on it counts no more.
        revoked_at: when it was ended before; None where it was not.
    """

    id: str
    auditor: str
    shops: tuple[str, ...]
    first_day: date | None
    last_day: date | None
    fields: tuple[str, ...]
    purpose: str
    expires_at: datetime
    revoked_at: datetime | None


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
        engagement: what limits it further; None for nothing.
        subject: issuer and name of who opens it, by a token of their identity provider; None:
            who has its secret.
    """

    id: str
    digest: bytes
    role: str
    shops: tuple[str, ...]
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    engagement: Engagement | None = None
    subject: str | None = None

    def counts(self, now: datetime) -> bool:
        """Tell whether it lets anybody in at a time."""
        return all(
            one.revoked_at is None and now < one.expires_at
            for one in (self, self.engagement)
            if one is not None
        )

    @property
    def sees(self) -> Scope:
        """What of the record it may see."""
        limit = self.engagement
        if limit is None:
            return Scope(shops=self.shops)
        shops = limit.shops or self.shops
        if limit.shops and self.shops:
            # An empty list would be all shops, and no shop has an empty name.
            shops = tuple(shop for shop in self.shops if shop in limit.shops) or ("",)
        return Scope(
            shops=shops,
            first_day=None if limit.first_day is None else limit.first_day.isoformat(),
            last_day=None if limit.last_day is None else limit.last_day.isoformat(),
        )

    @property
    def opens(self) -> frozenset[str]:
        """The purposes of personal data that it sees without saying why."""
        return frozenset(self.engagement.fields) if self.engagement else frozenset()

    def may(self, scope: str) -> bool:
        """Tell whether its role has a scope."""
        return scope in ROLES.get(self.role, frozenset())

    def is_for(self, shop: str) -> bool:
        """Tell whether it is good for a shop."""
        return not self.shops or shop in self.shops


Find = Callable[[str], Token | None]
"""Looks a token up by its id."""

Identify = Callable[[str, datetime], tuple[Token, datetime] | None]
"""Checks a token of an identity provider at a time. Returns what stands for whom it names, where
somebody does, and until when it counts; raises `Problem` where it counts for nothing."""


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
        identify: checks tokens of an identity provider; None where there is none.
    """

    def __init__(
        self, find: Find, clock: Callable[[], datetime], identify: Identify | None = None
    ) -> None:
        self._find = find
        self._clock = clock
        self._identify = identify
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Token | None]] = {}

    def admit(self, header: str | None, scope: str) -> Token:
        """Return the token of an `Authorization` header.

        Raises:
            Problem: 401 where none that counts is shown, 403 where its role has not the scope.
        """
        shown = (header or "").removeprefix("Bearer ").strip()
        form = _FORM.fullmatch(shown)
        if not (header or "").startswith("Bearer "):
            raise Problem("token-missing")
        if form is None and self._identify is not None and looks_like_one(shown):
            token = self._identified(self._identify(shown, self._clock()))
        elif form is None:
            raise Problem("token-missing")
        else:
            token = self._opened(form)
        if not token.may(scope):
            raise Problem("scope-missing")
        return token

    def _opened(self, form: re.Match[str]) -> Token:
        token = self._look_up(form[1])
        # An unknown id takes as long as a wrong secret.
        wanted = bytes(32) if token is None else token.digest
        same = hmac.compare_digest(hashlib.sha256(form[2].encode()).digest(), wanted)
        if token is None or not same or not token.counts(self._clock()):
            raise Problem("token-refused")
        return token

    def _identified(self, found: tuple[Token, datetime] | None) -> Token:
        if found is None or not found[0].counts(self._clock()):
            raise Problem("token-refused")
        token, until = found
        return msgspec.structs.replace(token, expires_at=min(token.expires_at, until))

    def has_at_hand(self, header: str | None) -> bool:
        """Tell whether a header can be judged at once, without asking anybody."""
        shown = (header or "").removeprefix("Bearer ").strip()
        form = _FORM.fullmatch(shown)
        if form is None:
            return self._identify is None or not looks_like_one(shown)
        kept = self._kept.get(form[1])
        return kept is not None and time.monotonic() - kept[0] < KEPT

    def known(self, own: str) -> Token | None:
        """Return a token that counts by its id, for whoever showed it before and has a session."""
        token = self._look_up(own)
        return token if token is not None and token.counts(self._clock()) else None

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
