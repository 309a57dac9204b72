"""What an order's record says that a bank asks for: who, what goods, which refunds. In English."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from domain.event import Event
from domain.money import format_money
from domain.order import Order
from domain.particulars import destination_of
from domain.reading import read_amount, read_text
from domain.refund import REJECTED, Refund
from domain.step import Step
from domain.time import utc_date
from domain.words.english import ENGLISH

_ADDRESS = ("recipient", "name", "company", "lines", "postcode", "city", "region", "country")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """The buyer, as the placement names them; None for what is not known or erased."""

    name: str | None = None
    email: str | None = None
    billing_address: str | None = None
    shipping_address: str | None = None


def person_of(placed: Sequence[Event]) -> Person:
    """Return the buyer of the first placement."""
    if not placed:
        return Person()
    data = placed[0].data
    buyer = _object(data.get("buyer"))
    return Person(
        name=read_text(buyer.get("name")),
        email=read_text(buyer.get("email")),
        billing_address=_address(data.get("bill_to")),
        shipping_address=_address(data.get("ship_to")),
    )


def _address(value: object) -> str | None:
    address = _object(value)
    found: list[str] = []
    for name in _ADDRESS:
        part = address.get(name)
        texts = map(read_text, part if isinstance(part, list) else [part])
        found += [text for text in texts if text]
    return ", ".join(dict.fromkeys(found)) or None


def goods_of(placed: Sequence[Event]) -> Iterator[str]:
    """Yield what was sold, a line each."""
    lines = placed[0].data.get("lines") if placed else None
    currency = read_text(placed[0].data.get("currency")) if placed else None
    for line in lines if isinstance(lines, list) else []:
        said = _object(line)
        title = read_text(said.get("title")) or read_text(said.get("sku"))
        if title is None:
            continue
        count = read_text(said.get("quantity")) or "1"
        price = read_amount(said.get("unit_price"))
        each = "" if price is None else f" at {format_money(price, currency)} each"
        yield f"{count} x {title}{each}"


def policy_of(events: Iterable[Event]) -> str | None:
    """Return the refund policies that decisions name, each with its day."""
    found = [
        (event.occurred_at[:10], version)
        for event in events
        if event.type in ("refund.approved", "refund.rejected", "aftersales.eligibility_assessed")
        and (version := read_text(event.data.get("policy_version"))) is not None
    ]
    return (
        "; ".join(f"refund policy version {version}, applied on {day}" for day, version in found)
        or None
    )


def refusals(order: Order, events: Sequence[Event]) -> Iterator[str]:
    """Yield why refunds were refused, and by what the customer was told."""
    for refund in order.refunds.values():
        if refund.state != REJECTED or refund.rejected is None:
            continue
        amount = money(refund.promised)
        reason = "" if refund.rejected.note is None else f", reason: {refund.rejected.note}"
        told = [
            read_text(event.data.get("message_id"))
            for event in events
            if event.id == refund.rejected.event_id
        ]
        by = f"; the customer was told by message {told[0]}" if told and told[0] else ""
        yield f"The refund of {amount} was refused {on_day(refund.rejected.at)}{reason}{by}."


def refund_lines(refund: Refund) -> Iterator[str]:
    """Yield where a refund stands, with what it can be found by."""
    text = f"Refund {refund.refund_id}: {ENGLISH.states.get(refund.state, refund.state)}"
    if refund.money_went_out:
        destination = destination_of(refund)
        to = "" if destination is None else f" to {ENGLISH.instrument(destination)}"
        text += f", {money(refund.returned)}{to} {on_day(refund.paid_at or _at(refund.offline))}"
        if refund.settled_on is not None:
            text += f", settled on {refund.settled_on.isoformat()}"
    if refund.reference.number is not None:
        kind = ENGLISH.reference_type(refund.reference.type)
        text += f"; {kind} {refund.reference.number}"
    if refund.psp_refund_id is not None:
        text += f"; provider's refund {refund.psp_refund_id}"
    yield f"{text}."


def money(amount: tuple[int, str | None] | None) -> str:
    """Return an amount for people; that it is not recorded where it is None."""
    return ENGLISH.phrases["no_amount"] if amount is None else format_money(*amount)


def on_day(at: int | None) -> str:
    """Return `on 2026-03-05`, or that the day is not recorded."""
    return ENGLISH.on(None if at is None else utc_date(at))


def _at(step: Step | None) -> int | None:
    return None if step is None else step.at


def distinct(values: Iterable[str | None]) -> str | None:
    """Return values once each, with commas; None where there is none."""
    return ", ".join(dict.fromkeys(value for value in values if value)) or None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
