"""The rules for our own staff's commands. They decide; recorded events are never judged by them."""

from domain import balance
from domain.chain import chains
from domain.command import (
    ApproveRefund,
    CancelOrder,
    CloseOrder,
    RecordOfflineRefund,
    RejectRefund,
    StaffCommand,
)
from domain.decision import (
    Decision,
    OrderCancelled,
    OrderClosed,
    RefundApproved,
    RefundOfflineRecorded,
    RefundRejected,
)
from domain.dispute import OPEN
from domain.errors import refuse
from domain.money import is_currency
from domain.order import Order
from domain.policy import Policy
from domain.reading import name_key
from domain.refund import (
    APPROVED,
    CANCELLED,
    FAILED,
    OFFLINE,
    PAID,
    REJECTED,
    REQUESTED,
    Refund,
)
from domain.refundable import refundable
from domain.time import read_date, read_instant

_ENDED = frozenset({PAID, OFFLINE, REJECTED, CANCELLED})


def decide(order: Order, command: StaffCommand, policy: Policy) -> Decision:
    """Return what a command becomes, given an order's state.

    Args:
        order: everything recorded so far, folded.
        command: what a member of staff asks for.
        policy: what PSPs allow.

    Raises:
        CommandRefusedError: a rule stands against it.
    """
    if not command.staff.id.strip():
        refuse("staff-unknown", "a decision names the member of staff who made it")
    if read_instant(command.at) is None:
        # Other systems' facts are recorded whatever their time; ours could not be put right.
        refuse("time-form", "a command says when it was given, as an RFC 3339 time with offset")
    match command:
        case ApproveRefund():
            return _approve(order, command, policy)
        case RejectRefund():
            return _reject(order, command)
        case RecordOfflineRefund():
            return _record_offline(order, command, policy)
        case CancelOrder():
            return _cancel(order, command)
        case CloseOrder():
            return _close(order, command)


def _approve(order: Order, command: ApproveRefund, policy: Policy) -> RefundApproved:
    refund = _undecided(order, command.refund_id)
    if command.due_by is not None and read_date(command.due_by) is None:
        refuse("date-form", "a refund is due by a day, YYYY-MM-DD")
    _check_amount(order, refund, command, policy)
    return RefundApproved(
        refund_id=command.refund_id,
        amount=command.amount,
        currency=command.currency,
        approver=command.staff.id,
        route=command.route,
        policy_version=command.policy_version,
        due_by=command.due_by,
    )


def _reject(order: Order, command: RejectRefund) -> RefundRejected:
    _undecided(order, command.refund_id)
    return RefundRejected(
        refund_id=command.refund_id,
        reason_code=command.reason_code,
        policy_version=command.policy_version,
        message_id=command.message_id,
    )


def _record_offline(
    order: Order, command: RecordOfflineRefund, policy: Policy
) -> RefundOfflineRecorded:
    approvers = {approver.strip().casefold() for approver in command.approvers}
    if "" in approvers or len(approvers) < 2:
        refuse("two-approvers", "a payment outside of the PSP needs two different approvers")
    refund = _known(order, command.refund_id)
    by_agreement = refund.state == APPROVED and name_key(refund.route).startswith("offline")
    if refund.state != FAILED and not by_agreement:
        refuse("refund-not-failed", f"the refund has not failed, it is {refund.state}")
    if refund.reissued_as:
        refuse("refund-reissued", "another refund stands in for this one")
    _check_amount(order, refund, command, policy)
    return RefundOfflineRecorded(
        refund_id=command.refund_id,
        amount=command.amount,
        currency=command.currency,
        method=command.method,
        reference=command.reference,
        approvers=command.approvers,
        payee=command.payee,
    )


def _cancel(order: Order, command: CancelOrder) -> OrderCancelled:
    return cancellation(order, by=command.by, reason_code=command.reason_code)


