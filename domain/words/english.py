"""The words of an answer in English."""

from domain.words.english_letter import LETTERS
from domain.words.language import Language

_TITLES = {
    "ORDER_NOT_FOUND": "No such order",
    "NEVER_CAPTURED": "Never paid",
    "NEVER_REQUESTED": "No refund requested",
    "CANCELLED_BUT_NO_REFUND": "Cancelled, not refunded",
    "REQUESTED_UNDECIDED": "Requested, not decided",
    "REJECTED": "Refused",
    "APPROVED_NOT_SUBMITTED": "Approved, not sent",
    "SUBMISSION_UNKNOWN": "Sent, outcome not known",
    "PENDING_NO_FUNDS": "Waiting for our balance",
    "PENDING_CUSTOMER_ACTION": "Waiting for bank details",
    "PENDING_WITHIN_WINDOW": "On its way",
    "PENDING_OVERDUE": "Overdue",
    "SUCCEEDED_REFERENCE_PENDING": "Refunded, reference to follow",
    "SETTLED_WITHIN_WINDOW": "Refunded, bank's time is running",
    "SETTLED_REFERENCE_GIVEN": "Refunded and settled",
    "SETTLED_NO_REFERENCE": "Refunded, no bank reference",
    "REVERSED_NO_CREDIT_LINE": "Charge reversed",
    "FAILED_NOT_REISSUED": "Failed, not paid again",
    "FAILED_REISSUED": "Failed, replaced",
    "REFUND_CANCELLED": "Refund cancelled",
    "AMOUNT_MISMATCH": "Another amount than agreed",
    "OTHER_INSTRUMENT": "Refunded elsewhere",
    "COMPENSATION_INSTEAD": "Compensation instead",
    "DISPUTE_OPEN": "Bank dispute running",
    "DISPUTE_WON_BY_CUSTOMER": "Returned by the bank dispute",
    "DUPLICATE_REFUND": "Returned twice",
    "HANDLED_BY_PLATFORM": "Refunded by the marketplace",
    "CONFIRMED_RECEIVED": "Receipt confirmed",
    "SOURCE_GAP": "Provider's messages missing",
    "EVIDENCE_CONFLICT": "Evidence conflicts",
}

