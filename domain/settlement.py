"""Settlements of a refund: what arrived where, and whether two reports agree."""

from collections.abc import Sequence
from datetime import date

from domain.money import format_money
from domain.occurrence import Occurrence
from domain.payment import Instrument, read_instrument
from domain.reading import read_amount, read_text
from domain.refund_content import RefundSettled
from domain.time import read_date


def conflict(settlements: Sequence[Occurrence[RefundSettled]]) -> tuple[str, ...]:
    """Return what two settlements state differently, by field: `amount: EUR 1.00, EUR 2.00`."""
    if len(settlements) < 2:
        return ()
    values: dict[str, dict[str, str]] = {}
    currencies = (read_text(fact.data.currency) for fact in settlements)
    usual = next((currency for currency in currencies if currency), None)
    for fact in settlements:
        destination = read_instrument(fact.data.destination) or Instrument()
        amount, currency = read_amount(fact.data.amount), read_text(fact.data.currency)
        if amount is not None:
            shown = format_money(amount, currency or usual)
            values.setdefault("amount", {}).setdefault(str(amount), shown)
        stated = {
            "currency": currency,
            "destination kind": destination.kind,
            "destination brand": destination.brand,
            "destination last4": destination.last4,
        }
        for name, value in stated.items():
            if value is not None:
                values.setdefault(name, {}).setdefault(value.casefold(), value)
    return tuple(
        f"{name}: {', '.join(found.values())}" for name, found in values.items() if len(found) > 1
    )


def presentment(settled: Occurrence[RefundSettled] | None) -> tuple[int, str | None] | None:
    """Return amount and currency as shown to the customer, where another one was settled."""
    if settled is None:
        return None
    amount = read_amount(settled.data.presentment_amount)
    return None if amount is None else (amount, read_text(settled.data.presentment_currency))


def settled_on(settled: Occurrence[RefundSettled] | None) -> date | None:
    """Return the day of the settlement, else that of the report."""
    if settled is None:
        return None
    return read_date(settled.data.settled_on) or read_date(settled.time)
