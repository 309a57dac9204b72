"""How much of an order may still be paid back, as far as the record proves it."""

from domain import balance
from domain.order import Order
from domain.policy import Policy
from domain.refund import ACTION_REQUIRED, APPROVED, OFFLINE, PAID, PENDING, SUBMITTED, Refund

_PROMISED = frozenset({APPROVED, SUBMITTED, PENDING, ACTION_REQUIRED, PAID, OFFLINE})
"""States in which the money is on its way or out."""


def refundable(order: Order, policy: Policy, refund_id: str) -> dict[str, int] | None:
    """Return what may be paid back by one refund, in minor units by currency.

    The captures, and what the PSP lets a seller return beyond them, less every other refund that
    is decided and did not fail, less lost disputes. A refund that failed is not counted: what
    replaces it counts by itself.

    Returns:
        None where it cannot be told: a capture or a refund of unknown amount, or one in a currency
        that was not captured, may be all of it, and money paid twice does not come back.
    """
    sums = balance.allowed(order, policy)
    if not sums:
        return None
    gone = [
        _amounts(order, refund)
        for refund in order.refunds.values()
        if refund.refund_id != refund_id and refund.state in _PROMISED
    ]
    gone += [[lost] for lost in balance.lost(order).items()]
    for amounts in gone:
        comparable = [minor for currency, minor in amounts if currency in sums]
        if not comparable:
            return None
        currency = next(currency for currency, _ in amounts if currency in sums)
        sums[currency] -= max(minor for other, minor in amounts if other == currency)
    return sums


def _amounts(order: Order, refund: Refund) -> list[tuple[str, int]]:
    """Return what a refund's steps say that it is about, as (currency, minor units)."""
    stated = list(refund.returned_amounts) if refund.money_went_out else []
    if refund.promised is not None:
        stated.append(refund.promised)
    return [(balance.currency_of(order, currency), minor) for minor, currency in stated]