_SENTENCES = {
    "ORDER_NOT_FOUND": "There is no order with these details.",
    "NEVER_CAPTURED": "No money was taken for this order, so there is nothing to refund.",
    "NEVER_REQUESTED": "No refund of this order was requested.",
    "NEVER_REQUESTED:captured": (
        "{captured} was paid for this order {payment}, and no refund of it was requested."
    ),
    "CANCELLED_BUT_NO_REFUND": (
        "The order was cancelled {order_cancelled}, and {owed} of the {captured} paid was never "
        "refunded: it is owed."
    ),
    "REQUESTED_UNDECIDED": ("A refund of {owed} was requested {requested} and is not decided yet."),
    "REQUESTED_UNDECIDED:demand": (
        "Money back was asked for {demanded}, and nobody has decided about it yet."
    ),
    "REJECTED": "The refund of {owed} was refused {rejected}{reason}.",
    "APPROVED_NOT_SUBMITTED": (
        "A refund of {owed} was approved {approved}, but the record does not show that it was sent "
        "to be paid."
    ),
    "SUBMISSION_UNKNOWN": (
        "The refund of {owed} was sent to {psp} {submitted}, and it is not known yet whether it "
        "was taken."
    ),
    "PENDING_NO_FUNDS": (
        "{psp} accepted the refund of {owed} {pending}, but holds it back, because our balance "
        "there does not cover it."
    ),
    "PENDING_CUSTOMER_ACTION": (
        "The refund of {owed} waits for the bank details that {psp} asked the payee for{until}."
    ),
    "PENDING_WITHIN_WINDOW": (
        "{psp} accepted the refund of {owed} {pending} and should complete it by {expected_by}."
    ),
    "PENDING_OVERDUE": (
        "{psp} accepted the refund of {owed} {pending}, but did not complete it by {expected_by}."
    ),
    "SUCCEEDED_REFERENCE_PENDING": (
        "We returned {returned}{to} {paid}{settled}; the reference for the bank is not there yet."
    ),
    "SETTLED_WITHIN_WINDOW": (
        "We returned {returned}{to} {paid}{settled}; the bank may take until {expected_by} to "
        "show it, and finds it by {reference}."
    ),
    "SETTLED_REFERENCE_GIVEN": (
        "We returned {returned}{to} {paid}{settled}; the bank finds it by {reference}."
    ),
    "SETTLED_NO_REFERENCE": (
        "We returned {returned}{to} {paid}{settled}; this way of payment gives no bank reference."
    ),
    "REVERSED_NO_CREDIT_LINE": (
        "The charge of {returned} was reversed {paid}: it disappears from the statement, and no "
        "separate credit appears."
    ),
    "FAILED_NOT_REISSUED": (
        "The refund of {owed} failed {failed}{reason} and was not paid again: the money did not "
        "arrive."
    ),
    "FAILED_REISSUED": "This refund failed {failed}{reason} and was replaced by another one.",
    "REFUND_CANCELLED": "The refund of {owed} was cancelled {cancelled}{reason} and not paid.",
    "REFUND_CANCELLED:expired": (
        "The refund of {owed} lapsed {expired}, because the payee's bank details did not come."
    ),
    "AMOUNT_MISMATCH": (
        "We returned {settled_amount}{to} {paid}, but {agreed} was agreed{presentment}."
    ),
    "OTHER_INSTRUMENT": "We returned {returned} {paid}{to}{not_original}.",
    "OTHER_INSTRUMENT:offline": (
        "We paid {returned} back {offline} outside the original way of payment{method}."
    ),
    "COMPENSATION_INSTEAD": "{compensation} was accepted {accepted} in place of a refund.",
    "COMPENSATION_INSTEAD:exchange": "An exchange was agreed {accepted} in place of a refund.",
    "DISPUTE_OPEN": (
        "A dispute about {disputed} was opened with the bank {dispute_opened} and is not decided; "
        "until it is, nothing is refunded beside it."
    ),
    "DISPUTE_WON_BY_CUSTOMER": (
        "{disputed} came back through the bank dispute that ended {dispute_decided}."
    ),
    "DUPLICATE_REFUND": "{returned_total} was returned for {captured} paid: more than was due.",
    "DUPLICATE_REFUND:chain": (
        "A refund and the one that replaced it were both paid, {returned_total} in all."
    ),
    "HANDLED_BY_PLATFORM": (
        "The order was sold through {channel}, which makes refunds itself; no refund was made here."
    ),
    "CONFIRMED_RECEIVED": (
        "We returned {returned}{to} {paid}, and its receipt was confirmed {confirmed}."
    ),
    "SOURCE_GAP": (
        "Messages of {psp} about the refund of {owed} are missing, so its end is not known here."
    ),
    "EVIDENCE_CONFLICT:integrity": (
        "The record of this order did not pass verification ({sides}), so no answer can stand on "
        "it."
    ),
    "EVIDENCE_CONFLICT:settlements": (
        "Two reports of the same settlement contradict each other ({sides})."
    ),
    "EVIDENCE_CONFLICT:statement": (
        "Our record shows {returned} returned{to} {paid}, and a bank statement of the customer "
        "says that it did not arrive."
    ),
    "EVIDENCE_CONFLICT:circle": (
        "Refunds are recorded as replacing one another in a circle ({sides}), so none is the last."
    ),
}

