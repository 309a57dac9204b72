"""How often: limits for each token and address, told in headers before they are reached.

Source: draft-ietf-httpapi-ratelimit-headers (`RateLimit`, `RateLimit-Policy`), RFC 9110
(`Retry-After`). Counted in this process, by a sliding window, so that a restart forgives.
"""

import hashlib
import logging
import math
from collections.abc import Mapping

import msgspec
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.access import INTAKE, Gate, Token
from api.counting import Counter, Limit
from api.problem import Problem

_LOG = logging.getLogger("orderproof.http")
_MINUTE = 60
_DAY = 24 * 60 * _MINUTE
_UNAUTHORIZED = ("token-missing", "token-refused", "signature-refused")


class Limits(msgspec.Struct, frozen=True):
    """How many requests.

    Args:
        intake: of a token or a source of webhooks, that bring events, a minute.
        other: of a token, all others, a minute.
        refused: of an address, that show no token that counts, a minute.
        orders: different orders that a token, or all of an engagement, opens, a day.
    """

    intake: int = 600_000
    other: int = 1_200
    refused: int = 60
    orders: int = 20_000


class Entrance:
    """Lets in who shows a token that counts, as often as the limits allow.

    Args:
        gate: knows the tokens.
        limits: how often.
    """

    def __init__(self, gate: Gate, limits: Limits) -> None:
        self._gate = gate
        self._counters: Mapping[str, Counter] = {
            "intake": Counter(Limit(limits.intake, _MINUTE)),
            "requests": Counter(Limit(limits.other, _MINUTE)),
            "refused": Counter(Limit(limits.refused, _MINUTE)),
            "orders": Counter(Limit(limits.orders, _DAY)),
        }
        self._opened = Counter(Limit(1, _DAY))
        self._alarms = Counter(Limit(1, _DAY))

    async def admit(self, request: Request, scope: str) -> Token:
        """Do as `enter`, in a thread only if the token has to be looked up."""
        if self._gate.has_at_hand(request.headers.get("authorization")):
            return self.enter(request, scope)
        return await run_in_threadpool(self.enter, request, scope)

    def enter(self, request: Request, scope: str) -> Token:
        """Return the token of a request.

        Raises:
            Problem: 401 where none that counts is shown, 403 where its role has not the scope, 429
                where it, or the address, asks too often.
        """
        self.refuse_guessing(request)
        try:
            token = self._gate.admit(request.headers.get("authorization"), scope)
        except Problem as problem:
            self.note(request, problem)
            raise
        self.take(request, "intake" if scope == INTAKE else "requests", token.id)
        return token

    def refuse_guessing(self, request: Request) -> None:
        """Refuse an address that was refused too often: somebody guesses.

        Raises:
            Problem: 429.
        """
        if not self._counters["refused"].allows(_address(request)):
            raise self._too_many("refused", _address(request))

    def note(self, request: Request, problem: Problem) -> None:
        """Count a request that was refused, if it was refused for who it is from."""
        if problem.kind in _UNAUTHORIZED:
            self._counters["refused"].hit(_address(request))

    def take(self, request: Request, name: str, who: str) -> None:
        """Count a request, and have its answer tell how many are left.

        Raises:
            Problem: 429.
        """
        if not self._counters[name].hit(who):
            raise self._too_many(name, who)
        request.state.rate = self._headers(name, who)

    def open_order(self, token: Token, stream: str) -> None:
        """Count an order that a token opens; the same one counts once a day.

        All tokens of an engagement are counted together.

        Raises:
            Problem: 429, as who reads them all in a day is asked why.
        """
        who = token.engagement.id if token.engagement else token.id
        # A number may have 8 KB, and what is counted is kept for a day.
        own = f"{who}/{hashlib.sha256(stream.encode()).hexdigest()}"
        if self._opened.allows(own):
            if not self._counters["orders"].hit(who):
                if self._alarms.hit(who):
                    _LOG.warning(
                        "%s opened %d orders within a day; more are refused. Next: ask whoever has"
                        " it, or orderproof token revoke",
                        f"engagement {who}" if token.engagement else f"token {who}",
                        self._counters["orders"].limit.most,
                    )
                raise self._too_many("orders", who)
            self._opened.hit(own)

    def _headers(self, name: str, who: str) -> dict[str, str]:
        counter = self._counters[name]
        left, wait = counter.left(who)
        return {
            "RateLimit-Policy": f'"{name}";q={counter.limit.most};w={counter.limit.seconds}',
            "RateLimit": f'"{name}";r={left};t={math.ceil(wait)}',
        }

    def _too_many(self, name: str, who: str) -> Problem:
        headers = self._headers(name, who)
        wait = max(1, int(headers["RateLimit"].rpartition("t=")[2]))
        return Problem("too-many", headers=headers | {"Retry-After": str(wait)})


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
