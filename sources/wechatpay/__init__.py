"""WeChat Pay, API v3: notifications, and the answers to queries of payments and refunds.

What a notification says is encrypted. `FORMAT.opened` adds it to the body, as `resource.plaintext`;
without it a notification is kept and tells nothing.

Sources: pay.weixin.qq.com/doc/v3/merchant/4012268885 (refund notification), …/4012082022;
wechatpay.im/webhook/v3/TRANSACTION.SUCCESS (payment notification).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sources.format import Format
from sources.message import Message, Told, object_id
from sources.payload_values import first_time, member, text, time
from sources.wechatpay import payments, refunds
from sources.wechatpay.notification import is_notification, opened
from sources.wechatpay.signature import check


def kind_of(payload: Mapping[str, Any]) -> str | None:
    """Return a notification's event (`REFUND.SUCCESS`), else `refund` or `transaction`."""
    if is_notification(payload):
        return text(payload.get("event_type"))
    return _kind_of_object(payload)


def _kind_of_object(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("out_refund_no"), str) and refunds.status_of(value) is not None:
        return "refund"
    named = isinstance(value.get("out_trade_no"), str)
    return "transaction" if named and isinstance(value.get("trade_state"), str) else None


def translate(kind: str, payload: Mapping[str, Any], raw: bytes) -> Message:
    """Return what a notification or an answer says."""
    notified = is_notification(payload)
    inner = member(payload, "resource", "plaintext") if notified else payload
    what = _kind_of_object(inner)
    found: Mapping[str, Any] = inner if what is not None else {}
    at = time(payload.get("create_time"))
    told: Sequence[Told] = ()
    if what == "refund":
        told = refunds.told(found, at)
    elif what == "transaction":
        told = payments.told(found)
    own_id = text(payload.get("id")) if notified else None
    name = f"{kind}/{text(found.get('refund_id')) or text(found.get('out_trade_no')) or ''}"
    return Message(
        id=own_id or object_id(name, raw),
        type=kind,
        occurred_at=first_time(at, time(found.get("success_time"))),
        told=told,
        order=text(found.get("out_trade_no")),
        links=_links(found) or (own_id or name,),
    )


def _links(found: Mapping[str, Any]) -> list[str]:
    numbers = [text(found.get(name)) for name in ("out_trade_no", "out_refund_no")]
    shops = [each and f"wechatpay:{each}" for each in numbers]
    links = (text(found.get("transaction_id")), shops[0], text(found.get("refund_id")), shops[1])
    return [each for each in links if each]


FORMAT = Format(
    name="wechatpay",
    title="WeChat Pay",
    kind_of=kind_of,
    translate=translate,
    check=check,
    opened=opened,
)
