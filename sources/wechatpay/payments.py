"""Payments, by their trade state.

Source: wechatpay.im/webhook/v3/TRANSACTION.SUCCESS: SUCCESS, REFUND (paid, and a refund was made),
NOTPAY, CLOSED, REVOKED, USERPAYING, PAYERROR.
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import currency, integer, member, text, time
from sources.wechatpay.refunds import PSP

Object = Mapping[str, Any]

_FAILED = ("CLOSED", "PAYERROR")
_CARDS = ("_DEBIT", "_CREDIT")


def told(payment: Object) -> list[Told]:
    """Return what a payment tells; nothing while the customer has not paid yet."""
    state = payment.get("trade_state")
    transaction = text(payment.get("transaction_id"))
    at = time(payment.get("success_time"))
    data = {
        "payment_id": transaction or text(payment.get("out_trade_no")),
        "psp_payment_id": transaction,
        "psp": PSP,
        "method": PSP,
        **_money(payment),
    }
    if state in ("SUCCESS", "REFUND"):
        found = data | _seen(payment, data) | {"instrument": _instrument(payment)}
        return [Told(type="payment.captured", data=found, occurred_at=at)]
    if state == "REVOKED":
        return [Told(type="payment.voided", data=data | {"reason": state}, occurred_at=at)]
    if state in _FAILED:
        return [Told(type="payment.failed", data=data | {"failure_code": state}, occurred_at=at)]
    return []


def _money(payment: Object) -> dict[str, Any]:
    amount = integer(member(payment, "amount", "total"))
    stated = member(payment, "amount", "currency")
    code = "CNY" if stated is None else currency(stated)
    return {} if amount is None or code is None else {"amount": amount, "currency": code}


def _seen(payment: Object, data: Object) -> dict[str, Any]:
    """Return what the customer paid, where coupons paid the rest or the currency is another."""
    amount = integer(member(payment, "amount", "payer_total"))
    code = currency(member(payment, "amount", "payer_currency"))
    if amount is None or code is None or (amount, code) == (
        data.get("amount"), data.get("currency"),
    ):  # fmt: skip
        return {}
    return {"presentment_amount": amount, "presentment_currency": code}


def _instrument(payment: Object) -> dict[str, str] | None:
    # The bank's code is left out: a refund names the bank in Chinese, so that they never compare.
    bank = text(payment.get("bank_type")) or ""
    return {"kind": "card"} if bank.endswith(_CARDS) else None
