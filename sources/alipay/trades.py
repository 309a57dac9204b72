"""Trades of Alipay: payments, refunds, and whether a bank card got its money back.

A refund is known by the number that the shop gave it, `out_request_no`; Alipay has none of its own.
A query that shows no status means that the refund was not received or failed: it is pending.

Sources: s.apifox.cn/apidoc/docs-site/3618910/doc-3272874 (`out_biz_no` is the refund's number;
`refund_fee` is what was refunded of the trade in all), docs.open.alipay.com/api_1/
alipay.trade.fastpay.refund.query, zhifubao.apifox.cn/api-127344301 (`deposit_back_info`: a card
that cannot be credited leaves the money in the customer's Alipay balance).
"""

from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import currency, minor_units, text, time

Object = Mapping[str, Any]

PSP = "alipay"
BEIJING = "+08:00"

_PAID = ("TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_CLOSED")
_WALLET = {"kind": "wallet", "wallet": PSP}


def links(trade: Object) -> list[str]:
    """Return Alipay's number, then the shop's."""
    named = (text(trade.get(name)) for name in ("out_trade_no", "out_request_no", "out_biz_no"))
    found = [text(trade.get("trade_no")), *(each and f"{PSP}:{each}" for each in named)]
    return list(dict.fromkeys(each for each in found if each))


def told(trade: Object) -> list[Told]:
    """Return what is told of a trade and of a refund of it."""
    return _payment(trade) + _refund_notified(trade) + _refund(trade) + _deposit_back(trade)


def _payment(trade: Object) -> list[Told]:
    status = text(trade.get("trade_status"))
    paid_at = _time(trade, "gmt_payment") or _time(trade, "send_pay_date")
    number = text(trade.get("trade_no"))
    data = {
        "payment_id": number or text(trade.get("out_trade_no")),
        "psp_payment_id": number,
        "psp": PSP,
        "method": PSP,
        **_money(trade, "total_amount", "trans_currency"),
    }
    if status in _PAID and (paid_at is not None or status != "TRADE_CLOSED"):
        return [Told(type="payment.captured", data=data, occurred_at=paid_at)]
    if status == "TRADE_CLOSED":
        failed = data | {"failure_code": status}
        return [Told(type="payment.failed", data=failed, occurred_at=_time(trade, "gmt_close"))]
    made_at = _time(trade, "gmt_create")
    if status == "WAIT_BUYER_PAY" and made_at is not None:
        return [Told(type="payment.initiated", data=data, occurred_at=made_at)]
    return []


def _refund_notified(trade: Object) -> list[Told]:
    """Return the refund that a notification is about. Its amount is not told: only their sum is."""
    number, at = text(trade.get("out_biz_no")), _time(trade, "gmt_refund")
    if number is None or at is None or trade.get("trade_status") not in _PAID:
        return []
    return [_told("refund.succeeded", _about(trade, number), at, kind="refund", psp_at=at)]


def _refund(trade: Object) -> list[Told]:
    number = text(trade.get("out_request_no"))
    if number is None or "dback_status" in trade:
        return []
    data = _about(trade, number) | _money(trade, "refund_amount", "refund_currency")
    status, error = text(trade.get("refund_status")), text(trade.get("error_code"))
    at = _time(trade, "gmt_refund_pay")
    if status == "REFUND_SUCCESS":
        return [_told("refund.succeeded", data, at, kind="refund", psp_at=at)]
    if status is None and error is not None:
        return [_told("refund.failed", data, at, failure_reason=error)]
    return [_told("refund.accepted", data, at, psp_status=status)]


def _deposit_back(trade: Object) -> list[Told]:
    """Return what became of the part that goes back to a bank card."""
    number = text(trade.get("out_request_no"))
    inner = trade.get("deposit_back_info")
    info: Object | None = trade if "dback_status" in trade else None
    if isinstance(inner, dict) and trade.get("refund_status") == "REFUND_SUCCESS":
        info = inner
    if number is None or info is None:
        return []
    # The part that went to the card is no measure of the refund; the rest is in the balance.
    data = _about(trade, number) | _money(trade, "refund_amount", "refund_currency")
    at = _time(info, "bank_ack_time") or _time(trade, "gmt_refund_pay")
    status = info.get("dback_status")
    if status == "S":
        return [_settled(data, at, {"kind": "card"})]
    if status == "F":
        redirected = _told(
            "refund.redirected", data, at, destination=_WALLET, why="deposit_back_failed"
        )
        return [redirected, _settled(data, at, _WALLET)]
    return []


def _settled(data: Object, at: str | None, destination: Object) -> Told:
    day = None if at is None else at[:10]
    return _told("refund.settled", data, at, settled_on=day, destination=dict(destination))


def _about(trade: Object, number: str) -> dict[str, Any]:
    return {
        "refund_id": number,
        "psp_refund_id": number,
        "psp": PSP,
        "payment_id": text(trade.get("trade_no")) or text(trade.get("out_trade_no")),
    }


def _money(trade: Object, amount: str, code: str) -> dict[str, Any]:
    stated = trade.get(code)
    known = "CNY" if stated is None else currency(stated)
    value = trade.get(amount)
    number = minor_units(str(value) if isinstance(value, float) else value, known)
    return {} if number is None else {"amount": number, "currency": known}


def _time(holder: Object, name: str) -> str | None:
    return time(holder.get(name), BEIJING)


def _told(type: str, data: Object, at: str | None, **more: Any) -> Told:
    return Told(type=type, data={**data, **more}, occurred_at=at)
