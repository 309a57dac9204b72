"""The record as the API sees it: what answers, for whom, and the note that somebody looked."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Protocol

import msgspec

from api import answers
from api.access import Token
from api.limiting import Entrance
from domain.stream import order_stream, split_order_stream

MASKED = "masked"
"""What of personal data somebody was shown: none."""


class OrdersAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders: see `projections.order_summary.Asked`; `q` names one by any reference."""

    q: str | None = None
    shop: str | None = None
    first_day: str | None = None
    last_day: str | None = None
    as_of: int | None = None
    before: tuple[str, int] | None = None
    outside: int | None = None
    limit: int = 50


class OrdersFound(msgspec.Struct, frozen=True, kw_only=True):
    """A page; `last` is where the next one begins, None where there is none."""

    as_of: int
    items: list[answers.Order]
    outside: int
    last: tuple[str, int] | None


class Answers(Protocol):
    """Answers what a token may see, and nothing else. LookupError: nothing that it may see."""

    def orders(self, token: Token, asked: OrdersAsked) -> OrdersFound:
        """List orders."""

    def timeline(
        self, token: Token, stream: str, as_of: int | None
    ) -> tuple[answers.OneOrder, list[answers.TimelineEvent], int]:
        """Return an order, all its events up to a position, and how many parts are masked."""

    def claim(self, token: Token, stream: str, day: date, language: str) -> dict[str, Any]:
        """Return the answer to a claim."""

    def events(
        self, token: Token, shop: str | None, type: str | None, after: int, upto: int, limit: int
    ) -> tuple[list[answers.Event], int | None, int]:
        """List events; return where the next page begins, and how many parts are masked."""

    def event(self, token: Token, id: str, source: str | None) -> answers.OneEvent:
        """Return an event by its id, or by its position where no event has that id."""

    def size(self, token: Token) -> int:
        """Return the newest position."""

    def reads(
        self, token: Token, subject: str, after: int, as_of: int | None, limit: int
    ) -> tuple[int, list[answers.Read], int | None]:
        """Return the position that it is as of, who looked at orders, and where to go on."""

    def note(self, token: Token, stream: str, fields: str, reason: str | None) -> None:
        """Record that somebody looks at an order that they may see."""

    def note_all(self, token: Token, streams: Sequence[str]) -> None:
        """Record that somebody was shown events of these orders, masked."""


def look_at(entrance: Entrance, record: Answers, token: Token, shop: str, number: str) -> str:
    """Count and record that a token opens an order; return the order's stream.

    Raises:
        LookupError: there is none that it may see.
        Problem: it opens too many.
    """
    stream = order_stream(shop, number)
    entrance.open_order(token, stream)
    record.note(token, stream, ", ".join(sorted(token.opens)) or MASKED, None)
    return stream


def look_at_all(entrance: Entrance, record: Answers, token: Token, found: Iterable[str]) -> None:
    """Count and record that a token sees events of these orders."""
    streams = sorted(set(found))
    for stream in streams:
        entrance.open_order(token, stream)
    record.note_all(token, streams)


def engagement_of(token: Token) -> answers.Engagement:
    """Tell what a token may see."""
    limit = token.engagement
    ends = min(token.expires_at, limit.expires_at) if limit else token.expires_at
    return answers.Engagement(
        token=token.id,
        role=token.role,
        label=token.label,
        shops=[shop for shop in token.sees.shops if shop],
        window=window_of(token, None, None),
        fields=sorted(token.opens),
        purpose=limit.purpose if limit else None,
        expires_at=ends.isoformat(timespec="seconds"),
    )


def window_of(token: Token, first: date | None, last: date | None) -> answers.Window:
    """Return the days that are asked for, as far as the token may see them."""
    sees = token.sees
    starts = [day for day in (sees.first_day, first and first.isoformat()) if day]
    ends = [day for day in (sees.last_day, last and last.isoformat()) if day]
    return answers.Window(max(starts, default=None), min(ends, default=None))


def shop_and_number(stream: str) -> tuple[str | None, str | None]:
    """Return shop and number of an order's stream, neither of another one."""
    return split_order_stream(stream) or (None, None)
