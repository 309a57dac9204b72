"""Which content an event has, by its type's stored name."""

from collections.abc import Mapping

import msgspec

from domain import content, refund_content
from domain.content import Content

CONTENTS: Mapping[str, type[Content]] = {
    "order.placed": content.OrderPlaced,
    "order.imported": content.OrderPlaced,
    "order.confirmed": content.OrderConfirmed,
    "order.cancelled": content.OrderCancelled,
    "order.expired_unpaid": content.OrderEnded,
    "order.closed": content.OrderClosed,
    # Nothing is left to do in a waiting place: what waited stands in the order's own history.
    "order.linked": content.OrderClosed,
    "order.reopened": content.OrderReopened,
    "payment.captured": content.Payment,
    "payment.confirmed_manually": content.Payment,
    "payment.authorised": content.PaymentAuthorised,
    "payment.failed": content.PaymentFailed,
    "payment.refund_total_reported": content.PaymentRefundTotal,
    "payment.confirmed_by_shop": content.PaymentConfirmedByShop,
    "shipment.dispatched": content.ShipmentDispatched,
    "shipment.delivered": content.ShipmentMoved,
    "shipment.proxy_signed": content.Shipment,
    "shipment.return_received": content.Shipment,
    "shipment.lost": content.Shipment,
    "message.sent": content.MessageSent,
    "message.received": content.Message,
    "ticket.opened": content.Ticket,
    "ticket.assigned": content.Ticket,
    "ticket.transferred": content.Ticket,
    "ticket.updated": content.Ticket,
    "ticket.reopened": content.Ticket,
    "ticket.resolved": content.Ticket,
    "promise.made": content.Promise,
    "promise.kept": content.Promise,
    "promise.broken": content.Promise,
    "aftersales.requested": content.AfterSalesRequested,
    "compensation.offered": content.Compensation,
    "compensation.accepted": content.Compensation,
    "compensation.declined": content.Compensation,
    "compensation.issued": content.Compensation,
    "compensation.used": content.Compensation,
    "compensation.expired": content.Compensation,
    "compensation.cancelled": content.Compensation,
    "exchange.agreed": content.ExchangeAgreed,
    "refund.requested": refund_content.RefundRequested,
    "refund.rejected": refund_content.RefundRejected,
    "refund.approved": refund_content.RefundApproved,
    "refund.submitted": refund_content.RefundSubmitted,
    "refund.submission_unknown": refund_content.RefundSubmissionUnknown,
    "refund.accepted": refund_content.RefundAccepted,
    "refund.customer_action_required": refund_content.RefundActionRequired,
    "refund.cancelled": refund_content.RefundCancelled,
    "refund.succeeded": refund_content.RefundSucceeded,
    "refund.settled": refund_content.RefundSettled,
    "refund.offline_recorded": refund_content.RefundOfflineRecorded,
    "refund.failed": refund_content.RefundFailed,
    "refund.bounced": refund_content.RefundBounced,
    "refund.reference_recorded": refund_content.RefundReferenceRecorded,
    "refund.reference_unavailable": refund_content.RefundReferenceUnavailable,
    "refund.reissued": refund_content.RefundReissued,
    "refund.redirected": refund_content.RefundRedirected,
    "refund.customer_confirmed": refund_content.RefundConfirmed,
    "refund.customer_notified": refund_content.AboutRefund,
    "dispute.opened": content.Dispute,
    "dispute.lost": content.Dispute,
    "dispute.accepted": content.Dispute,
    "dispute.won": content.Dispute,
    "dispute.withdrawn": content.Dispute,
    "source.gap_detected": content.SourceGap,
    "source.gap_filled": content.SourceGap,
    "psp_account.closed": content.PspAccountClosed,
    "claim.counter_evidence": content.CounterEvidence,
    "evidence.attached": content.EvidenceAttached,
}
"""By the type's stored name."""

_NOTHING = Content()


def read_content(type: str, data: object) -> Content:
    """Return what an event says; never raises, and without members that are not declared."""
    return read_as(CONTENTS.get(type), data)


def read_as(kind: type[Content] | None, data: object) -> Content:
    """Return data as a content of this kind; of no kind, nothing but that there is an event."""
    if kind is None:
        return _NOTHING
    return msgspec.convert(data, kind) if isinstance(data, dict) else kind()