_ACTIONS = {
    "ORDER_NOT_FOUND": "Ask for the order number and the e-mail or phone it was placed with.",
    "NEVER_CAPTURED": "Explain that the bank releases a reserved amount by itself.",
    "NEVER_REQUESTED": "Open a refund request if money is owed, and say which goods it is for.",
    "CANCELLED_BUT_NO_REFUND": "Refund {owed} now; the cancellation made it due.",
    "REQUESTED_UNDECIDED": "Decide about the request and tell the customer.",
    "REJECTED": "Say why, by which policy, and how the customer can appeal.",
    "APPROVED_NOT_SUBMITTED": "Send the approved refund to the payment provider, once.",
    "SUBMISSION_UNKNOWN": (
        "Ask {psp} what became of it by the idempotency key{key}; do not send it again before."
    ),
    "PENDING_NO_FUNDS": "Put money on the balance at {psp}.",
    "PENDING_CUSTOMER_ACTION": "Ask the customer to give {psp} the bank details{until}.",
    "PENDING_WITHIN_WINDOW": "Wait for {psp} until {expected_by}.",
    "PENDING_OVERDUE": "Ask {psp} to complete refund {psp_refund}.",
    "SUCCEEDED_REFERENCE_PENDING": "Wait for the reference, then answer again.",
    "SUCCEEDED_REFERENCE_PENDING:alarm": (
        "Ask {psp} for the reference of refund {psp_refund}: it is later than it should be."
    ),
    "SETTLED_WITHIN_WINDOW": "Give the customer date and reference; the bank searches by them.",
    "SETTLED_REFERENCE_GIVEN": (
        "Send the letter; the bank searches by the reference. If it denies the credit in writing, "
        "start a trace with {psp}."
    ),
    "SETTLED_NO_REFERENCE": (
        "Give the customer the provider's refund number {psp_refund}, date, amount and destination."
    ),
    "REVERSED_NO_CREDIT_LINE": "Explain that the charge itself is gone and no credit line comes.",
    "FAILED_NOT_REISSUED": "Pay the refund again, or another way, and tell the customer.",
    "FAILED_REISSUED": "Look at the refund that replaced it.",
    "REFUND_CANCELLED": "Say why it was cancelled, or make the refund anew.",
    "AMOUNT_MISMATCH": "Explain the difference or pay what is missing.",
    "OTHER_INSTRUMENT": "Tell the customer where to look.",
    "COMPENSATION_INSTEAD": "Show the customer the acceptance.",
    "DISPUTE_OPEN": "Wait for the bank's decision; do not refund beside it.",
    "DISPUTE_WON_BY_CUSTOMER": "Nothing: the money is back with the customer.",
    "DUPLICATE_REFUND": "Ask for the surplus back, or write it off.",
    "HANDLED_BY_PLATFORM": "Send the customer to {channel}.",
    "CONFIRMED_RECEIVED": "Nothing: show the customer's own message.",
    "SOURCE_GAP": "Import the statement of {psp}; it shows what became of the refund.",
    "EVIDENCE_CONFLICT": "Have an auditor compare both sides before anybody answers.",
}

_PHRASES = {
    "on": "on {day}",
    "no_day": "on a day that is not recorded",
    "no_amount": "an unrecorded amount",
    "no_captured": "what was",
    "account": "account",
    "instrument": "the {name}",
    "instrument_ending": "the {name} ending {last4}",
    "to": " to {destination}",
    "original": "the original payment method",
    "elsewhere": "the account that the money was sent to",
    "not_original": ", not to {instrument} that paid",
    "not_original_route": ", not by the original way of payment",
    "settled": "; it settled {settled}",
    "until": " by {day}",
    "reason": " (reason: {reason})",
    "method": " ({method})",
    "key": " {key}",
    "psp": "the payment provider",
    "psp_refund": "not recorded",
    "reference": "reference",
    "platform": "a marketplace",
    "compensation": "Compensation ({kind})",
    "compensation_amount": "Compensation ({kind}, {amount})",
    "presentment": " (shown to the customer as {amount})",
    "original_unknown": "; the original purchase is not in this record",
    "original_price_differs": "; the purchase it was matched to had another price",
    "end": ".",
    "colon": ": ",
    "comma": ", ",
    "amount": " for the amount {returned}",
    "no_amount_clause": "",
    "and_amount": " and the amount {returned}",
    "and": " and ",
    "separator": "; ",
}

