"""Persons at Shopify: the buyer, and where parcels and invoices go."""

from collections.abc import Mapping
from typing import Any

from sources.payload_values import member, text


def buyer(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return who bought, as the order says it, else the customer's record, else the invoice."""
    customer = order.get("customer")
    billed = order.get("billing_address")
    return {
        "name": _name(customer) or _name(billed),
        "phone": first(order.get("phone"), member(customer, "phone"), member(billed, "phone")),
        "email": first(order.get("email"), order.get("contact_email"), member(customer, "email")),
        "country": text(member(billed, "country_code")),
        "language": text(order.get("customer_locale")),
    }


def address(value: Any) -> dict[str, Any] | None:
    """Return an address that a parcel goes to."""
    if not isinstance(value, dict):
        return None
    lines = [text(value.get(name)) for name in ("company", "address1", "address2")]
    return {
        "recipient": _name(value),
        "phone": text(value.get("phone")),
        "lines": [line for line in lines if line] or None,
        "city": text(value.get("city")),
        "region": first(value.get("province"), value.get("province_code")),
        "postcode": text(value.get("zip")),
        "country": first(value.get("country_code"), value.get("country")),
    }


def billing_address(value: Any) -> dict[str, Any] | None:
    """Return an address that an invoice names."""
    found = address(value)
    if found is None:
        return None
    return found | {"name": _name(value), "company": text(value.get("company"))}


def first(*values: Any) -> str | None:
    """Return the first text that there is."""
    return next((found for found in map(text, values) if found), None)


def _name(value: Any) -> str | None:
    parts = (text(member(value, "first_name")), text(member(value, "last_name")))
    return text(member(value, "name")) or " ".join(part for part in parts if part) or None
