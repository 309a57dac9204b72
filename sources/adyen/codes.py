"""Every code of Adyen's standard webhooks, and what each of them tells.

Source: Adyen's specification Webhooks v1, 48 codes (state of its repository adyen-openapi at
aa014f0), https://docs.adyen.com/api-explorer/Webhooks/1/overview.
"""

from collections.abc import Callable, Mapping

import msgspec

from sources.adyen import disputes, payments, refunds
from sources.adyen.item import Item
from sources.message import Told


class Code(msgspec.Struct, frozen=True):
    """A code.

    Args:
        note: what to know of it; why it is kept as it came, where nothing is read.
        read: returns what an item tells; None where it is kept as it came.
    """

    note: str
    read: Callable[[Item], list[Told]] | None = None


_PAYOUT = "a payout is no refund of an order"
_NO_MATTER = "kept: tells nothing of the order"

CODES: Mapping[str, Code] = {
    "ACH_NOTIFICATION_OF_CHANGE": Code("kept: a bank account has another number now"),
    "AUTHORISATION": Code(
        "automatic captures are not told, except by processing mode `sale`", payments.authorised
    ),
    "AUTHORISATION_ADJUSTMENT": Code(
        "the new amount; refused, the old one stays", payments.adjusted
    ),
    "AUTORESCUE": Code("kept: each try has an AUTHORISATION of its own"),
    "CANCELLATION": Code("refused, the authorisation stays", payments.voided),
    "CANCEL_AUTORESCUE": Code(_NO_MATTER),
    "CANCEL_OR_REFUND": Code(
        "by `modification.action`; success means that validations passed, no more",
        refunds.cancelled_or_refunded,
    ),
    "CAPTURE": Code("", payments.captured),
    "CAPTURE_FAILED": Code("true means that it failed", payments.capture_failed),
    "CHARGEBACK": Code("`disputeStatus` Lost or Accepted: that too", disputes.charged_back),
    "CHARGEBACK_REVERSED": Code("`disputeStatus` Pending: not won yet", disputes.reversed_back),
    "DIRECT_DEBIT_NOTICE_OF_CHANGE_NOTIFICATION": Code(
        "kept: a bank account has another number now"
    ),
    "DISPUTE_DEFENSE_PERIOD_ENDED": Code(
        "`disputeStatus` Accepted: dispute.accepted; of an inquiry: nothing",
        disputes.defence_ended,
    ),
    "EXPIRE": Code("", payments.expired),
    "INFORMATION_SUPPLIED": Code("", disputes.defended),
    "ISSUER_COMMENTS": Code("kept: the bank's words, free text"),
    "ISSUER_RESPONSE_TIMEFRAME_EXPIRED": Code("", disputes.stage("chargeback", "won")),
    "MANUAL_REVIEW_ACCEPT": Code("", payments.reviewed("accepted")),
    "MANUAL_REVIEW_REJECT": Code("", payments.reviewed("rejected")),
    "NOTIFICATION_OF_CHARGEBACK": Code("", disputes.announced),
    "NOTIFICATION_OF_FRAUD": Code("no dispute yet", payments.fraud_feared),
    "OFFER_CLOSED": Code("", payments.offer_closed),
    "ORDER_CLOSED": Code(
        "each partial payment has an AUTHORISATION of its own", payments.order_closed
    ),
    "ORDER_OPENED": Code("", payments.order_opened),
    "PAIDOUT_REVERSED": Code(f"kept: {_PAYOUT}"),
    "PAYOUT_DECLINE": Code(f"kept: {_PAYOUT}"),
    "PAYOUT_EXPIRE": Code(f"kept: {_PAYOUT}"),
    "PAYOUT_THIRDPARTY": Code(f"kept: {_PAYOUT}"),
    "POSTPONED_REFUND": Code("waits for the capture", refunds.postponed),
    "PREARBITRATION_ACCEPTED": Code("", disputes.stage("pre_arbitration", "accepted")),
    "PREARBITRATION_DECLINED": Code(
        "the case goes on", disputes.stage("pre_arbitration", "opened")
    ),
    "PREARBITRATION_ISSUER_WITHDRAWN": Code("", disputes.stage("pre_arbitration", "withdrawn")),
    "PREARBITRATION_LOST": Code("", disputes.stage("pre_arbitration", "lost")),
    "PREARBITRATION_OPEN": Code("", disputes.stage("pre_arbitration", "opened")),
    "PREARBITRATION_WON": Code("", disputes.stage("pre_arbitration", "won")),
    "RECURRING_CONTRACT": Code(_NO_MATTER),
    "REFUND": Code("with the ARN where the item brings it", refunds.refunded),
    "REFUNDED_REVERSED": Code("true means that the money came back", refunds.bounced),
    "REFUND_FAILED": Code("true means that it failed, after REFUND", refunds.bounced),
    "REFUND_WITH_DATA": Code("with the ARN where the item brings it", refunds.refunded),
    "REPORT_AVAILABLE": Code(_NO_MATTER),
    "REQUEST_FOR_INFORMATION": Code("no money moves", disputes.inquiry),
    "SCHEME_ARBITRATION": Code("", disputes.stage("arbitration", "opened")),
    "SCHEME_ARBITRATION_LOST": Code("", disputes.stage("arbitration", "lost")),
    "SCHEME_ARBITRATION_WON": Code("", disputes.stage("arbitration", "won")),
    "SECOND_CHARGEBACK": Code("", disputes.charged_back_again),
    "TECHNICAL_CANCEL": Code("", payments.voided),
    "VOID_PENDING_REFUND": Code(
        "the refund is the one of `originalReference`", refunds.pending_voided
    ),
}
"""By their names in the specification, in its order."""
