"""What stands against erasing: legal holds, what is still open, and laws that ask to keep."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from archive.retention import Policy, has_expired
from domain import catalogue
from domain.event import Event
from domain.hold import Hold
from domain.order import Order, fold_order
from domain.refund import CANCELLED, OFFLINE, PAID, REJECTED
from domain.stream import order_name, split_order_stream
from eventstore import log
from eventstore.connection import Connection
from orderproof import retaining

_ENDED = (PAID, OFFLINE, REJECTED, CANCELLED)


class Duty(msgspec.Struct, frozen=True):
    """Why something of one order has to stay.

    Args:
        stream: the order.
        kind: `hold`, `open`, or `law`.
        what: the hold's id, what is open, or the retention class.
        why: in words that name no customer.
        purposes: what has to stay.
        until: last day of a law's period.
    """

    stream: str
    kind: str
    what: str
    why: str
    purposes: tuple[str, ...]
    until: str | None = None

    def text(self) -> str:
        """Say it for people."""
        return f"{order_name(self.stream)}: {self.why} ({', '.join(self.purposes)} stays)"

    def as_dict(self) -> dict[str, Any]:
        """Return it for `--json`."""
        shop, number = split_order_stream(self.stream) or ("", self.stream)
        found = {"shop": shop, "order": number, "kind": self.kind, "what": self.what}
        return {**found, "why": self.why, "purposes": list(self.purposes), "until": self.until}


def today(connection: Connection) -> date:
    """Return the day that retention goes by: of the clock, or of the newest event if later."""
    size = log.size(connection)
    newest = [line.recorded_at for line in log.lines(connection, max(size - 1, 0), size)]
    return date.fromisoformat(max(log.clock(connection), *newest)[:10])


def standing(
    day: date,
    policy: Policy,
    holds: Iterable[Hold],
    wanted: Mapping[str, tuple[Sequence[Event], set[str]]],
) -> list[Duty]:
    """Return what stands against erasing.

    Args:
        day: today.
        policy: the laws that the seller goes by.
        holds: those in force.
        wanted: by order, its events by version and the purposes to be erased.
    """
    found = [
        Duty(
            hold.stream,
            "hold",
            hold.id,
            f"legal hold {hold.id}, {hold.reason}",
            tuple(sorted(wanted[hold.stream][1])),
        )
        for hold in holds
        if hold.stream in wanted
    ]
    for stream, (events, purposes) in wanted.items():
        found += [
            Duty(stream, "open", what, why, tuple(sorted(purposes)))
            for what, why in _open(fold_order(events), events)
        ]
        terms = policy.duty(retaining.facts(events), day)
        if catalogue.TAX in purposes and not has_expired(terms.until, day):
            why = f"to be kept until {terms.until} by {terms.retention_class}"
            kept, until = (catalogue.TAX,), terms.until.isoformat()
            found.append(Duty(stream, "law", terms.retention_class, why, kept, until))
    return found


def _open(order: Order, events: Sequence[Event]) -> list[tuple[str, str]]:
    """Return what somebody still has to answer for, each with words for it."""
    refunds = [
        refund for refund in order.refunds.values() if refund.decided and refund.state not in _ENDED
    ]
    claims: dict[object, bool] = {}
    for event in events:
        if event.type in ("claim.received", "claim.closed"):
            claims[event.data.get("claim_id")] = event.type == "claim.received"
    found = [("refund", "a refund is not finished")] if refunds else []
    if any(dispute.state == "open" for dispute in order.disputes):
        found.append(("dispute", "a dispute is open"))
    if any(claims.values()):
        found.append(("claim", "a claim is open"))
    return found
