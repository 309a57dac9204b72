"""Antom, Alipay's business outside China: amounts are in minor units, written as text.

Sources: docs.antom.com/ac/ams/notify_refund (SUCCESS, FAIL), …/ir_online (PROCESSING too: there
`result` tells of the query alone), …/paymentrn_online, docs.antom.com/ac/aba/refund (the answer to
a refund has no status but that of its result: S, F, or U for one that runs).
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Message, Told, object_id
from sources.payload_values import currency, first_time, integer, member, objects, text, time

Object = Mapping[str, Any]

PSP = "antom"

_RESULTS = {"S": "SUCCESS", "F": "FAIL", "U": "PROCESSING"}
_FAILED = ("FAIL", "FAILED")
_CANCELLED = ("CANCELLED", "CANCELED")
_NO_FUNDS = "MERCHANT_BALANCE_NOT_ENOUGH"


def kind_of(payload: Object) -> str | None:
    """Return the type of a notification (`REFUND_RESULT`), `antom.refund` or `antom.payment`."""
    refund = _is_text(payload, "refundRequestId") or _is_text(payload, "refundId")
    payment = _is_text(payload, "paymentRequestId") or _is_text(payload, "paymentId")
    if not refund and not payment:
        return None
    if _is_text(payload, "notifyType"):
        return text(payload.get("notifyType"))
    if not isinstance(member(payload, "result", "resultStatus"), str):
        return None
    return "antom.refund" if refund else "antom.payment"


def _is_text(payload: Object, name: str) -> bool:
    return isinstance(payload.get(name), str) and bool(payload.get(name))


def translate(kind: str, payload: Object, raw: bytes) -> Message:
    """Return what a notification or an answer says."""
    if text(payload.get("refundRequestId")) or text(payload.get("refundId")):
        told = [_refund(payload, _status(payload, "refundStatus"))]
    else:
        told = _payment(kind, payload)
    names = ("paymentId", "refundId")
    shops = ("paymentRequestId", "refundRequestId")
    ids = [text(payload.get(name)) for name in names]
    links = [each for each in ids if each]
    links += [f"alipay:{each}" for each in (text(payload.get(name)) for name in shops) if each]
    times = ("refundTime", "paymentTime", "paymentCreateTime")
    return Message(
        id=object_id(f"{kind}/{ids[1] or ids[0] or ''}", raw),
        type=kind,
        occurred_at=first_time(*(time(payload.get(name)) for name in times)),
        told=told,
        order=text(member(payload, "order", "referenceOrderId"))
        or text(payload.get("referenceOrderId")),
        links=links or (kind,),
    )


def _status(payload: Object, name: str) -> str | None:
    stated = text(payload.get(name))
    return stated or _RESULTS.get(text(member(payload, "result", "resultStatus")) or "")


def _refund(refund: Object, status: str | None) -> Told:
    own, psps = text(refund.get("refundRequestId")), text(refund.get("refundId"))
    payment = text(refund.get("paymentId")) or text(refund.get("paymentRequestId"))
    at = time(refund.get("refundTime"))
    data = {
        "refund_id": own or psps,
        "psp_refund_id": psps,
        "psp": PSP,
        "payment_id": payment,
        **_money(refund.get("refundAmount")),
    }
    reason = text(refund.get("refundResultCode")) or text(member(refund, "result", "resultCode"))
    if status == "SUCCESS":
        return _told("refund.succeeded", data, at, kind="refund", psp_at=at)
    if status in _CANCELLED:
        return _told("refund.cancelled", data, at, reason=reason)
    if status in _FAILED and reason != _NO_FUNDS:
        return _told("refund.failed", data, at, failure_reason=reason)
    # It waits for money of the seller's, who may try again under the same number.
    waits = {"pending_reason": reason} if reason == _NO_FUNDS else {}
    return _told("refund.accepted", data, at, psp_status=status, **waits)


def _payment(kind: str, payload: Object) -> list[Told]:
    number = text(payload.get("paymentId"))
    at = time(payload.get("paymentTime"))
    data = {
        "payment_id": number or text(payload.get("paymentRequestId")),
        "psp_payment_id": number,
        "psp": PSP,
        "method": text(payload.get("paymentMethodType")),
        **_money(payload.get("paymentAmount")),
    }
    status = "PENDING" if kind == "PAYMENT_PENDING" else _payment_status(kind, payload)
    found: list[Told] = []
    if status == "SUCCESS":
        found = [_told("payment.captured", data, at, instrument=_instrument(payload))]
    elif status in (*_FAILED, *_CANCELLED):
        code = text(payload.get("paymentResultCode"))
        code = code or text(member(payload, "result", "resultCode"))
        found = [_told("payment.failed", data, at, failure_code=code)]
    return found + [
        _of_transaction(each, number)
        for each in objects(payload.get("transactions"))
        if each.get("transactionType") == "REFUND"
    ]


def _payment_status(kind: str, payload: Object) -> str | None:
    if kind.startswith("antom."):  # the result of a query tells of the query alone
        return text(payload.get("paymentStatus"))
    return _status(payload, "paymentStatus") if kind == "PAYMENT_RESULT" else None


def _of_transaction(transaction: Object, payment: str | None) -> Told:
    return _refund(
        {
            "refundRequestId": transaction.get("transactionRequestId"),
            "refundId": transaction.get("transactionId"),
            "refundAmount": transaction.get("transactionAmount"),
            "refundTime": transaction.get("transactionTime"),
            "paymentId": payment,
            "result": transaction.get("transactionResult"),
        },
        text(transaction.get("transactionStatus")),
    )


def _instrument(payload: Object) -> dict[str, str | None] | None:
    number = text(member(payload, "paymentResultInfo", "cardNo"))
    brand = text(member(payload, "paymentResultInfo", "cardBrand"))
    last4 = number[-4:] if number and number[-4:].isdecimal() else None
    return {"kind": "card", "brand": brand, "last4": last4} if brand or last4 else None


def _money(amount: Any) -> dict[str, Any]:
    number, code = integer(member(amount, "value")), currency(member(amount, "currency"))
    return {} if number is None or code is None else {"amount": number, "currency": code}


def _told(type: str, data: Object, at: str | None, **more: Any) -> Told:
    about = text(data.get("refund_id")) or ""
    return Told(type=type, data={**data, **more}, occurred_at=at, about=about)
