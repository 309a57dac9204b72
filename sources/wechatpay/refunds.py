"""Refunds: SUCCESS, CLOSED, PROCESSING or ABNORMAL, and where the money went.

ABNORMAL: the card is void or frozen, and the money waits in between until the seller says where to.
CLOSED: for seven days there was not enough money.

Sources: pay.weixin.qq.com/doc/v3/merchant/4012268885 and …/4012082022; amounts are in fen where no
currency stands beside them.
"""

import re
from collections.abc import Mapping
from typing import Any

from sources.message import Told
from sources.payload_values import currency, integer, member, text, time

Object = Mapping[str, Any]

PSP = "wechatpay"

_STATUSES = ("SUCCESS", "CLOSED", "PROCESSING", "ABNORMAL")
_OTHER = ("OTHER_BALANCE", "OTHER_BANKCARD")
_CARD = re.compile(r"(.*?)\s*(\d{4})", re.DOTALL)
_MERCHANT = "merchant_account"


def status_of(refund: Object) -> str | None:
    """Return the status: `refund_status` in a notification, `status` in an answer."""
    for name in ("refund_status", "status"):
        status = refund.get(name)
        if isinstance(status, str) and status in _STATUSES:
            return status
    return None


def told(refund: Object, notified_at: str | None) -> list[Told]:
    """Return what a refund tells.

    Args:
        refund: as decrypted, or the answer to a query.
        notified_at: when the notification was made; of an answer, when the refund was.
    """
    data = _data(refund)
    made_at = time(refund.get("create_time")) or notified_at
    status = status_of(refund)
    if status == "PROCESSING":
        return [_told("refund.accepted", data, made_at, psp_status=status)]
    if status == "CLOSED":
        return [_told("refund.failed", data, notified_at, failure_reason=status)]
    if status == "ABNORMAL":
        return [_told("refund.bounced", data, notified_at, reason=status)]
    return _paid(refund, data, time(refund.get("success_time")) or notified_at)


def _data(refund: Object) -> dict[str, Any]:
    own, psps = text(refund.get("out_refund_no")), text(refund.get("refund_id"))
    return {
        "refund_id": own or psps,
        "psp_refund_id": psps,
        "psp": PSP,
        "payment_id": text(refund.get("transaction_id")) or text(refund.get("out_trade_no")),
        **_money(refund, "refund", "currency", ""),
    }


def _money(refund: Object, amount: str, code: str, prefix: str) -> dict[str, Any]:
    number = integer(member(refund, "amount", amount))
    stated = member(refund, "amount", code)
    known = "CNY" if stated is None else currency(stated)
    if number is None or known is None:
        return {}
    return {f"{prefix}amount": number, f"{prefix}currency": known}


def _paid(refund: Object, data: dict[str, Any], at: str | None) -> list[Told]:
    account = text(refund.get("user_received_account"))
    to = None if account is None else destination(account)
    channel = text(refund.get("channel"))
    redirected = []
    if channel in _OTHER or (to or {}).get("kind") == _MERCHANT:
        redirected = [_told("refund.redirected", data, at, destination=to, why=channel)]
    if to is not None and to["kind"] == _MERCHANT:
        # It succeeded for the provider only: the seller has the money, and owes it.
        return [*redirected, _told("refund.bounced", data, at, reason="returned_to_merchant")]
    found = [*redirected, _told("refund.succeeded", data, at, kind="refund", psp_at=at)]
    if to is None or time(refund.get("success_time")) is None or "amount" not in data:
        return found
    return [
        *found,
        _told(
            "refund.settled",
            data,
            at,
            settled_on=(at or "")[:10],
            source="webhook" if "refund_status" in refund else "query",
            destination=to,
            **_presented(refund, data),
        ),
    ]


def _presented(refund: Object, data: Object) -> dict[str, Any]:
    """Return what the customer sees, where that is less than what was refunded: no coupons."""
    money = _money(refund, "payer_refund", "payer_currency", "presentment_")
    seen = (money.get("presentment_amount"), money.get("presentment_currency"))
    return {} if seen == (data["amount"], data["currency"]) else money


def destination(account: str) -> dict[str, str | None]:
    """Read where the money went: a bank card by its last digits, the wallet, or the seller."""
    if "商户" in account:
        return {"kind": _MERCHANT}
    if "零钱" in account:
        return {"kind": "wallet", "wallet": PSP}
    card = _CARD.fullmatch(account)
    if card is not None:
        brand, last4 = card.groups()
        return {"kind": "card", "brand": brand or None, "last4": last4}
    return {"kind": "bank_account", "account_label": account}


def _told(type: str, data: Object, at: str | None, **more: Any) -> Told:
    return Told(type=type, data={**data, **more}, occurred_at=at)
