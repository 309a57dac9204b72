"""After-sales: what customers ask for, returns, compensation, exchange."""

from domain.catalogue.declaration import Declared, Each, event, ids, lists, plain, texts
from domain.catalogue.shapes import ADDRESS, AMOUNT, BARE_AMOUNT, LINES

_RETURN = {
    **ids("return_id", "case_id"),
    "address": ADDRESS,
    **plain("deadline", "condition", "reason_code"),
    "lines": Each(plain("sku", "quantity", "condition")),
}
_COMPENSATION = {
    **ids("compensation_id", "instead_of", "message_id"),
    **plain("kind", "level", "condition"),
    **BARE_AMOUNT,
}
_EXCHANGE = {
    **ids("new_order_id", "case_id"),
    "lines": Each(plain("line_no", "sku", "title", "quantity")),
}

AFTERSALES: dict[str, Declared] = {
    "aftersales.requested": event(
        "The customer asks for a refund, a return, an exchange or help.",
        ids("case_id"),
        plain("kind", "reason_code"),
        BARE_AMOUNT,
        LINES,
        texts("text"),
    ),
    "aftersales.eligibility_assessed": event(
        "Whether the rules grant what was asked for.",
        ids("case_id"),
        plain("policy_version", "eligible", "rule"),
        lists("exceptions"),
    ),
    "return.authorised": event("The goods may come back.", _RETURN),
    "return.refused": event("The goods may not come back.", _RETURN),
    "return.inspected": event("Returned goods were looked at.", _RETURN),
    "compensation.offered": event("Something was offered instead.", _COMPENSATION, AMOUNT),
    "compensation.accepted": event("The customer took the offer.", _COMPENSATION, AMOUNT),
    "compensation.declined": event(
        "The customer did not take the offer.", _COMPENSATION, plain("reason")
    ),
    "compensation.issued": event(
        "The compensation was handed out.", _COMPENSATION, plain("code_digest")
    ),
    "compensation.used": event("The compensation was used.", _COMPENSATION, plain("code_digest")),
    "compensation.expired": event(
        "The compensation ran out unused.", _COMPENSATION, plain("code_digest")
    ),
    "compensation.cancelled": event(
        "The compensation was taken back.", _COMPENSATION, plain("code_digest", "reason")
    ),
    "exchange.agreed": event("Other goods instead of money.", ids("new_order_id"), LINES),
    "exchange.replacement_order_created": event(
        "The order that replaces this one exists.", _EXCHANGE
    ),
    "exchange.resend_dispatched": event(
        "The goods were sent again.", _EXCHANGE, ids("shipment_id", "tracking_no")
    ),
}
