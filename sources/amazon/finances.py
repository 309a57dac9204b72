"""Finances, version 0: lists of events, of which only the list's name says what they are.

Source: https://developer-docs.amazon.com/sp-api/docs/finances-api-reference. A shipment, a refund,
a guarantee claim and a chargeback have the same members, so an event is taken out of its list in a
container of its own. Amounts are the seller's: what goes back to the buyer is less than zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sources.amazon.booked import tell_capture, tell_dispute, tell_refund
from sources.amazon.reading import PSP, money, order_links
from sources.message import Told
from sources.payload_values import first_time, objects, text, time
from sources.reading import Reading

_LIST = "EventList"
_GROUP = "FinancialEventGroup"
_CHARGES = ("ItemChargeList", "PromotionList")
_ADJUSTMENTS = ("ItemChargeAdjustmentList", "PromotionAdjustmentList")
_AMOUNTS = ("ChargeAmount", "PromotionAmount")
_DISPUTES = {"Chargeback": "chargeback", "GuaranteeClaim": "a_to_z_guarantee"}


def split(value: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Take the events out of their lists; see `sources.format.Format`."""
    parts = [{name: [each]} for name in _lists(value) for each in objects(value.get(name))]
    return parts if len(parts) > 1 else ()


def kind_of(value: Mapping[str, Any]) -> str | None:
    """Return the kind of the one event in a container, None for any other object."""
    for name in _lists(value):
        if objects(value.get(name)):
            return f"finances/{name.removesuffix('List')}"
    return None


def read_event(kind: str, value: Mapping[str, Any]) -> Reading:
    """Read the event in a container."""
    event: Mapping[str, Any] = next(
        (each for name in _lists(value) for each in objects(value.get(name))), {}
    )
    what = kind.removeprefix("finances/").removesuffix("Event")
    order_id = text(event.get("AmazonOrderId"))
    at = time(event.get("PostedDate")) or time(event.get("TransactionPostedDate"))
    told: list[Told] = []
    if order_id is not None and at is not None:
        told = _tell(what, event, order_id, at)
    return Reading(
        occurred_at=first_time(at),
        told=told,
        order=order_id,
        links=order_links(order_id),
        name=order_id,
    )


def read_group(value: Mapping[str, Any]) -> Reading:
    """Read a group of events, which is a payout: kept, since it speaks of no order."""
    own = text(value.get("FinancialEventGroupId"))
    at = time(value.get("FundTransferDate")) or time(value.get("FinancialEventGroupEnd"))
    links = [f"amazon:financial_event_group/{own}"] if own else []
    return Reading(occurred_at=first_time(at), links=links, name=own)


def _tell(what: str, event: Mapping[str, Any], order_id: str, at: str) -> list[Told]:
    if what == "Shipment":
        return tell_capture(order_id, at, *_sum(event, "OrderChargeList", _CHARGES))
    if what == "Refund":
        amount, code = _sum(event, "OrderChargeAdjustmentList", _ADJUSTMENTS)
        return tell_refund(order_id, at, None if amount is None else -amount, code)
    dispute = _DISPUTES.get(what)
    if dispute is not None:
        amount, code = _sum(event, "OrderChargeAdjustmentList", _ADJUSTMENTS)
        return tell_dispute(dispute, order_id, at, amount, code)
    if what == "ShipmentSettle":
        amount, code = _sum(event, "OrderChargeList", _CHARGES)
        booked = {
            "psp": PSP,
            "kind": what,
            "booked_on": at,
            "gross": amount,
            "currency": code,
        }
        return [Told(type="payment.booked", data=booked, occurred_at=at)]
    return []


def _lists(value: Mapping[str, Any]) -> Iterable[str]:
    """Return the names of the lists of events in an object."""
    return [
        name
        for name, held in value.items()
        if name.endswith(_LIST) and name[:1].isupper() and isinstance(held, list)
    ]


def _sum(
    event: Mapping[str, Any], of_order: str, of_items: Sequence[str]
) -> tuple[int | None, str | None]:
    """Add what the buyer paid or got back; nothing is known where one part cannot be read."""
    parts = objects(event.get(of_order))
    for items in ("ShipmentItemList", "ShipmentItemAdjustmentList"):
        for item in objects(event.get(items)):
            parts += [part for name in of_items for part in objects(item.get(name))]
    total, codes = 0, set()
    for part in parts:
        amount, code = money(next((part[name] for name in _AMOUNTS if name in part), None))
        if amount is None:
            return None, None
        total += amount
        codes.add(code)
    return (total, codes.pop()) if len(codes) == 1 else (None, None)
