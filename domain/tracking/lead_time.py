"""How long an order took, step by step: waiting for the product, then its way (R138)."""

from collections.abc import Mapping

import msgspec

from domain.occurrence import Facts
from domain.order import Order
from domain.tracking import content
from domain.tracking.parcels import ParcelState
from domain.tracking.supply import Supply

PAYMENT = "payment"
PROCESSING = "processing"
QUEUE = "queue"
MAKING = "making"
HANDOVER = "handover"
TRANSPORT = "transport"
STEPS = (PAYMENT, PROCESSING, QUEUE, MAKING, HANDOVER, TRANSPORT)
"""One after the other; each ends where the next one begins."""

PRODUCT = "product"
WHOLE = "whole"
SPANS = (*STEPS[:-1], PRODUCT, TRANSPORT, WHOLE)
"""The steps, all before the dispatch together, and all together."""


class Milestones(msgspec.Struct, frozen=True, kw_only=True):
    """When an order reached what; microseconds since 1970 UTC, None where it is not known.

    Args:
        placed: the customer ordered.
        paid: the first payment.
        confirmed: the seller's confirmation.
        started: the first report of making or fetching.
        packed: the last parcel was packed.
        dispatched: the last parcel left.
        delivered: the last parcel was taken.
    """

    placed: int | None
    paid: int | None
    confirmed: int | None
    started: int | None
    packed: int | None
    dispatched: int | None
    delivered: int | None


def fold_milestones(
    facts: Facts,
    order: Order,
    parcels: tuple[ParcelState, ...],
    supply: Supply,
    confirmed_at: int | None,
) -> Milestones:
    """Return when an order reached what.

    Args:
        facts: of the order, in order.
        order: what claims see.
        parcels: its parcels.
        supply: how far its goods are.
        confirmed_at: when it was confirmed.
    """
    worked = [
        fact.at
        for kind in (content.Production, content.Picking)
        for fact in facts.of(kind)
        if fact.at is not None
    ]
    paid = [payment.at for payment in order.payments if payment.at is not None]
    return Milestones(
        placed=None if order.placed is None else order.placed.at,
        paid=min(paid, default=None),
        confirmed=confirmed_at,
        started=min(worked, default=None),
        packed=supply.packed_at,
        dispatched=_last([parcel.dispatched_at for parcel in parcels]),
        delivered=_last([parcel.arrived_at for parcel in parcels]),
    )


def _last(times: list[int | None]) -> int | None:
    """Return the last of some times, None as long as one of them is not known."""
    known = [at for at in times if at is not None]
    return max(known) if known and len(known) == len(times) else None


def durations(milestones: Milestones) -> Mapping[str, int | None]:
    """Return how long each of `SPANS` took, in microseconds; None where an end is not known.

    What the times contradict, such as a payment before the placement, took no time.
    """
    ends = {
        PAYMENT: (milestones.placed, milestones.paid),
        PROCESSING: (milestones.paid, milestones.confirmed),
        QUEUE: (milestones.confirmed, milestones.started),
        MAKING: (milestones.started, milestones.packed),
        HANDOVER: (milestones.packed, milestones.dispatched),
        PRODUCT: (milestones.placed, milestones.dispatched),
        TRANSPORT: (milestones.dispatched, milestones.delivered),
        WHOLE: (milestones.placed, milestones.delivered),
    }
    return {
        span: None if begin is None or end is None else max(end - begin, 0)
        for span, (begin, end) in ends.items()
    }
