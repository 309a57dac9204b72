"""Alipay (China) and Antom: notifications, and the answers of their APIs.

Sources: opendocs.alipay.com, asynchronous notification (s.apifox.cn/apidoc/docs-site/3618910/
doc-3272874) and alipay.trade.fastpay.refund.query (docs.open.alipay.com/api_1/…);
docs.antom.com/ac/ams/notify_refund, …/paymentrn_online, …/ir_online.
"""

from collections.abc import Mapping
from typing import Any

from domain.errors import InvalidInputError
from sources import strict_json
from sources.alipay import antom, trades
from sources.alipay.form import opened
from sources.alipay.signature import check
from sources.format import Format
from sources.message import Message, object_id
from sources.payload_values import first_time, integer, text, time, unix_time

Object = Mapping[str, Any]

_ANSWER = "_response"


def kind_of(payload: Object) -> str | None:
    """Return what a payload is.

    `trade_status_sync` or another type of notification, the method of an answer
    (`alipay.trade.query`) or of a message, `refund` or `trade`; of Antom's see `antom.kind_of`.
    """
    name = _answer_of(payload)
    if name is not None:
        return name.removesuffix(_ANSWER).replace("_", ".")
    if _is_text(payload, "msg_method", "biz_content"):
        return text(payload.get("msg_method"))
    if _is_text(payload, "notify_type", "notify_id", "out_trade_no"):
        return text(payload.get("notify_type"))
    if _is_text(payload, "trade_no", "out_trade_no"):
        if _is_text(payload, "out_request_no"):
            return "refund"
        return "trade" if _is_text(payload, "trade_status") else None
    return antom.kind_of(payload)


def _is_text(payload: Object, *names: str) -> bool:
    return all(isinstance(payload.get(name), str) and payload.get(name) for name in names)


def _answer_of(payload: Object) -> str | None:
    for name, value in payload.items():
        if name.startswith("alipay_") and name.endswith(_ANSWER) and isinstance(value, dict):
            return name
    return None


def translate(kind: str, payload: Object, raw: bytes) -> Message:
    """Return what a notification or an answer says; times are Beijing's where none is named."""
    if antom.kind_of(payload) == kind:
        return antom.translate(kind, payload, raw)
    inner = _inner(payload)
    own_id = text(payload.get("notify_id")) or text(inner.get("out_request_no"))
    name = f"{kind}/{own_id or text(inner.get('trade_no')) or ''}"
    return Message(
        # A notification that is sent anew may have another time, and so another signature.
        id=object_id(name, raw),
        type=kind,
        occurred_at=_at(payload, inner),
        told=trades.told(inner),
        order=text(inner.get("out_trade_no")),
        links=trades.links(inner) or (name,),
    )


def _inner(payload: Object) -> Object:
    """Return what lies in the wrapper of an answer or a message. A refused call tells nothing."""
    name = _answer_of(payload)
    if name is not None:
        answer: Object = payload[name]
        return answer if answer.get("code") in (None, "10000", 10000) else {}
    if not _is_text(payload, "msg_method", "biz_content"):
        return payload
    try:
        content = strict_json.parse(payload["biz_content"].encode())
    except (InvalidInputError, UnicodeError):
        return {}
    return content if isinstance(content, dict) else {}


def _at(payload: Object, inner: Object) -> str:
    milliseconds = integer(payload.get("utc_timestamp"))
    named = ("gmt_refund", "gmt_refund_pay", "gmt_payment", "send_pay_date", "bank_ack_time")
    return first_time(
        time(payload.get("notify_time"), trades.BEIJING),
        None if milliseconds is None else unix_time(milliseconds // 1000),
        *(time(inner.get(name), trades.BEIJING) for name in named),
    )


FORMAT = Format(
    name="alipay",
    title="Alipay",
    kind_of=kind_of,
    translate=translate,
    check=check,
    opened=opened,
)
