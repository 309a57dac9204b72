"""Money that came in: captures, and what they were paid with."""

from collections.abc import Mapping

import msgspec

from domain import content
from domain.content import read_object
from domain.occurrence import Facts
from domain.reading import first_amount, first_text, name_key, read_amount, read_text

CAPTURE_FAILED = "capturefailed"
"""The cause of a `payment.failed`, as `name_key` returns it, by which a capture is undone."""


class Instrument(msgspec.Struct, frozen=True):
    """What money came from or went to. Only what is never sealed, so that every reader sees it.

    Args:
        kind: card, bank_account, wallet, gift_card …
        brand: visa, mastercard, paypal …
        last4: last four digits.
        country: of the card or account, ISO 3166-1 alpha-2.
    """

    kind: str | None = None
    brand: str | None = None
    last4: str | None = None
    country: str | None = None


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A captured payment.

    Args:
        payment_id: the source's id; the event's where it gives none.
        psp: payment service provider.
        psp_payment_id: its id there.
        amount: minor units of `currency`.
        currency: ISO 4217 code.
        instrument: what it was paid with.
        at: instant of the first capture event.
        event_ids: the events that report it, before them the authorisation that tells more of
            what it was paid with.
        differs: whether those events name different amounts or currencies.
    """

    payment_id: str
    psp: str | None
    psp_payment_id: str | None
    amount: int | None
    currency: str | None
    instrument: Instrument | None
    at: int | None
    event_ids: tuple[str, ...]
    differs: bool


class RefundTotal(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a payment went back, as its provider says.

    Args:
        psp: payment service provider.
        amount: minor units of `currency`.
        currency: ISO 4217 code.
        event_ids: the events that report it.
    """

    psp: str | None
    amount: int
    currency: str | None
    event_ids: tuple[str, ...]


def fold_payments(facts: Facts) -> tuple[Payment, ...]:
    """Fold capture events, each payment id once; a later report fills and replaces an earlier.

    What a capture leaves out of what was paid with, its authorisation may tell.

    That a capture failed after all undoes it: no money was taken by it. That a shop calls an order
    paid counts only where no capture is known, since it is the same money; of one that failed, only
    what the shop says afterwards.
    """
    payments: dict[str, Payment] = {}
    promised: dict[str, tuple[str, Instrument | None]] = {}
    undone: int | None = None
    for occurrence in facts.below(content.PaymentTried):
        data = occurrence.data
        named = read_text(data.payment_id) or read_text(data.psp_payment_id)
        if isinstance(data, content.Payment):
            payment_id = named or occurrence.event_id
            new = Payment(
                payment_id=payment_id,
                psp=read_text(data.psp),
                psp_payment_id=read_text(data.psp_payment_id),
                amount=read_amount(data.amount),
                currency=read_text(data.currency),
                instrument=read_instrument(data.instrument),
                at=occurrence.at,
                event_ids=(occurrence.event_id,),
                differs=False,
            )
            old = payments.get(payment_id)
            payments[payment_id] = new if old is None else _merge(old, new)
        elif isinstance(data, content.PaymentAuthorised):
            if named is not None:
                promised[named] = (occurrence.event_id, read_instrument(data.instrument))
        elif _undoes(data) and payments.pop(named or "", None) is not None:
            undone = occurrence.at
    taken = tuple(_filled(payment, promised) for payment in payments.values())
    return taken or _confirmed_by_shop(facts, undone)


def fold_refund_totals(facts: Facts) -> tuple[RefundTotal, ...]:
    """Return what providers say went back in all, by payment: the last report of each counts."""
    totals: dict[str, RefundTotal] = {}
    for occurrence in facts.of(content.PaymentRefundTotal):
        data = occurrence.data
        payment_id = read_text(data.payment_id) or read_text(data.psp_payment_id) or ""
        amount = read_amount(data.amount)
        if amount is not None:
            old = totals.get(payment_id)
            totals[payment_id] = RefundTotal(
                psp=read_text(data.psp),
                amount=amount,
                currency=read_text(data.currency),
                event_ids=(*(() if old is None else old.event_ids), occurrence.event_id),
            )
    return tuple(totals.values())


def read_instrument(value: object) -> Instrument | None:
    """Read an instrument or a destination; None where nothing of it is known."""
    if not isinstance(value, dict):
        return None
    said = read_object(value, content.Instrument)
    kind, brand, last4 = read_text(said.kind), read_text(said.brand), read_text(said.last4)
    if kind is None and brand is None and last4 is None:
        return None
    return Instrument(kind, brand, last4, read_text(said.country))


def same_text(one: str | None, other: str | None) -> bool:
    """Compare without regard to case; what one side lacks is no difference."""
    return one is None or other is None or one.casefold() == other.casefold()


def same_instrument(one: Instrument | None, other: Instrument | None) -> bool:
    """Compare only what both sides have, without regard to case."""
    if one is None or other is None:
        return True
    return (
        same_text(one.kind, other.kind)
        and same_text(one.brand, other.brand)
        and same_text(one.last4, other.last4)
    )


def _filled(payment: Payment, promised: Mapping[str, tuple[str, Instrument | None]]) -> Payment:
    named = (payment.payment_id, payment.psp_payment_id or "")
    event_id, known = next((promised[name] for name in named if name in promised), ("", None))
    if known is None or not same_instrument(payment.instrument, known):
        return payment
    own = payment.instrument or known
    whole = Instrument(
        own.kind or known.kind,
        own.brand or known.brand,
        own.last4 or known.last4,
        own.country or known.country,
    )
    if whole == payment.instrument:
        return payment
    return msgspec.structs.replace(
        payment, instrument=whole, event_ids=(event_id, *payment.event_ids)
    )


def _undoes(said: content.PaymentTried) -> bool:
    if not isinstance(said, content.PaymentFailed):
        return False
    return name_key(read_text(said.cause)) == CAPTURE_FAILED


def _confirmed_by_shop(facts: Facts, undone: int | None) -> tuple[Payment, ...]:
    confirmed = [
        fact
        for fact in facts.of(content.PaymentConfirmedByShop)
        if undone is None or (fact.at is not None and fact.at > undone)
    ]
    if not confirmed:
        return ()
    newest = [fact.data for fact in reversed(confirmed)]
    payment_id = first_text(said.payment_id for said in newest)
    return (
        Payment(
            payment_id=payment_id or confirmed[0].event_id,
            psp=first_text(said.psp for said in newest),
            psp_payment_id=first_text(said.psp_payment_id for said in newest),
            amount=first_amount(said.amount for said in newest),
            currency=first_text(said.currency for said in newest),
            instrument=None,
            at=confirmed[0].at,
            event_ids=tuple(fact.event_id for fact in confirmed),
            differs=False,
        ),
    )


def _merge(old: Payment, new: Payment) -> Payment:
    amounts = {old.amount, new.amount} - {None}
    return Payment(
        payment_id=old.payment_id,
        psp=new.psp or old.psp,
        psp_payment_id=new.psp_payment_id or old.psp_payment_id,
        amount=old.amount if new.amount is None else new.amount,
        currency=new.currency or old.currency,
        instrument=new.instrument or old.instrument,
        at=old.at if old.at is not None else new.at,
        event_ids=old.event_ids + new.event_ids,
        differs=old.differs or len(amounts) > 1 or not same_text(old.currency, new.currency),
    )