def cancellation(order: Order, *, by: str, reason_code: str) -> OrderCancelled:
    """Return the cancellation of an order.

    Raises:
        CommandRefusedError: it is too late for one.
    """
    if order.status not in ("awaiting_payment", "awaiting_dispatch"):
        refuse("order-not-cancellable", f"the order is {order.status}")
    return OrderCancelled(
        by=by,
        reason_code=reason_code,
        stage=order.status,
        refund_due=bool(balance.rest(order, chains(order.refunds))),
    )


def _close(order: Order, command: CloseOrder) -> OrderClosed:
    if order.closed is not None:
        refuse("order-closed", "the order is closed")
    if order.cancelled is None and (not order.shipments or order.open_parcels):
        refuse("order-under-way", "the order is neither cancelled nor at the end of its way")
    open_obligations = obligations(order)
    if open_obligations:
        refuse("obligations-open", f"still open: {', '.join(open_obligations)}")
    return OrderClosed(outcome=command.outcome, reason=command.reason)


def obligations(order: Order) -> list[str]:
    """Name what is open, as kind and id: an order closes only without any of it."""
    named = [
        f"refund {refund.refund_id}"
        for chain in chains(order.refunds)
        for refund in (chain.members if chain.circular else chain.last)
        if refund.state not in _ENDED
    ]
    if order.cancelled is not None and balance.rest(order, chains(order.refunds)):
        named.append("refund of the cancelled order")
    named += [
        f"compensation {compensation.compensation_id}"
        for compensation in order.compensations
        if compensation.state in ("offered", "accepted")
    ]
    named += [f"dispute {one.dispute_id}".strip() for one in order.disputes if one.state == OPEN]
    named += [f"ticket {ticket_id}" for ticket_id in order.open_tickets]
    named += [f"promise {promise_id}" for promise_id in order.open_promises]
    return named


def _known(order: Order, refund_id: str) -> Refund:
    refund = order.refunds.get(refund_id)
    if refund is None:
        refuse("refund-unknown", "the order has no refund of this id")
    return refund


def _undecided(order: Order, refund_id: str) -> Refund:
    refund = _known(order, refund_id)
    if refund.state != REQUESTED:
        refuse("refund-decided", f"the refund is {refund.state}")
    if refund.requested is None:
        refuse("refund-not-requested", "nobody requested this refund")
    return refund


def _check_amount(
    order: Order, refund: Refund, command: ApproveRefund | RecordOfflineRefund, policy: Policy
) -> None:
    if command.amount <= 0 or not is_currency(command.currency):
        refuse("amount-form", "an amount is above zero, in minor units of an ISO 4217 currency")
    owed = refund.promised
    if owed is not None:
        minor, currency = owed
        if balance.currency_of(order, currency) != command.currency:
            refuse("currency-differs", "the refund is in another currency")
        if command.amount > minor:
            refuse("amount-above-request", f"the refund is about {minor} {command.currency}")
    if any(
        dispute.state == OPEN and _disputes(order, dispute.payment_id, refund)
        for dispute in order.disputes
    ):
        refuse("dispute-open", "the payment is disputed: wait, and do not pay twice")
    if any(one.accepted and one.instead_of == refund.refund_id for one in order.compensations):
        refuse("compensated", "the customer accepted compensation instead")
    left = refundable(order, policy, refund.refund_id)
    if left is None:
        refuse("rest-unknown", "what was captured and returned so far is not known in full")
    if command.amount > left.get(command.currency, 0):
        refuse(
            "amount-above-capture",
            f"{max(0, left.get(command.currency, 0))} {command.currency} of the capture are left",
        )


def _disputes(order: Order, payment_id: str | None, refund: Refund) -> bool:
    paid_back = order.payments_of(refund)
    ids = {id_ for one in paid_back for id_ in (one.payment_id, one.psp_payment_id) if id_}
    return payment_id is None or payment_id in ids or not ids
