"""What PayPal's objects have in common: money, times, the ids of what they belong to.

Version 1 of the payments API names much otherwise than version 2, and webhooks of both still come.

Source: PayPal's specifications payments_payment_v1, payments_payment_v2 and checkout_orders_v2,
https://developer.paypal.com/docs/api/payments/v2/.
"""

import re
from collections.abc import Mapping
from typing import Any

from domain.time import read_date
from sources.payload_values import currency, first_time, member, minor_units, objects, text, time

PSP = "paypal"

_PATH = re.compile(
    r"/v\d/(?:payments|checkout|customer|shipping)/"
    r"(captures?|refunds?|authorizations?|orders|payment|sale|disputes|trackers)/([^/?#]+)"
)
_NUMBER = re.compile(r"[^\s{}\[\]<>\"]+")
_NAMES = {"captures": "capture", "refunds": "refund", "authorizations": "authorization"}


def money(value: Any) -> dict[str, Any]:
    """Return an amount as events name it; without its currency an amount says nothing.

    Amounts of reports are negative where money goes out; here they have no sign.
    """
    code = currency(member(value, "currency_code") or member(value, "currency"))
    given = member(value, "value")
    minor = minor_units(member(value, "total") if given is None else given, code)
    if minor is None:
        return {"amount": None, "currency": None}
    return {"amount": abs(minor), "currency": code}


def status_of(resource: Mapping[str, Any]) -> str:
    """Return the status, `state` in version 1, in capitals."""
    return (text(resource.get("status")) or text(resource.get("state")) or "").upper()


def created(resource: Mapping[str, Any], at: str | None) -> str:
    """Return when an object came to be; `at` where it does not say."""
    return first_time(time(resource.get("create_time")), at, time(resource.get("update_time")))


def changed(resource: Mapping[str, Any], at: str | None) -> str:
    """Return since when an object is as it is; `at` where it does not say."""
    return first_time(time(resource.get("update_time")), time(resource.get("create_time")), at)


def day_of(at: str) -> str | None:
    """Return the day of a time, as the source counts it."""
    day = at[:10]
    return None if read_date(day) is None else day


def hrefs(resource: Mapping[str, Any], rel: str | None = None) -> dict[str, str]:
    """Return the ids of the objects that the links name, by kind: capture, refund, orders …

    Args:
        resource: the object.
        rel: only links of this relation, such as `self`.
    """
    found: dict[str, str] = {}
    for link in objects(resource.get("links")):
        href = link.get("href")
        match = _PATH.search(href) if isinstance(href, str) else None
        if match is not None and rel in (None, link.get("rel")):
            kind, name = match.groups()
            found.setdefault(_NAMES.get(kind, kind), name)
    return found


def related(resource: Mapping[str, Any], name: str) -> str | None:
    """Return the id of a related object: `order`, `authorization` or `capture`."""
    return text(member(resource, "supplementary_data", "related_ids", f"{name}_id"))


def links_of(resource: Mapping[str, Any], *more: str | None) -> list[str]:
    """Return the ids by which other messages know the same order, the nearest to it first.

    Args:
        resource: the object.
        more: further ids, nearer than the object's own.
    """
    linked = hrefs(resource)
    found = [
        related(resource, "order") or linked.get("orders"),
        text(resource.get("parent_payment")) or linked.get("payment"),
        related(resource, "authorization") or linked.get("authorization"),
        related(resource, "capture") or text(resource.get("capture_id")) or linked.get("capture"),
        text(resource.get("sale_id")) or linked.get("sale"),
        *more,
        text(resource.get("id")),
    ]
    return list(dict.fromkeys(each for each in found if each))


def order_of(resource: Mapping[str, Any]) -> str | None:
    """Return the number that the shop gave the payment: of the invoice, else its own text.

    Shops put all sorts of things into the text; what has spaces or braces in it is no number.
    """
    invoice = text(resource.get("invoice_id")) or text(resource.get("invoice_number"))
    names = ("custom_id", "custom", "custom_field")
    custom = next((found for name in names if (found := text(resource.get(name)))), None)
    if invoice is None and custom is not None and _NUMBER.fullmatch(custom):
        return custom
    return invoice


def instrument_of(source: Any) -> dict[str, Any] | None:
    """Return what was paid with, from an order's `payment_source`."""
    if not isinstance(source, dict) or not source:
        return None
    name, details = next(iter(source.items()))
    card = details if name == "card" else member(details, "card")
    if isinstance(card, dict):
        return {
            "kind": "card",
            "brand": (text(card.get("brand")) or "").lower() or None,
            "last4": text(card.get("last_digits")),
            "wallet": None if name == "card" else name,
            "country": text(member(card, "bin_details", "bin_country_code")),
        }
    kind = "wallet" if name in ("paypal", "venmo") else "bank_account"
    return {
        "kind": kind,
        "brand": name,
        "last4": text(member(details, "iban_last_chars")),
        "country": text(member(details, "country_code")),
    }
