"""What came in and what went out, by currency; each payment, refund and dispute counts once."""

from collections.abc import Iterable, Sequence

from domain.chain import Chain
from domain.dispute import Dispute
from domain.order import Order
from domain.policy import Policy
from domain.refund import REJECTED, Refund


def captured(order: Order) -> dict[str, int]:
    """Return captured minor units by currency; empty where no capture names an amount."""
    sums: dict[str, int] = {}
    for payment in order.payments:
        if payment.amount is not None:
            _add(sums, currency_of(order, payment.currency), payment.amount)
    return sums


def returned(order: Order, chains: Iterable[Chain]) -> dict[str, int]:
    """Return minor units by currency that refunds and lost disputes moved, as far as known."""
    sums = lost(order)
    for chain in chains:
        for refund in chain.members:
            if refund.money_went_out:
                amount = _returned_by(order, refund, chain)
                if amount is not None:
                    _add(sums, amount[1], amount[0])
    return sums


def lost(order: Order) -> dict[str, int]:
    """Return minor units by currency that lost and accepted disputes moved."""
    sums: dict[str, int] = {}
    for dispute in order.disputes:
        if dispute.money_went_out:
            amount, currency = dispute_amount(order, dispute)
            _add(sums, currency, amount)
    return sums


def unpaid(order: Order, chains: Iterable[Chain]) -> dict[str, int]:
    """Return minor units by currency of the refunds that were not paid, as far as known."""
    sums: dict[str, int] = {}
    for chain in chains:
        for refund in chain.last:
            amount = None if refund.money_went_out else _promised(refund, chain)
            if amount is not None:
                _add(sums, currency_of(order, amount[1]), amount[0])
    return sums


def covers_unpaid(order: Order, chains: Iterable[Chain]) -> bool:
    """Tell whether lost disputes moved at least what the unpaid refunds come to.

    More than was captured need not move: a refund that failed and its unlinked successor are owed
    once. A lost dispute whose amount nothing tells covers all: a second payment is not recoverable.
    """
    moved = lost(order)
    if not any(moved.values()):
        return True
    limits = captured(order)
    return all(
        moved.get(currency, 0) >= min(minor, limits.get(currency, minor))
        for currency, minor in unpaid(order, chains).items()
    )


def allowed(order: Order, policy: Policy) -> dict[str, int]:
    """Return minor units by currency that may be returned: the captures and PSPs' tolerances.

    Empty where a capture's amount is not known.
    """
    if any(payment.amount is None for payment in order.payments):
        return {}
    sums = captured(order)
    psp_of_refunds = next((refund.psp for refund in order.refunds.values() if refund.psp), None)
    for payment in order.payments:
        if payment.amount is not None:
            currency = currency_of(order, payment.currency)
            psp = payment.psp or psp_of_refunds
            _add(sums, currency, policy.tolerance(psp, payment.amount, currency))
    return sums


def rest(order: Order, chains: Sequence[Chain]) -> list[tuple[int, str]]:
    """Return what is left of the captures and no refund stands for, as (minor units, currency).

    Captured minus refunds that were not rejected, lost disputes and compensation. Only a proven
    rest counts: a refund of unknown amount, or in a currency that was not captured, may be all of
    it, and money paid twice is not recoverable. So what the provider says went back counts where
    it is more than the refunds that are known.
    """
    sums = captured(order)
    refunded = dict.fromkeys(sums, 0)
    for chain in chains:
        for refund in chain.last:
            if refund.state == REJECTED:
                continue
            amount = _promised(refund, chain)
            currency = None if amount is None else currency_of(order, amount[1])
            if amount is None or currency not in sums:
                return []
            out = _returned_by(order, refund, chain) if refund.money_went_out else None
            refunded[currency] += max(amount[0], out[0]) if out else amount[0]
    for currency, minor in reported(order).items():
        if currency not in sums:
            return []
        refunded[currency] = max(refunded[currency], minor)
    for currency, minor in refunded.items():
        sums[currency] -= minor
    for currency, minor in lost(order).items():
        if currency not in sums:
            return []
        sums[currency] -= minor
    for compensation in order.compensations:
        currency = currency_of(order, compensation.currency)
        if compensation.accepted and compensation.amount is not None and currency in sums:
            sums[currency] -= compensation.amount
    return [(minor, currency) for currency, minor in sums.items() if minor > 0]


def reported(order: Order) -> dict[str, int]:
    """Return minor units by currency that providers say went back, by whatever refunds."""
    sums: dict[str, int] = {}
    for total in order.refund_totals:
        if total.amount > 0:
            _add(sums, currency_of(order, total.currency), total.amount)
    return sums


def dispute_amount(order: Order, dispute: Dispute) -> tuple[int, str]:
    """Return what a dispute is about; without an amount of its own the whole payment."""
    currency = currency_of(order, dispute.currency)
    if dispute.amount is not None:
        return dispute.amount, currency
    payments = [
        payment
        for payment in order.payments
        if dispute.payment_id in (payment.payment_id, payment.psp_payment_id)
    ]
    amounts = [payment.amount for payment in payments or order.payments]
    return sum(amount for amount in amounts if amount is not None), currency


def currency_of(order: Order, stated: str | None) -> str:
    """Return a currency for comparing; where none is stated, that of the order's money."""
    return (stated or order.money_currency or "").upper()


def _promised(refund: Refund, chain: Chain) -> tuple[int, str | None] | None:
    amounts = (member.promised for member in (refund, *reversed(chain.members)))
    return next((amount for amount in amounts if amount is not None), None)


def _returned_by(order: Order, refund: Refund, chain: Chain) -> tuple[int, str] | None:
    """Return an amount that went out, in a currency that was captured if any step names one."""
    known = captured(order)
    first = None
    # Mostly the refund's own amount is the one, and a chain may be long.
    for member in (refund, *reversed(chain.members)):
        for minor, stated in member.returned_amounts:
            amount = (minor, currency_of(order, stated))
            if amount[1] in known:
                return amount
            first = first or amount
    return first


def _add(sums: dict[str, int], currency: str, amount: int) -> None:
    sums[currency] = sums.get(currency, 0) + amount
