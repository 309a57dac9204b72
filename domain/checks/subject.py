"""An order as its checks see it: what the customer typed, with personal data opened."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from domain.event import Event
from domain.reading import read_amount, read_text
from domain.time import read_instant
from domain.tracking.tracking import Tracking, fold_tracking

PLACEMENTS = ("order.placed", "order.imported")
CHANGES = (
    *PLACEMENTS,
    "order.amended",
    "order.line_added",
    "order.line_removed",
    "order.line_quantity_changed",
    "order.shipping_address_changed",
    "order.recipient_contact_changed",
    "order.special_request_recorded",
    "cart.snapshot_archived",
    "stock.shortage_detected",
    "payment.captured",
    "payment.failed",
)
"""Events after which an order is checked again."""

CHECKED = ("order.check_passed", "order.check_failed")


class CheckedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line: `unit_price` in minor units, `weight_g` of one piece, words about the goods."""

    sku: str | None
    title: str | None
    quantity: int | None
    unit_price: int | None
    weight_g: int | None
    attributes: tuple[str, ...]


class CheckedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order to be checked.

    Args:
        tracking: where it stands.
        unreadable: whether something of it is sealed and could not be opened.
        name: the recipient, else the buyer.
        phone: as typed.
        email: as typed.
        street: lines of the address.
        city: as typed.
        region: as typed.
        postcode: as typed.
        country: ISO 3166-1 alpha-2 where the shop says it so.
        lines: what was ordered, as the placement says.
        cart: the lines of the archived cart; None where none was archived.
        items: sum of the lines, as the shop says, in minor units.
        shipping: the same.
        tax: the same.
        discount: the same.
        remarks: what the customer wrote.
        requests: kinds of special requests that have to be seen to.
        payment_failed: whether the last payment failed.
    """

    tracking: Tracking
    unreadable: bool
    name: str | None
    phone: str | None
    email: str | None
    street: tuple[str, ...]
    city: str | None
    region: str | None
    postcode: str | None
    country: str | None
    lines: tuple[CheckedLine, ...]
    cart: tuple[CheckedLine, ...] | None
    items: int | None
    shipping: int | None
    tax: int | None
    discount: int | None
    remarks: str | None
    requests: tuple[str, ...]
    payment_failed: bool


def read_subject(events: Sequence[Event]) -> CheckedOrder | None:
    """Return an order to be checked; None where its placement is not in the record.

    Args:
        events: of the order, with personal data opened as far as keys exist.
    """
    in_time = sorted(
        events, key=lambda event: (read_instant(event.occurred_at) or 0, event.version)
    )
    placed = next((event for event in in_time if event.type in PLACEMENTS), None)
    if placed is None:
        return None
    buyer, address = _object(placed.data.get("buyer")), _object(placed.data.get("ship_to"))
    for event in in_time:
        if event.type == "order.shipping_address_changed":
            address = {**address, **_changed(event.data.get("after"), "lines")}
        elif event.type == "order.recipient_contact_changed":
            address = {**address, **_changed(event.data.get("after"), "phone")}
    carts = [event for event in in_time if event.type == "cart.snapshot_archived"]
    payments = [e.type for e in in_time if e.type in ("payment.captured", "payment.failed")]
    totals = _object(placed.data.get("totals"))
    return CheckedOrder(
        tracking=fold_tracking(events),
        unreadable=any(event.sealed for event in events if event.type in CHANGES),
        name=read_text(address.get("recipient")) or read_text(buyer.get("name")),
        phone=read_text(address.get("phone")) or read_text(buyer.get("phone")),
        email=read_text(address.get("email")) or read_text(buyer.get("email")),
        street=tuple(_texts(address.get("lines"))),
        city=read_text(address.get("city")),
        region=read_text(address.get("region")),
        postcode=read_text(address.get("postcode")),
        country=read_text(address.get("country")) or read_text(buyer.get("country")),
        lines=_lines(placed.data.get("lines")),
        cart=_lines(carts[-1].data.get("parsed_lines")) if carts else None,
        items=read_amount(totals.get("items")),
        shipping=read_amount(totals.get("shipping")),
        tax=read_amount(totals.get("tax")),
        discount=read_amount(totals.get("discount")),
        remarks=read_text(placed.data.get("remarks")),
        requests=tuple(
            read_text(event.data.get("kind")) or "?"
            for event in in_time
            if event.type == "order.special_request_recorded" and event.data.get("mandatory")
        ),
        payment_failed=payments[-1:] == ["payment.failed"],
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _changed(value: object, plain: str) -> Mapping[str, Any]:
    """Return what a change says; a bare text is the member that it is mostly about."""
    return {plain: value} if isinstance(value, str) else _object(value)


def _texts(value: object) -> Iterable[str]:
    for each in value if isinstance(value, list) else [value]:
        text = read_text(each)
        if text is not None:
            yield text


def _lines(value: object) -> tuple[CheckedLine, ...]:
    return tuple(_line(_object(each)) for each in (value if isinstance(value, list) else ()))


def _line(said: Mapping[str, Any]) -> CheckedLine:
    return CheckedLine(
        sku=read_text(said.get("sku")),
        title=read_text(said.get("title")),
        quantity=read_amount(said.get("quantity")),
        unit_price=read_amount(said.get("unit_price")),
        weight_g=read_amount(said.get("weight_g")),
        attributes=tuple(_texts(said.get("attributes"))),
    )