_LABELS = {
    "order": "Order",
    "next": "Next",
    "by": "by {day}",
    "answer_by": "The customer hears from us by {day}",
    "reference": "Reference",
    "psp_refund": "Provider's refund",
    "money": "Money",
    "paid": "captured",
    "requested": "requested",
    "approved": "approved",
    "submitted": "sent",
    "succeeded": "returned",
    "settled": "settled",
    "failed": "failed",
    "expected_by": "expected by",
    "day_unknown": "day unknown",
    "refund": "Refund {refund_id}",
    "no_refund": "No refund opened",
    "disputes": "Disputes",
    "compensation": "Compensation",
    "contacts": "Contacts",
    "no_contacts": "none recorded",
    "sent": "to the customer",
    "received": "from the customer",
    "conflicts": "What conflicts",
    "findings": "What does not fit",
    "evidence": "Evidence",
    "evidence_events": "{count} events, {confidence}: {ids}",
    "no_evidence": "none",
    "complete": "complete",
    "incomplete": "incomplete",
    "erased": "Personal data erased",
    "record": "Record",
    "intact": "intact",
    "altered": "altered",
    "incomplete_record": "incomplete",
    "cannot_tell": "cannot tell",
    "events": "{count} events",
    "checkpoint": "checkpoint {checkpoint}",
    "rules": "rules {version}",
    "as_of": "as of {day}",
    "open": "open",
    "lost": "lost",
    "won": "won by the seller",
    "accepted": "accepted",
    "withdrawn": "withdrawn",
    "offered": "offered",
    "declined": "declined",
    "issued": "issued",
    "used": "used",
    "expired": "expired",
    "cancelled": "taken back",
}

ENGLISH = Language(
    code="en",
    tag="en",
    spaced=False,
    titles=_TITLES,
    sentences=_SENTENCES,
    actions=_ACTIONS,
    actors={
        "seller": "the seller",
        "PSP": "the payment provider",
        "customer's bank": "the customer's bank",
        "customer": "the customer",
        "platform": "the marketplace",
        "auditor": "an auditor",
        "nobody": "nobody",
    },
    states={
        "requested": "requested",
        "rejected": "refused",
        "approved": "approved",
        "submitted": "sent",
        "pending": "pending",
        "action_required": "waiting for the payee",
        "cancelled": "cancelled",
        "paid": "paid",
        "offline": "paid offline",
        "failed": "failed",
        "missing": "missing",
    },
    phrases=_PHRASES,
    labels=_LABELS,
    letters=LETTERS,
    kinds={
        "card": "card",
        "creditcard": "credit card",
        "debitcard": "debit card",
        "bankaccount": "bank account",
        "banktransfer": "bank account",
        "wallet": "wallet",
        "giftcard": "gift card",
        "storecredit": "store credit",
        "cashvoucher": "cash voucher",
        "apologycard": "apology card",
    },
    names={
        "visa": "Visa",
        "mastercard": "Mastercard",
        "amex": "American Express",
        "americanexpress": "American Express",
        "jcb": "JCB",
        "unionpay": "UnionPay",
        "discover": "Discover",
        "diners": "Diners Club",
        "maestro": "Maestro",
        "paypal": "PayPal",
        "stripe": "Stripe",
        "adyen": "Adyen",
        "braintree": "Braintree",
        "shopifypayments": "Shopify Payments",
        "alipay": "Alipay",
        "wechatpay": "WeChat Pay",
        "wechat": "WeChat Pay",
        "amazonpay": "Amazon Pay",
        "applepay": "Apple Pay",
        "googlepay": "Google Pay",
        "klarna": "Klarna",
        "amazon": "Amazon",
    },
    references={
        "acquirerreferencenumber": "ARN",
        "arn": "ARN",
        "retrievalreferencenumber": "RRN",
        "rrn": "RRN",
        "systemtraceauditnumber": "STAN",
        "stan": "STAN",
        "bankref": "bank reference",
        "bankreference": "bank reference",
        "txhash": "transaction hash",
        "transactionhash": "transaction hash",
    },
    findings={},
)
