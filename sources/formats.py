"""All sources of payloads, by name."""

from sources import (
    aftership,
    alipay,
    braintree,
    easypost,
    lemonsqueezy,
    paddle,
    seventeentrack,
    stripe,
    wechatpay,
)
from sources.format import Format

_ALL: tuple[Format, ...] = (
    aftership.FORMAT,
    alipay.FORMAT,
    braintree.FORMAT,
    easypost.FORMAT,
    lemonsqueezy.FORMAT,
    paddle.FORMAT,
    seventeentrack.FORMAT,
    stripe.FORMAT,
    wechatpay.FORMAT,
)

FORMATS: dict[str, Format] = {each.name: each for each in _ALL}
