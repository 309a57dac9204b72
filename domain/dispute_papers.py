"""The papers of a dispute: receipt, refunds, shipping and messages, as a bank reads them. English.

Personal data is in them, as far as the caller could open it; a bank is shown what it decides on.
"""

from collections.abc import Iterable, Sequence

import msgspec

from domain.contact import SENT
from domain.dispute_facts import goods_of, money, on_day, person_of, refund_lines
from domain.event import Event
from domain.order import Order
from domain.reading import read_text
from domain.sentences import sentence
from domain.verdict import Verdict
from domain.words.english import ENGLISH

RECEIPT = "receipt"
REFUNDS = "refunds"
SHIPPING = "shipping"
CONTACTS = "contacts"

_MESSAGES = 40
"""Messages that are shown, the newest: networks take few pages."""
_BODY = 1_500


class Row(msgspec.Struct, frozen=True):
    """A label and what stands beside it; without a label it is a paragraph."""

    label: str
    text: str


class Section(msgspec.Struct, frozen=True):
    """A part of a paper."""

    title: str
    rows: tuple[Row, ...]


class Paper(msgspec.Struct, frozen=True):
    """One document.

    Args:
        name: receipt, refunds, shipping or contacts.
        title: at its head.
        sections: its parts; those without rows are left out.
    """

    name: str
    title: str
    sections: tuple[Section, ...]


def papers_of(
    order: Order, events: Sequence[Event], verdict: Verdict, proof: str
) -> tuple[Paper, ...]:
    """Return the papers that the record has something for.

    Args:
        order: the order, folded.
        events: its events, opened as far as the reader may.
        verdict: what a claim about it is answered with.
        proof: what the record itself is.
    """
    placed = placements(events)
    papers = (
        _receipt(order, placed),
        _refunds(order, verdict, proof),
        _shipping(order, events),
        _contacts(order, events),
    )
    return tuple(paper for paper in papers if paper.sections)


def placements(events: Iterable[Event]) -> list[Event]:
    """Return the events that say what was ordered, and by whom."""
    return [event for event in events if event.type in ("order.placed", "order.imported")]


def _receipt(order: Order, placed: Sequence[Event]) -> Paper:
    person = person_of(placed)
    of_order = _rows(
        ("Order", order.number),
        ("Shop", order.shop),
        ("Placed", order.placed_at),
        ("Total", None if order.total is None else money((order.total, order.currency))),
        ("Buyer", person.name),
        ("E-mail", person.email),
        ("Billing address", person.billing_address),
        ("Shipping address", person.shipping_address),
    )
    paid = [
        row
        for one in order.payments
        for row in _rows(
            ("Payment", one.psp_payment_id or one.payment_id),
            ("Amount", None if one.amount is None else money((one.amount, one.currency))),
            ("Captured", _day(one.at)),
            ("Paid with", None if one.instrument is None else ENGLISH.instrument(one.instrument)),
        )
    ]
    goods = tuple(Row("", line) for line in goods_of(placed))
    return _paper(
        RECEIPT, f"Receipt of order {order.number}", Order=of_order, Goods=goods, Payment=paid
    )


def _refunds(order: Order, verdict: Verdict, proof: str) -> Paper:
    said = [Row("", sentence(order, verdict, ENGLISH))] if order.refunds else []
    each: list[Row] = []
    for refund in order.refunds.values():
        for line in refund_lines(refund):
            each.append(Row("", line))
        for label, step in (
            ("Requested", refund.requested),
            ("Approved", refund.approved),
            ("Refused", refund.rejected),
            ("Sent", refund.submitted),
            ("Failed", refund.failed),
        ):
            if step is not None:
                amount = "" if step.amount is None else f", {money((step.amount, step.currency))}"
                note = "" if step.note is None else f", {step.note}"
                each.append(Row(label, _day(step.at) + amount + note))
    record = [Row("", proof)] if order.refunds else []
    title = f"Refunds of order {order.number}"
    return _paper(REFUNDS, title, Answer=said, Refunds=each, Record=record)


def _shipping(order: Order, events: Iterable[Event]) -> Paper:
    parcels = [
        row
        for one in order.shipments
        for row in _rows(
            ("Parcel", one.tracking_no or one.shipment_id),
            ("Carrier", one.carrier),
            (
                "Dispatched",
                _day(one.dispatched_at) if one.dispatched else None,
            ),
            ("Delivered", _day(one.delivered_at) if one.delivered else None),
        )
    ]
    scans = [
        Row(event.occurred_at, ", ".join(told))
        for event in events
        if event.type in ("tracking.scan_received", "shipment.delivered", "shipment.proxy_signed")
        and (told := _texts(event, "normalised", "message", "location", "signed_by", "signer"))
    ]
    return _paper(SHIPPING, f"Shipping of order {order.number}", Parcels=parcels, Scans=scans)


def _contacts(order: Order, events: Sequence[Event]) -> Paper:
    by_id = {event.id: event for event in events if event.type.startswith("message.")}
    shown: list[Row] = []
    left_out = max(len(order.contacts) - _MESSAGES, 0)
    if left_out:
        shown.append(Row("", f"{left_out} earlier messages are not shown."))
    for contact in order.contacts[left_out:]:
        event = by_id.get(contact.event_id)
        way = "to the customer" if contact.direction == SENT else "from the customer"
        parts = [text for text in (way, contact.channel, contact.template) if text]
        told = "" if event is None else "\n".join(_texts(event, "subject", "body"))
        text = ", ".join(parts) + (f"\n{_cut(told, _BODY)}" if told else "")
        shown.append(Row(contact.when, text))
    return _paper(CONTACTS, f"Messages about order {order.number}", Messages=shown)


def _paper(name: str, title: str, **sections: Sequence[Row]) -> Paper:
    parts = (Section(head, tuple(rows)) for head, rows in sections.items() if rows)
    return Paper(name, title, tuple(parts))


def _rows(*pairs: tuple[str, str | None]) -> list[Row]:
    return [Row(label, text) for label, text in pairs if text]


def _day(at: int | None) -> str:
    return on_day(at).removeprefix("on ")


def _texts(event: Event, *names: str) -> list[str]:
    found = (read_text(event.data.get(name)) for name in names)
    return [text for text in found if text]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 2]} …"
