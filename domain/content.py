"""What events say, member by member, for the types that our code reads (`domain.contents`).

All other types are plain facts: kept, sealed and shown as they are, and read by nobody. A member is
here because code reads it, and is declared for its type in the catalogue; others are sealed, and a
verdict must be the same for readers without keys.

Facts are recorded whatever they say, so a member may hold anything. What of it counts is told by
`domain.reading`.
"""

from typing import TypeVar

import msgspec


class Content(msgspec.Struct, frozen=True, gc=False):
    """An event of which nothing is read but its type, source and time."""


class OrderPlaced(Content, frozen=True, gc=False):
    """The placement; `buyer` is a `Buyer`, `total` in minor units of `currency`."""

    placed_at: object = None
    currency: object = None
    total: object = None
    customer_id: object = None
    buyer: object = None
    source_channel: object = None


class Buyer(Content, frozen=True, gc=False):
    """Of the buyer only what is never sealed."""

    language: object = None


class OrderConfirmed(Content, frozen=True, gc=False):
    """The confirmation."""

    order_track_no: object = None


class OrderEnded(Content, frozen=True, gc=False):
    """It will not be dispatched: cancelled, or never paid."""


class OrderCancelled(OrderEnded, frozen=True, gc=False):
    """The cancellation."""

    reason_code: object = None


class OrderClosed(Content, frozen=True, gc=False):
    """The closing."""

    outcome: object = None


class OrderReopened(Content, frozen=True, gc=False):
    """It is closed no longer."""


class Priced(Content, frozen=True, gc=False):
    """What names an amount, in minor units of `currency`."""

    amount: object = None
    currency: object = None


class PaymentTried(Priced, frozen=True, gc=False):
    """Money that came in, or did not."""

    payment_id: object = None
    psp_payment_id: object = None
    psp: object = None


class Payment(PaymentTried, frozen=True, gc=False):
    """A capture; `instrument` is an `Instrument`."""

    instrument: object = None


class PaymentAuthorised(PaymentTried, frozen=True, gc=False):
    """The bank promised it; `instrument` is an `Instrument`."""

    instrument: object = None


class PaymentFailed(PaymentTried, frozen=True, gc=False):
    """A payment that did not succeed, or, by its `cause`, a capture that did not after all."""

    cause: object = None


class PaymentRefundTotal(Priced, frozen=True, gc=False):
    """How much of a payment went back in all, and not by which refunds."""

    payment_id: object = None
    psp_payment_id: object = None
    psp: object = None


class PaymentConfirmedByShop(Priced, frozen=True, gc=False):
    """The shop says that it is paid; it stands in where no capture is known."""

    payment_id: object = None
    psp_payment_id: object = None
    psp: object = None


class Instrument(Content, frozen=True, gc=False):
    """What money came from or went to: only what is never sealed."""

    kind: object = None
    brand: object = None
    last4: object = None
    country: object = None


class Shipment(Content, frozen=True, gc=False):
    """Something about a parcel."""

    shipment_id: object = None


class ShipmentMoved(Shipment, frozen=True, gc=False):
    """A parcel left or arrived."""

    tracking_no: object = None


class ShipmentDispatched(ShipmentMoved, frozen=True, gc=False):
    """A parcel left."""

    carrier: object = None


class Message(Content, frozen=True, gc=False):
    """A message that came in."""

    message_id: object = None
    channel: object = None
    language: object = None


class MessageSent(Message, frozen=True, gc=False):
    """A message that went out."""

    template: object = None


class Ticket(Content, frozen=True, gc=False):
    """Something about a ticket."""

    ticket_id: object = None


class Promise(Content, frozen=True, gc=False):
    """Something about a promise."""

    promise_id: object = None


class AfterSalesRequested(Priced, frozen=True, gc=False):
    """What the customer asks for."""

    case_id: object = None
    kind: object = None


class Compensation(Priced, frozen=True, gc=False):
    """Something in place of money; `instead_of` is a refund's id."""

    compensation_id: object = None
    kind: object = None
    instead_of: object = None


class ExchangeAgreed(Content, frozen=True, gc=False):
    """Goods instead of money."""

    new_order_id: object = None


class Dispute(Priced, frozen=True, gc=False):
    """Something about a dispute."""

    dispute_id: object = None
    psp_dispute_id: object = None
    payment_id: object = None
    reason: object = None
    respond_by: object = None


class SourceGap(Content, frozen=True, gc=False, rename={"start": "from", "end": "to"}):
    """A gap in a source, found or filled."""

    source: object = None
    start: object = None
    end: object = None


class PspAccountClosed(Content, frozen=True, gc=False):
    """An account at a payment provider was closed."""

    psp: object = None
    account_ref: object = None
    at: object = None


class EvidenceAttached(Content, frozen=True, gc=False):
    """A file was attached, of which the claim's answer names the event."""


class CounterEvidence(Content, frozen=True, gc=False):
    """A customer's bank statement."""

    refund_id: object = None
    claim_id: object = None


T = TypeVar("T", bound=Content)


def read_object(value: object, kind: type[T]) -> T:
    """Return an object, with no member known where the value is none."""
    return msgspec.convert(value, kind) if isinstance(value, dict) else kind()
