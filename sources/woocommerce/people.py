"""Persons at WooCommerce: the buyer, and where parcels and invoices go."""

from collections.abc import Mapping
from typing import Any

from sources.payload_values import member, text


def buyer(order: Mapping[str, Any]) -> dict[str, Any]:
    """Return who bought: the one whom the invoice names."""
    billed = billing(order)
    return {
        "name": _name(billed),
        "phone": text(member(billed, "phone")),
        "email": text(member(billed, "email")) or text(member(order, "customer", "email")),
        "country": text(member(billed, "country")),
    }


def billing(order: Mapping[str, Any]) -> Any:
    """Return the billing address as either API has it."""
    return order.get("billing") or order.get("billing_address")


def address(value: Any) -> dict[str, Any] | None:
    """Return an address that a parcel goes to; None where nothing of it is known."""
    if not isinstance(value, dict):
        return None
    lines = [text(value.get(name)) for name in ("company", "address_1", "address_2")]
    found = {
        "recipient": _name(value),
        "phone": text(value.get("phone")),
        "lines": [line for line in lines if line] or None,
        "city": text(value.get("city")),
        "region": text(value.get("state")),
        "postcode": text(value.get("postcode")),
        "country": text(value.get("country")),
    }
    return found if any(found.values()) else None


def billing_address(value: Any) -> dict[str, Any] | None:
    """Return an address that an invoice names."""
    found = address(value)
    if found is None:
        return None
    company, email = text(value.get("company")), text(value.get("email"))
    return found | {"name": _name(value), "company": company, "email": email}


def _name(value: Any) -> str | None:
    parts = (text(member(value, "first_name")), text(member(value, "last_name")))
    return " ".join(part for part in parts if part) or None
